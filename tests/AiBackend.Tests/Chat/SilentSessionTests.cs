using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using AiBackend.Chat.Sessions;
using AiBackend.Orchestration;
using Microsoft.Extensions.DependencyInjection;

namespace AiBackend.Tests.Chat;

/// <summary>Conversations that fell silent are closed, on the next message and by the sweeper.</summary>
public sealed class SilentSessionTests(ChatApp app) : IClassFixture<ChatApp>
{
    private const int Minutes = 30;
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(Minutes);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private SilentSessionSweeper Sweeper => app.Services.GetRequiredService<SilentSessionSweeper>();

    [Fact]
    public async Task A_message_after_a_long_silence_opens_a_session_that_goes_on_from_the_old_one()
    {
        var tenant = await NewTenantAsync();
        var first = await SayAsync(tenant, "1");
        app.Clock.Advance(Silence);
        var second = await SayAsync(tenant, "2");
        app.Clock.Advance(Silence + TimeSpan.FromMilliseconds(1));

        var third = await SayAsync(tenant, "3");

        Assert.Equal(first, second);
        Assert.NotEqual(first, third);
        var old = await tenant.GetAsync($"/api/v1/sessions/{first}");
        Assert.Equal(("closed", "inactivity"), (old.Text("state"), old.Text("close_reason")));
        var now = await tenant.GetAsync($"/api/v1/sessions/{third}");
        Assert.Equal((first, "open", "3"), (now.Text("previous_session_id"), now.Text("state"), now.Text("title")));
        Assert.Equal("chat.session.closed", (await tenant.EventsAsync(first))[^1]);
        Assert.Equal(["chat.session.created", "chat.message.created"], await tenant.EventsAsync(third));
    }

    [Fact]
    public async Task A_session_goes_on_from_one_that_the_sweeper_has_closed_and_not_from_one_that_was_closed_otherwise()
    {
        var tenant = await NewTenantAsync();
        var first = await SayAsync(tenant, "1");
        app.Clock.Advance(Silence * 2);
        await Sweeper.SweepAsync(Ct);

        var second = await SayAsync(tenant, "2");
        await tenant.PostAsync($"/api/v1/sessions/{second}/close");
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        var third = await SayAsync(tenant, "3");

        Assert.Equal(first, (await tenant.GetAsync($"/api/v1/sessions/{second}")).Text("previous_session_id"));
        Assert.Null((await tenant.GetAsync($"/api/v1/sessions/{third}"))["previous_session_id"]);
    }

    [Fact]
    public async Task Without_threads_a_conversation_goes_on_however_long_it_was_silent()
    {
        var tenant = await app.NewChatTenantAsync();
        var first = await SayAsync(tenant, "1");
        app.Clock.Advance(Silence * 4);
        await Sweeper.SweepAsync(Ct);

        Assert.Equal(first, await SayAsync(tenant, "2"));
    }

