using AiBackend.Tests.Support;

namespace AiBackend.Tests.Http;

/// <summary>A service that grants five requests a second.</summary>
public sealed class FiveASecond : AppFixture
{
    protected override void Configure(IDictionary<string, string> settings) => settings["RATE_LIMIT"] = "5";
}

public sealed class RateLimitTests(FiveASecond app) : IClassFixture<FiveASecond>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_may_burst_to_twice_its_rate_and_then_waits_for_the_next_token()
    {
        var tenant = await NewTenantAsync();
        var path = $"/api/v1/clients/{tenant.ClientId}";

        for (var left = 9; left >= 0; left--)
        {
            var granted = await tenant.Http.GetAsync(path, Ct);
            Assert.Equal((200, "10", $"{left}"), ((int)granted.StatusCode, granted.Header("RateLimit-Limit"), granted.Header("RateLimit-Remaining")));
        }

        var refused = await tenant.Http.GetAsync(path, Ct);
        await refused.ExpectProblemAsync(429, "rate_limited");
        Assert.Equal(("1", "0", "2"), (refused.Header("Retry-After"), refused.Header("RateLimit-Remaining"), refused.Header("RateLimit-Reset")));

        app.Clock.Advance(TimeSpan.FromMilliseconds(200));
        Assert.Equal(200, (int)(await tenant.Http.GetAsync(path, Ct)).StatusCode);
        Assert.Equal(429, (int)(await tenant.Http.GetAsync(path, Ct)).StatusCode);

        app.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("9", (await tenant.Http.GetAsync(path, Ct)).Header("RateLimit-Remaining"));
    }

    [Fact]
    public async Task Keys_do_not_share_their_rate_even_within_a_client()
    {
        var tenant = await NewTenantAsync();
        for (var i = 0; i < 11; i++)
        {
            await tenant.Http.GetAsync($"/api/v1/clients/{tenant.ClientId}", Ct);
        }

        app.Clock.Advance(TimeSpan.FromMilliseconds(1));
        using var other = app.NewHttp((await app.NewKeyAsync(tenant.ClientId)).Key);

        Assert.Equal(429, (int)(await tenant.Http.GetAsync($"/api/v1/clients/{tenant.ClientId}", Ct)).StatusCode);
        Assert.Equal(200, (int)(await other.GetAsync($"/api/v1/clients/{tenant.ClientId}", Ct)).StatusCode);
    }

    // The admin's key has its limit too.
    private Task<Tenant> NewTenantAsync()
    {
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        return app.NewTenantAsync();
    }
}

public sealed class NoRateLimitTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task Zero_turns_the_limit_and_its_headers_off()
    {
        var response = await app.Admin.GetAsync("/api/v1/clients", TestContext.Current.CancellationToken);

        Assert.Null(response.Header("RateLimit-Limit"));
    }
}
