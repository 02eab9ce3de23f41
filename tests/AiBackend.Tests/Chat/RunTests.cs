using AiBackend.Orchestration;

namespace AiBackend.Tests.Chat;

public sealed class RunTests(ChatApp app) : IClassFixture<ChatApp>
{
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
}
