using System.Text.Json;
using AiBackend.Orchestration;
using AiBackend.Tests.Chat;
using AiBackend.Tests.Support;
using static AiBackend.Tests.OpenAi.OpenAiHttp;

namespace AiBackend.Tests.OpenAi;

/// <summary>Answers of <c>ai-backend</c> in a session.</summary>
public sealed class SessionCompletionTests(ChatApp app) : IClassFixture<ChatApp>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Question_and_reply_are_kept_and_told_with_the_next_question(bool stream)
    {
        var tenant = await app.NewChatTenantAsync();

        var first = await AskAsync(tenant, "visit", "one", stream);
        await AskAsync(tenant, first.SessionId, "two", stream);

        Assert.Equal("You said: one", first.Text);
        var messages = await tenant.MessagesAsync(first.SessionId);
        Assert.Equal(["one", "You said: one", "two", "You said: two"], messages.Select(message => message.Text("text")));
        var asked = app.Answers.Requests.Last(request => request.ClientId == tenant.ClientId);
        Assert.Equal(["one", "You said: one"], asked.History.Select(turn => turn.Text));
        Assert.Equal("visit", (await tenant.GetAsync($"/api/v1/sessions/{first.SessionId}")).Text("external_id"));
        Assert.Contains("chat.run.completed", await tenant.EventsAsync(first.SessionId));
    }

    [Fact]
    public async Task A_session_of_another_client_is_not_found_and_gets_nothing()
    {
        var (owner, stranger) = (await app.NewChatTenantAsync(), await app.NewChatTenantAsync());
        var session = await owner.OpenAsync();

        await (await CompleteAsync(stranger, session, "Hi", stream: false)).ExpectErrorAsync(404, "invalid_request_error", "not_found");
        await (await CompleteAsync(stranger, session, "Hi", stream: true)).ExpectErrorAsync(404, "invalid_request_error", "not_found");

        Assert.Empty(await owner.MessagesAsync(session));
        Assert.Empty((await stranger.GetAsync("/api/v1/sessions"))["data"]!.AsArray());
    }

    [Fact]
    public async Task A_closed_session_takes_nothing_under_its_id_and_begins_anew_under_its_name()
    {
        var tenant = await app.NewChatTenantAsync();
        var first = await AskAsync(tenant, "visit", "one", stream: false);
        await tenant.PostAsync($"/api/v1/sessions/{first.SessionId}/close", new { });

        await (await CompleteAsync(tenant, first.SessionId, "two", stream: false)).ExpectErrorAsync(409, "invalid_request_error", "session_closed");
        var next = await AskAsync(tenant, "visit", "two", stream: false);

        Assert.NotEqual(first.SessionId, next.SessionId);
    }

    [Theory]
    [InlineData(255, 200)]
    [InlineData(256, 400)]
    public async Task A_name_has_its_longest(int length, int status)
    {
        var tenant = await app.NewChatTenantAsync();

        Assert.Equal(status, (int)(await CompleteAsync(tenant, new string('n', length), "Hi", stream: false)).StatusCode);
    }

    [Fact]
    public async Task Without_an_answer_the_caller_hears_that_a_person_takes_over_and_then_nothing()
    {
        var tenant = await app.NewChatTenantAsync(new { handover_message = "A person comes." });
        app.Answers.Set(tenant.ClientId, (_, _) => new AnswerPart[] { new AnswerPart.HandOver("nothing_found", 0, null) }.ToAsyncEnumerable());

        var first = await AskAsync(tenant, "visit", "one", stream: false);
        var second = await AskAsync(tenant, "visit", "two", stream: true);

        Assert.Equal(("A person comes.", "handed_over"), (first.Text, first.Outcome));
        Assert.Equal(("", "handed_over"), (second.Text, second.Outcome));
        Assert.Equal(["one", "A person comes.", "two"], (await tenant.MessagesAsync(first.SessionId)).Select(message => message.Text("text")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_caller_who_leaves_cancels_the_run(bool stream)
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        using var leaves = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        using var request = new HttpRequestMessage(HttpMethod.Post, Completions)
        {
            Content = new StringContent(
                JsonSerializer.Serialize(new { model = "ai-backend", messages = User("Hi"), stream, metadata = new { session_id = "visit" } }), null, "application/json"),
        };
        var sending = tenant.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leaves.Token);
        var attempt = await held.NextAsync();
        attempt.Say("Half");
        if (stream)
        {
            (await sending).Dispose();
        }

        await leaves.CancelAsync();
        await Task.WhenAny(sending);

        Assert.Equal("cancelled", (await tenant.EndOfAsync(attempt.Request.RunId).WaitAsync(TimeSpan.FromSeconds(10), Ct)).Text("status"));
        await attempt.Stopped.WaitAsync(TimeSpan.FromSeconds(10), Ct);
    }

    [Fact]
    public async Task A_failed_run_is_an_error_that_libraries_do_not_repeat()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);

        var asking = CompleteAsync(tenant, "visit", "Hi", stream: false);
        (await held.NextAsync()).Fail(new OrchestrationException("model_unavailable", "It failed."));
        var response = await asking;

        await response.ExpectErrorAsync(503, "server_error", "model_unavailable");
        Assert.Equal("false", response.Header("x-should-retry"));
    }

    [Fact]
    public async Task A_repeat_with_an_idempotency_key_posts_no_second_message()
    {
        var tenant = await app.NewChatTenantAsync();
        var body = new { model = "ai-backend", messages = User("once"), metadata = new { session_id = "visit" } };

        var first = await (await tenant.Http.PostJsonAsync(Completions, body, ("Idempotency-Key", "k"))).ExpectAsync(200);
        var repeat = await (await tenant.Http.PostJsonAsync(Completions, body, ("Idempotency-Key", "k"))).ExpectAsync(200);

        Assert.Equal(first.GetRawText(), repeat.GetRawText());
        Assert.Equal(2, (await tenant.MessagesAsync(first.GetProperty("ai_backend").Text("session_id"))).Count);
    }

    private static Task<HttpResponseMessage> CompleteAsync(ChatTenant tenant, string session, string text, bool stream) =>
        tenant.Http.CompleteAsync(new { model = "ai-backend", messages = User(text), stream, metadata = new { session_id = session } });

    private static async Task<(string Text, string SessionId, string Outcome)> AskAsync(ChatTenant tenant, string session, string text, bool stream)
    {
        var response = await CompleteAsync(tenant, session, text, stream);
        if (!stream)
        {
            var answer = await response.ExpectAsync(200);
            return Of(answer.GetProperty("choices")[0].GetProperty("message").Text("content"), answer);
        }

        var events = await response.EventsAsync();
        Assert.Equal("[DONE]", events[^1]);
        return Of(TextOf(events), JsonDocument.Parse(events[^2]).RootElement);

        static (string, string, string) Of(string said, JsonElement holder) =>
            (said, holder.GetProperty("ai_backend").Text("session_id"), holder.GetProperty("ai_backend").Text("outcome"));
    }
}