    [Fact]
    public async Task A_conversation_that_is_being_answered_is_not_silent()
    {
        var tenant = await NewTenantAsync();
        var (asked, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        app.Answers.Set(tenant.ClientId, (_, ct) => OnceAsync(asked, go.Task, ct));
        var posted = await tenant.SayAsync(new { external_session_id = "a", text = "1" });
        await asked.Task.WaitAsync(Ct);
        app.Clock.Advance(Silence * 2);
        await Sweeper.SweepAsync(Ct);

        var second = await SayAsync(tenant, "2");
        go.SetResult();
        await tenant.EndOfAsync(posted["run"]!.Text("id"));

        Assert.Equal(posted["message"]!.Text("session_id"), second);
    }

    [Fact]
    public async Task The_sweeper_closes_what_is_silent_and_nothing_else()
    {
        var tenant = await NewTenantAsync();
        var empty = await tenant.OpenAsync();
        var handedOver = await SayAsync(tenant, "1", "b");
        await tenant.PostAsync($"/api/v1/sessions/{handedOver}/handover");
        app.Clock.Advance(Silence);
        var fresh = await SayAsync(tenant, "2", "c");
        await Sweeper.SweepAsync(Ct);
        Assert.Equal("open", (await tenant.GetAsync($"/api/v1/sessions/{empty}")).Text("state"));
        app.Clock.Advance(TimeSpan.FromMilliseconds(1));

        await Sweeper.SweepAsync(Ct);

        Assert.Equal("inactivity", (await tenant.GetAsync($"/api/v1/sessions/{empty}")).Text("close_reason"));
        Assert.Equal("inactivity", (await tenant.GetAsync($"/api/v1/sessions/{handedOver}")).Text("close_reason"));
        Assert.Equal("open", (await tenant.GetAsync($"/api/v1/sessions/{fresh}")).Text("state"));
        Assert.Equal(["chat.session.created", "chat.session.closed"], await tenant.EventsAsync(empty));
    }

    [Fact]
    public async Task The_sweeper_closes_more_than_it_reads_at_once()
    {
        var tenant = await NewTenantAsync();
        for (var i = 0; i < 60; i++)
        {
            await tenant.OpenAsync();
        }

        app.Clock.Advance(Silence * 2);

        await Sweeper.SweepAsync(Ct);

        Assert.Empty((await tenant.GetAsync("/api/v1/sessions?state=open"))["data"]!.AsArray());
        Assert.Equal(60, (await tenant.GetAsync("/api/v1/sessions?state=closed&limit=200"))["data"]!.AsArray().Count);
    }

    [Fact]
    public async Task Of_many_messages_after_a_silence_one_opens_the_session()
    {
        var tenant = await NewTenantAsync();
        var first = await SayAsync(tenant, "1");
        app.Clock.Advance(Silence * 2);

        var sessions = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => SayAsync(tenant, $"{i}")));

        var next = Assert.Single(sessions.Distinct());
        Assert.NotEqual(first, next);
        Assert.Single(await tenant.EventsAsync(first), type => type == "chat.session.closed");
        Assert.Equal(12, (await tenant.GetAsync($"/api/v1/sessions/{next}")).Number("message_count"));
    }

    [Fact]
    public async Task The_sweeper_runs_every_minute()
    {
        await using var own = new ChatApp();
        await own.InitializeAsync();
        var tenant = await own.NewChatTenantAsync();
        await EnableAsync(own, tenant);
        var session = await tenant.OpenAsync();

        await own.ArmedClock.UntilArmedAsync(TimeSpan.FromMinutes(1), 1, Ct);
        own.Clock.Advance(Silence + TimeSpan.FromMinutes(1));

        JsonNode found;
        do
        {
            found = await tenant.GetAsync($"/api/v1/sessions/{session}");
        }
        while (found.Text("state") != "closed");
        Assert.Equal("inactivity", found.Text("close_reason"));
    }

    // The lease may run out while the clock is moved, so that the answer is asked for again.
    private static async IAsyncEnumerable<AnswerPart> OnceAsync(
        TaskCompletionSource asked, Task go, [EnumeratorCancellation] CancellationToken ct)
    {
        asked.TrySetResult();
        await go.WaitAsync(ct);
        yield return ScriptedAnswers.Completed("done");
    }

    private async Task<ChatTenant> NewTenantAsync()
    {
        var tenant = await app.NewChatTenantAsync();
        await EnableAsync(app, tenant);
        return tenant;
    }

    private static async Task EnableAsync(ChatApp app, ChatTenant tenant)
    {
        using var patched = await app.Admin.PatchAsync(
            $"/api/v1/clients/{tenant.ClientId}",
            new StringContent(
                System.Text.Json.JsonSerializer.Serialize(new { settings = new { threads = new { enabled = true, inactivity_minutes = Minutes } } }),
                new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")),
            Ct);
        Assert.Equal(HttpStatusCode.OK, patched.StatusCode);
    }

    private static async Task<string> SayAsync(ChatTenant tenant, string text, string name = "a") =>
        (await tenant.SayAsync(new { external_session_id = name, text, reply = "none" }))["message"]!.Text("session_id");
}
