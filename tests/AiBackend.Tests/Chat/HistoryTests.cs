using AiBackend.Orchestration;

namespace AiBackend.Tests.Chat;

public sealed class HistoryTests(ChatApp app) : IClassFixture<ChatApp>
{
    [Fact]
    public async Task An_answer_sees_what_was_said_before_and_nothing_of_what_came_after()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        var session = await tenant.OpenAsync();
        await tenant.SayAsync(new { session_id = session, text = "Welcome", role = "system" });
        var first = (await tenant.SayAsync(new { session_id = session, text = "1" }))["run"]!.Text("id");
        var one = await held.NextAsync();
        await tenant.SayAsync(new { session_id = session, text = "2" });
        await tenant.SayAsync(new { session_id = session, text = "3" });

        one.Complete("to 1");
        await tenant.EndOfAsync(first);
        var two = await held.NextAsync();
        two.Complete("to 2");
        var three = await held.NextAsync();
        three.Complete("to 3");
        await tenant.EndOfAsync(three.Request.RunId);

        Assert.Equal(["system Welcome"], Said(one.Request));
        Assert.Equal(["system Welcome", "user 1", "assistant to 1"], Said(two.Request));
        Assert.Equal(("user", "2"), (two.Request.Message.Role, two.Request.Message.Text));
        Assert.Equal(["system Welcome", "user 1", "user 2", "assistant to 1", "assistant to 2"], Said(three.Request));
    }

    [Fact]
    public async Task Only_the_latest_messages_are_seen_up_to_the_clients_limit()
    {
        var tenant = await app.NewChatTenantAsync(new { history_messages = 3 });
        var request = await AskAfterAsync(tenant, 6);

        Assert.Equal(["user 4", "user 5", "user 6"], Said(request));
    }

    [Fact]
    public async Task A_client_may_want_no_history()
    {
        var tenant = await app.NewChatTenantAsync(new { history_messages = 0 });
        var request = await AskAfterAsync(tenant, 2);

        Assert.Empty(request.History);
    }

    [Fact]
    public async Task Notices_and_deleted_messages_are_not_part_of_it()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        var session = await tenant.OpenAsync();
        var first = await tenant.SayAsync(new { session_id = session, text = "gone", reply = "none" });
        await tenant.SendAsync(
            HttpMethod.Delete, $"/api/v1/messages/{first["message"]!.Text("id")}", null, System.Net.HttpStatusCode.NoContent);
        var failing = (await tenant.SayAsync(new { session_id = session, text = "1" }))["run"]!.Text("id");
        (await held.NextAsync()).Fail(new OrchestrationException("model_unavailable", "No."));
        await tenant.EndOfAsync(failing);

        await tenant.SayAsync(new { session_id = session, text = "2" });
        var attempt = await held.NextAsync();
        attempt.Complete("done");

        Assert.Equal(["user 1"], Said(attempt.Request));
        await tenant.EndOfAsync(attempt.Request.RunId);
    }

    [Fact]
    public async Task Only_the_messages_own_branch_is_seen()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        var session = await tenant.OpenAsync();
        var root = (await tenant.SayAsync(new { session_id = session, text = "root", reply = "none" }))["message"]!.Text("id");
        await tenant.SayAsync(new { session_id = session, text = "left", reply = "none" });

        await tenant.SayAsync(new { session_id = session, text = "right", parent_id = root });
        var right = await held.NextAsync();
        right.Complete("to right");
        await tenant.EndOfAsync(right.Request.RunId);
        await tenant.SayAsync(new { session_id = session, text = "more" });
        var more = await held.NextAsync();
        more.Complete("to more");
        await tenant.EndOfAsync(more.Request.RunId);

        Assert.Equal(["user root"], Said(right.Request));
        Assert.Equal(["user root", "user right", "assistant to right"], Said(more.Request));
    }

    [Fact]
    public async Task Whoever_answers_gets_the_clients_settings_data_and_names()
    {
        var tenant = await app.NewChatTenantAsync(new { system_prompt = "Be brief." });
        var held = app.Answers.Hold(tenant.ClientId);
        var posted = await tenant.SayAsync(new { external_session_id = "chat-1", text = "1", data = new { order = 7 } });

        var attempt = await held.NextAsync();
        attempt.Complete("done");

        var request = attempt.Request;
        Assert.Equal((tenant.ClientId, "Be brief.", "chat-1"), (request.ClientId, request.Settings.Chat.SystemPrompt, request.ExternalSessionId));
        Assert.Equal("""{"order":7}""", request.Data?.Text);
        Assert.Equal(posted["run"]!.Text("trace_id"), request.TraceId);
        Assert.Equal(posted["message"]!.Text("id"), request.Message.MessageId);
        await tenant.EndOfAsync(request.RunId);
    }

    private static IEnumerable<string> Said(AnswerRequest request) => request.History.Select(turn => $"{turn.Role} {turn.Text}");

    private async Task<AnswerRequest> AskAfterAsync(ChatTenant tenant, int messages)
    {
        var held = app.Answers.Hold(tenant.ClientId);
        var session = await tenant.OpenAsync();
        for (var i = 1; i <= messages; i++)
        {
            await tenant.SayAsync(new { session_id = session, text = $"{i}", reply = "none" });
        }

        await tenant.SayAsync(new { session_id = session, text = "question" });
        var attempt = await held.NextAsync();
        attempt.Complete("done");
        await tenant.EndOfAsync(attempt.Request.RunId);
        return attempt.Request;
    }
}
