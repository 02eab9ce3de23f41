using System.Net;
using AiBackend.Chat.Runs;

namespace AiBackend.Tests.Chat;

public sealed class WaitTests(ChatApp app) : IClassFixture<ChatApp>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_that_waits_gets_its_reply()
    {
        var tenant = await app.NewChatTenantAsync();

        var posted = await tenant.SayAsync(new { external_session_id = "a", text = "Hello" }, ("Prefer", "wait=10"));

        Assert.Equal("completed", posted["run"]!.Text("status"));
        Assert.Equal(posted["run"]!.Text("reply_message_id"), posted["reply"]!.Text("id"));
        Assert.Equal(ScriptedAnswers.EchoOf("Hello"), posted["reply"]!.Text("text"));
    }

    [Fact]
    public async Task A_message_that_waits_gets_its_suggestion()
    {
        var tenant = await app.NewChatTenantAsync();

        var posted = await tenant.SayAsync(new { external_session_id = "a", text = "Hello", reply = "suggest" }, ("Prefer", "wait"));

        Assert.Equal("suggested", posted["run"]!.Text("outcome"));
        Assert.Equal(ScriptedAnswers.EchoOf("Hello"), posted["suggestion"]!.Text("text"));
        Assert.Null(posted["reply"]);
    }

    [Fact]
    public async Task When_the_wait_is_over_the_run_is_shown_as_it_stands()
    {
        await using var own = new ChatApp();
        await own.InitializeAsync();
        var tenant = await own.NewChatTenantAsync();
        var held = own.Answers.Hold(tenant.ClientId);

        var posting = tenant.SayAsync(new { external_session_id = "a", text = "Hello" }, ("Prefer", "wait=5"));
        var attempt = await held.NextAsync();
        await tenant.ReachedAsync(attempt.Request.RunId, run => run.Status is RunStatus.Running);
        var look = TimeSpan.FromMilliseconds(500);
        for (var looks = 1; looks <= 10; looks++)
        {
            await own.ArmedClock.UntilArmedAsync(look, looks, Ct);
            Assert.False(posting.IsCompleted);
            own.Clock.Advance(look);
        }

        var posted = await posting;
        Assert.Equal("running", posted["run"]!.Text("status"));
        Assert.Null(posted["reply"]);
        attempt.Complete("late");
        await tenant.EndOfAsync(posted["run"]!.Text("id"));
    }

    [Fact]
    public async Task A_message_without_a_run_does_not_wait()
    {
        var tenant = await app.NewChatTenantAsync();

        var posted = await tenant.SayAsync(new { external_session_id = "a", text = "Hello", reply = "none" }, ("Prefer", "wait=10"));

        Assert.Null(posted["run"]);
    }

    [Theory]
    [InlineData("wait=0")]
    [InlineData("wait=61")]
    [InlineData("wait=soon")]
    public async Task A_wait_out_of_bounds_is_refused_and_nothing_is_stored(string prefer)
    {
        var tenant = await app.NewChatTenantAsync();

        await tenant.PostAsync(
            "/api/v1/messages", new { external_session_id = "a", text = "Hello" }, HttpStatusCode.UnprocessableEntity, ("Prefer", prefer));

        Assert.Empty((await tenant.GetAsync("/api/v1/messages"))["data"]!.AsArray());
    }

    [Fact]
    public async Task A_repeat_with_the_same_key_waits_for_the_same_run()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        var message = new { external_session_id = "a", text = "Hello" };
        var plain = await tenant.SayAsync(message, ("Idempotency-Key", "k"));
        var attempt = await held.NextAsync();

        var waiting = tenant.SayAsync(message, ("Idempotency-Key", "k"), ("Prefer", "wait=10"));
        attempt.Complete("Once");
        var waited = await waiting;
        var after = await tenant.SayAsync(message, ("Idempotency-Key", "k"), ("Prefer", "wait=10"));

        Assert.Equal(plain["message"]!.Text("id"), waited["message"]!.Text("id"));
        Assert.Equal("Once", waited["reply"]!.Text("text"));
        Assert.Equal(waited.ToJsonString(), after.ToJsonString());
        Assert.Equal(2, (await tenant.MessagesAsync(plain["message"]!.Text("session_id"))).Count);
    }

    [Fact]
    public async Task A_caller_that_leaves_while_waiting_has_posted_all_the_same()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/messages");
        request.Headers.Add("Prefer", "wait=10");
        request.Content = new StringContent("""{"external_session_id":"a","text":"t"}""", new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));

        var sending = tenant.Http.SendAsync(request, leaving.Token);
        var attempt = await held.NextAsync();
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        attempt.Complete("Answered");

        Assert.Equal("replied", (await tenant.EndOfAsync(attempt.Request.RunId)).Text("outcome"));
    }
}
