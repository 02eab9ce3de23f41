using AiBackend.Orchestration;

namespace AiBackend.Tests.Chat;

public sealed class RunOutcomeTests(ChatApp app) : IClassFixture<ChatApp>
{
    [Fact]
    public async Task A_failure_is_told_to_the_user_in_the_clients_words()
    {
        var tenant = await app.NewChatTenantAsync(new { error_message = "Please call us." });
        var held = app.Answers.Hold(tenant.ClientId);
        using var stream = await SseReader.OpenAsync(
            tenant.Http, HttpMethod.Post, "/api/v1/messages", new { external_session_id = "a", text = "1" });
        var attempt = await held.NextAsync();

        attempt.Say("Half an ans");
        attempt.Fail(new OrchestrationException("model_timeout", "The model did not answer in time.", new InvalidOperationException("secret")));
        var events = await stream.RestAsync();

        Assert.Equal("run.failed", events[^1].Type);
        var run = events[^1].Data["run"]!;
        Assert.Equal("failed", run.Text("status"));
        Assert.Null(run["outcome"]);
        Assert.Null(run["reply_message_id"]);
        Assert.Equal("model_timeout", run["error"]!.Text("code"));
        Assert.DoesNotContain("secret", run.ToJsonString(), StringComparison.Ordinal);
        var notice = (await tenant.MessagesAsync(run.Text("session_id")))[^1];
        Assert.Equal(("error", "Please call us.", "assistant"), (notice.Text("category"), notice.Text("text"), notice.Text("role")));
        Assert.Equal(notice.Text("id"), events[^1].Data["message"]!.Text("id"));
        Assert.Contains("chat.run.failed", await tenant.EventsAsync(run.Text("session_id")));
    }

    [Fact]
    public async Task An_orchestrator_that_hands_over_calls_a_person()
    {
        var tenant = await app.NewChatTenantAsync(new { handover_message = "A colleague comes." });
        var held = app.Answers.Hold(tenant.ClientId);
        using var stream = await SseReader.OpenAsync(
            tenant.Http, HttpMethod.Post, "/api/v1/messages", new { external_session_id = "a", text = "1" });
        var attempt = await held.NextAsync();
        var waiting = (await tenant.SayAsync(new { external_session_id = "a", text = "2" }))["run"]!.Text("id");

        attempt.Give(new AnswerPart.HandOver("nothing_found", 0.1, null));
        var events = await stream.RestAsync();

        Assert.Equal(["message.created", "run.started", "run.handed_over"], events.Select(received => received.Type));
        var run = events[^1].Data["run"]!;
        Assert.Equal(("completed", "handed_over"), (run.Text("status"), run.Text("outcome")));
        Assert.Null(run["reply_message_id"]);
        var session = await tenant.GetAsync($"/api/v1/sessions/{run.Text("session_id")}");
        Assert.Equal(("handed_over", "nothing_found"), (session.Text("state"), session.Text("handover_reason")));
        var notice = (await tenant.MessagesAsync(session.Text("id")))[^1];
        Assert.Equal(("info", "A colleague comes."), (notice.Text("category"), notice.Text("text")));
        Assert.Equal(notice.Text("id"), session.Text("active_leaf_id"));
        Assert.Equal("handed_over", (await tenant.EndOfAsync(waiting)).Text("outcome"));
        Assert.False(held.IsAsked);
        var types = await tenant.EventsAsync(session.Text("id"));
        Assert.Single(types, type => type == "chat.session.handed_over");
        Assert.Equal(2, types.Count(type => type == "chat.run.completed"));
    }

    [Theory]
    [InlineData(0.24, "handed_over", "handed_over")]
    [InlineData(0.25, "replied", "open")]
    [InlineData(null, "replied", "open")]
    public async Task A_streamed_answer_of_too_little_confidence_stays_and_a_person_is_called(double? confidence, string outcome, string state)
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        using var stream = await SseReader.OpenAsync(
            tenant.Http, HttpMethod.Post, "/api/v1/messages", new { external_session_id = "a", text = "1" });
        var attempt = await held.NextAsync();
        Assert.True(attempt.Request.MayHandOver);

        attempt.Complete("Maybe", confidence);
        var events = await stream.RestAsync();

        var run = events[^1].Data["run"]!;
        Assert.Equal(outcome, run.Text("outcome"));
        Assert.Equal(outcome == "replied" ? "run.completed" : "run.handed_over", events[^1].Type);
        Assert.Equal("reply.completed", events[^2].Type);
        var messages = await tenant.MessagesAsync(run.Text("session_id"));
        Assert.Equal(run.Text("reply_message_id"), messages[1].Text("id"));
        Assert.Equal(("Maybe", confidence), (messages[1].Text("text"), messages[1]["confidence"]?.GetValue<double>()));
        Assert.Equal(outcome == "replied" ? 2 : 3, messages.Count);
        Assert.Equal(state, (await tenant.GetAsync($"/api/v1/sessions/{run.Text("session_id")}")).Text("state"));
        if (messages.Count == 3)
        {
            Assert.Equal(("info", messages[1].Text("id")), (messages[2].Text("category"), messages[2].Text("parent_id")));
        }
    }

    [Fact]
    public async Task A_reset_of_the_orchestrator_voids_what_was_streamed()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        using var stream = await SseReader.OpenAsync(
            tenant.Http, HttpMethod.Post, "/api/v1/messages", new { external_session_id = "a", text = "1" });
        var attempt = await held.NextAsync();
        attempt.Say("Cut off");
        var events = await stream.UntilAsync("reply.delta");

        attempt.Give(new AnswerPart.Reset());
        attempt.Say("Whole");
        attempt.Complete("Whole");
        events.AddRange(await stream.RestAsync());

        Assert.Contains(events, received => received.Type == "reply.reset");
        Assert.Equal("Whole", SseReader.TextOf(events));
    }

    [Fact]
    public async Task The_stream_adds_up_to_the_reply_when_the_answer_comes_in_one_piece_or_differs()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);

        foreach (var said in new[] { "", "Good", "Something else" })
        {
            using var stream = await SseReader.OpenAsync(
                tenant.Http, HttpMethod.Post, "/api/v1/messages", new { external_session_id = "a", text = "1" });
            var attempt = await held.NextAsync();
            if (said.Length > 0)
            {
                attempt.Say(said);
            }

            attempt.Complete("Good answer");
            Assert.Equal("Good answer", SseReader.TextOf(await stream.RestAsync()));
        }
    }
}
