using AiBackend.Tests.Support;
using static AiBackend.Tests.OpenAi.OpenAiHttp;

namespace AiBackend.Tests.OpenAi;

/// <summary>Each test has a service of its own, whose clock tells which timers were set since it was made.</summary>
public sealed class OpenAiTimeLimitTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Silence_is_a_timeout_after_the_limit_to_the_first_token()
    {
        await using var app = await StartAsync();
        var tenant = await app.NewTenantAsync();
        var limit = OpenAiApp.FirstTokenLimit;
        for (var i = 0; i < 3; i++)
        {
            app.Server.Then(ModelReply.Silence());
        }

        var asking = tenant.Http.AskAsync(stream: true);
        for (var tries = 1; tries <= 3; tries++)
        {
            await app.ArmedClock.UntilArmedAsync(limit, tries, Ct);
            app.Clock.Advance(limit);
        }

        await (await asking).ExpectErrorAsync(504, "server_error", "model_timeout");
    }

    [Fact]
    public async Task A_plain_answer_has_the_whole_time()
    {
        await using var app = await StartAsync();
        var tenant = await app.NewTenantAsync();
        app.Server.Then(ModelReply.Silence());
        var limit = OpenAiApp.TotalLimit;

        var asking = tenant.Http.AskAsync();
        // Once for the try, once for all of them.
        await app.ArmedClock.UntilArmedAsync(limit, 2, Ct);
        app.Clock.Advance(limit);

        await (await asking).ExpectErrorAsync(504, "server_error", "model_timeout");
    }

    [Fact]
    public async Task A_pause_beyond_the_limit_ends_the_stream_with_an_error()
    {
        await using var app = await StartAsync();
        var tenant = await app.NewTenantAsync();
        app.Server.Then(ModelReply.Stall("Half an "));
        var limit = OpenAiApp.IdleLimit;

        using var response = await tenant.Http.OpenAsync(new { model = OpenAiApp.Model, messages = User("Hi"), stream = true });
        await app.ArmedClock.UntilArmedAsync(limit, 1, Ct);
        var reading = response.EventsAsync();
        while (!reading.IsCompleted)
        {
            // The limit is set anew after each piece, so one step may come too early.
            app.Clock.Advance(limit);
            await Task.Yield();
        }

        Assert.Equal("model_timeout", (string?)ErrorOf(await reading)["code"]);
    }

    private static async Task<OpenAiApp> StartAsync()
    {
        var app = new OpenAiApp();
        await app.InitializeAsync();
        return app;
    }
}
