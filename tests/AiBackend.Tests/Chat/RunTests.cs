using System.Net;
using AiBackend.Chat.Runs;
using AiBackend.Jobs;
using AiBackend.Orchestration;

namespace AiBackend.Tests.Chat;

public sealed class RunTests(ChatApp app) : IClassFixture<ChatApp>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Runs_of_a_session_go_one_after_another_in_the_order_of_their_messages()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        var session = await tenant.OpenAsync();

        var runs = new List<string>();
        foreach (var text in new[] { "1", "2", "3" })
        {
            runs.Add((await tenant.SayAsync(new { session_id = session, text }))["run"]!.Text("id"));
        }

        foreach (var runId in runs)
        {
            var attempt = await held.NextAsync();
            Assert.Equal(runId, attempt.Request.RunId);
            Assert.False(held.IsAsked);
            attempt.Complete($"to {attempt.Request.Message.Text}");
            await tenant.EndOfAsync(runId);
        }

        var messages = await tenant.MessagesAsync(session);
        Assert.Equal(["1", "2", "3", "to 1", "to 2", "to 3"], messages.Select(message => message.Text("text")));
        Assert.Equal(
            [null, .. messages.Select(message => message.Text("id")).SkipLast(1)], messages.Select(message => message.TextOrNull("parent_id")));
        Assert.Equal([.. messages.Take(3).Select(message => message.Text("id"))], messages.Skip(3).Select(message => message.Text("in_reply_to")));
        Assert.Equal(messages[^1].Text("id"), (await tenant.GetAsync($"/api/v1/sessions/{session}")).Text("active_leaf_id"));
    }

    [Fact]
    public async Task Sessions_do_not_wait_for_each_other()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        await tenant.SayAsync(new { external_session_id = "slow", text = "1" });
        var slow = await held.NextAsync();

        var quick = await tenant.SayAsync(new { external_session_id = "quick", text = "2" });
        (await held.NextAsync()).Complete("done");

        Assert.Equal("completed", (await tenant.EndOfAsync(quick["run"]!.Text("id"))).Text("status"));
        slow.Complete("at last");
        Assert.Equal("completed", (await tenant.EndOfAsync(slow.Request.RunId)).Text("status"));
    }

    [Fact]
    public async Task Messages_posted_at_once_are_answered_in_the_order_of_their_positions()
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await tenant.OpenAsync();

        var posted = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => tenant.SayAsync(new { session_id = session, text = $"{i}" })));
        foreach (var answer in posted)
        {
            await tenant.EndOfAsync(answer["run"]!.Text("id"));
        }

        var messages = await tenant.MessagesAsync(session);
        Assert.Equal(Enumerable.Range(1, 40), messages.Select(message => (int)message.Number("position")));
        var questions = messages.Where(message => message.Text("role") == "user").Select(message => message.Text("id"));
        var answered = messages.Where(message => message.Text("role") == "assistant").Select(message => message.Text("in_reply_to"));
        Assert.Equal(questions, answered);
    }

    [Fact]
    public async Task A_waiting_run_is_cancelled_at_once()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        var session = await tenant.OpenAsync();
        var first = (await tenant.SayAsync(new { session_id = session, text = "1" }))["run"]!.Text("id");
        var attempt = await held.NextAsync();
        var second = (await tenant.SayAsync(new { session_id = session, text = "2" }))["run"]!.Text("id");
        var third = (await tenant.SayAsync(new { session_id = session, text = "3" }))["run"]!.Text("id");

        var cancelled = await tenant.PostAsync($"/api/v1/runs/{second}/cancel");
        attempt.Complete("a");
        await tenant.EndOfAsync(first);
        var next = await held.NextAsync();
        next.Complete("c");
        await tenant.EndOfAsync(third);

        Assert.Equal("cancelled", cancelled.Text("status"));
        Assert.Null(cancelled["outcome"]);
        Assert.Equal(third, next.Request.RunId);
        Assert.Equal(["1", "2", "3", "a", "c"], (await tenant.MessagesAsync(session)).Select(message => message.Text("text")));
        Assert.Single(await tenant.EventsAsync(session), type => type == "chat.run.cancelled");
        using var stream = await SseReader.OpenAsync(tenant.Http, HttpMethod.Get, $"/api/v1/runs/{second}/stream");
        Assert.Equal(["message.created", "run.cancelled"], (await stream.RestAsync()).Select(received => received.Type));
    }

    [Fact]
    public async Task A_run_in_work_is_cancelled_and_the_next_goes_on()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        using var stream = await SseReader.OpenAsync(
            tenant.Http, HttpMethod.Post, "/api/v1/messages", new { external_session_id = "a", text = "1" });
        var attempt = await held.NextAsync();
        attempt.Say("Half an ans");
        var seen = await stream.UntilAsync("reply.delta");
        var runId = attempt.Request.RunId;
        var next = (await tenant.SayAsync(new { external_session_id = "a", text = "2" }))["run"]!.Text("id");

        var cancelled = await tenant.PostAsync($"/api/v1/runs/{runId}/cancel");
        await attempt.Stopped;
        (await held.NextAsync()).Complete("Whole answer");
        await tenant.EndOfAsync(next);

        Assert.Equal("cancelled", cancelled.Text("status"));
        Assert.Equal(["run.cancelled"], (await stream.RestAsync()).Select(received => received.Type));
        var session = seen[0].Data["message"]!.Text("session_id");
        Assert.Equal(["1", "2", "Whole answer"], (await tenant.MessagesAsync(session)).Select(message => message.Text("text")));
        Assert.Equal(HttpStatusCode.Conflict.ToString(), (await StatusOfCancelAsync(tenant, runId)).ToString());
        Assert.Equal(HttpStatusCode.Conflict, await StatusOfCancelAsync(tenant, next));
    }

    [Fact]
    public async Task A_cancellation_asked_for_in_another_process_is_felt_within_a_second()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        var runId = (await tenant.SayAsync(new { external_session_id = "a", text = "1" }))["run"]!.Text("id");
        var attempt = await held.NextAsync();
        attempt.Say("Half");
        await tenant.ReachedAsync(runId, run => run.StreamLength >= 3);

        // What the other process does to the stored run; this process's workers are not told.
        await tenant.Documents.CommitAsync(
            async transaction => await transaction.UpdateAsync<Run>(runId, run => run with { CancelRequested = true }), Ct);
        app.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("cancelled", (await tenant.EndOfAsync(runId)).Text("status"));
        await attempt.Stopped;
    }

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
    public async Task An_unexpected_exception_is_tried_again_and_in_the_end_fails_the_run()
    {
        await using var own = new ChatApp();
        await own.InitializeAsync();
        var tenant = await own.NewChatTenantAsync();
        var held = own.Answers.Hold(tenant.ClientId);
        var runId = (await tenant.SayAsync(new { external_session_id = "a", text = "1" }))["run"]!.Text("id");

        for (var attempts = 1; attempts <= 5; attempts++)
        {
            var attempt = await held.NextAsync();
            Assert.Equal(attempts, attempt.Request.Attempt);
            attempt.Fail(new InvalidOperationException("A bug"));
            if (attempts < 5)
            {
                var pause = TimeSpan.FromSeconds(Math.Pow(2, attempts - 1));
                await tenant.ReachedAsync(runId, run => run.DueAt == own.Clock.GetUtcNow() + pause);
                own.Clock.Advance(pause);
                own.Store.Signals.Raise(Leases.Topic<Run>());
            }
        }

        var run = await tenant.EndOfAsync(runId);
        Assert.Equal(("failed", 5), (run.Text("status"), run.Number("attempts")));
        Assert.Equal("internal_error", run["error"]!.Text("code"));
        Assert.DoesNotContain("bug", run.ToJsonString(), StringComparison.Ordinal);
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
    public async Task A_run_that_was_taken_over_voids_what_was_streamed_and_is_answered_once()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        using var stream = await SseReader.OpenAsync(
            tenant.Http, HttpMethod.Post, "/api/v1/messages", new { external_session_id = "a", text = "1" });
        var lost = await held.NextAsync();
        lost.Say("First try, ");
        var events = await stream.UntilAsync("reply.delta");

        // As after the death of the process that had it: the lease runs out and the run is claimed again.
        await LoseLeaseAsync(tenant, lost.Request.RunId);
        var attempt = await held.NextAsync();
        lost.Say("still talking");
        lost.Complete("First try, still talking");
        attempt.Say("Second ");
        attempt.Complete("Second try");
        events.AddRange(await stream.RestAsync());

        Assert.Equal(2, attempt.Request.Attempt);
        var reset = Assert.Single(events, received => received.Type == "reply.reset");
        Assert.Equal(2, reset.Data.Number("attempt"));
        Assert.Equal("Second try", SseReader.TextOf(events));
        Assert.Equal(Enumerable.Range(1, events.Count), events.Select(received => received.Number));
        var run = await tenant.EndOfAsync(lost.Request.RunId);
        Assert.Equal(("replied", 2), (run.Text("outcome"), run.Number("attempts")));
        Assert.Equal(["1", "Second try"], (await tenant.MessagesAsync(run.Text("session_id"))).Select(message => message.Text("text")));
        Assert.Equal(
            ["chat.session.created", "chat.message.created", "chat.run.started", "chat.message.created", "chat.run.completed"],
            await tenant.EventsAsync(run.Text("session_id")));
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

    [Fact]
    public async Task Asking_a_model_is_an_event_without_any_text()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        var runId = (await tenant.SayAsync(new { external_session_id = "a", text = "private words" }))["run"]!.Text("id");
        var attempt = await held.NextAsync();

        attempt.Give(
            new AnswerPart.RequestSent("gpt", "reply", 1),
            new AnswerPart.ResponseReceived("gpt", "reply", 1, "completed", TimeSpan.FromMilliseconds(1_500), new TokenUsage(3, 4, null)));
        attempt.Complete("private answer");
        var run = await tenant.EndOfAsync(runId);

        var events = await tenant.EventDocumentsAsync(run.Text("session_id"));
        var sent = Assert.Single(events, found => found.Type == "ai.request.sent");
        var received = Assert.Single(events, found => found.Type == "ai.response.received");
        Assert.Equal($$$"""{"request":{"run_id":"{{{runId}}}","model":"gpt","purpose":"reply","try":1}}""", sent.Data.Text);
        Assert.Equal(
            $$$$"""{"response":{"run_id":"{{{{runId}}}}","model":"gpt","purpose":"reply","try":1,"outcome":"completed","duration_ms":1500,"usage":{"input_tokens":3,"output_tokens":4,"cost":null}}}""",
            received.Data.Text);
        Assert.All(events, found => Assert.Equal(run.Text("trace_id"), found.TraceId));
    }

    [Fact]
    public async Task A_run_carries_the_trace_of_its_request()
    {
        var tenant = await app.NewChatTenantAsync();
        const string TraceId = "0af7651916cd43dd8448eb211c80319c";

        var posted = await tenant.SayAsync(
            new { external_session_id = "a", text = "1" }, ("traceparent", $"00-{TraceId}-b7ad6b7169203331-01"));
        var run = await tenant.EndOfAsync(posted["run"]!.Text("id"));

        Assert.Equal(TraceId, run.Text("trace_id"));
        Assert.All(await tenant.EventDocumentsAsync(run.Text("session_id")), found => Assert.Equal(TraceId, found.TraceId));
    }

    [Fact]
    public async Task A_message_that_was_deleted_before_its_turn_is_not_answered()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        var first = (await tenant.SayAsync(new { external_session_id = "a", text = "1" }))["run"]!.Text("id");
        var attempt = await held.NextAsync();
        var second = await tenant.SayAsync(new { external_session_id = "a", text = "2" });

        await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/messages/{second["message"]!.Text("id")}", null, HttpStatusCode.NoContent);
        attempt.Complete("a");
        await tenant.EndOfAsync(first);

        Assert.Equal("cancelled", (await tenant.EndOfAsync(second["run"]!.Text("id"))).Text("status"));
        Assert.False(held.IsAsked);
    }

    private static async Task<HttpStatusCode> StatusOfCancelAsync(ChatTenant tenant, string runId)
    {
        using var response = await tenant.Http.PostAsync($"/api/v1/runs/{runId}/cancel", content: null, Ct);
        return response.StatusCode;
    }

    private Task LoseLeaseAsync(ChatTenant tenant, string runId) => tenant.Documents.CommitAsync(
        async transaction =>
        {
            await transaction.UpdateAsync<Run>(runId, run => run with { LeaseOwner = "another process", DueAt = app.Clock.GetUtcNow() });
            transaction.SignalWork<Run>();
        },
        Ct);
}
