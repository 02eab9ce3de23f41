using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Events;

public sealed class EventAccessTests(EventsFixture app) : IClassFixture<EventsFixture>
{
    public static TheoryData<string, string, string> Routes => new()
    {
        { "GET", "/event-processors", Scopes.EventsRead },
        { "POST", "/event-processors", Scopes.EventsWrite },
        { "GET", "/event-processors/{processor}", Scopes.EventsRead },
        { "PATCH", "/event-processors/{processor}", Scopes.EventsWrite },
        { "DELETE", "/event-processors/{processor}", Scopes.EventsWrite },
        { "POST", "/event-processors/{processor}/rotate-secret", Scopes.EventsWrite },
        { "POST", "/event-processors/{processor}/enable", Scopes.EventsWrite },
        { "POST", "/event-processors/{processor}/disable", Scopes.EventsWrite },
        { "POST", "/event-processors/{processor}/test", Scopes.EventsWrite },
        { "GET", "/events", Scopes.EventsRead },
        { "GET", "/events/stream", Scopes.EventsRead },
        { "GET", "/events/{event}", Scopes.EventsRead },
        { "GET", "/events/{event}/deliveries", Scopes.EventsRead },
        { "GET", "/deliveries", Scopes.EventsRead },
        { "GET", "/deliveries/{delivery}", Scopes.EventsRead },
        { "POST", "/deliveries/{delivery}/retry", Scopes.EventsWrite },
    };

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task A_key_without_the_scope_is_refused(string method, string route, string scope)
    {
        var path = await PathAsync(await app.NewTenantAsync(), route);
        var without = await app.NewTenantAsync([.. Scopes.All.Where(other => other != scope)]);

        await (await SendAsync(without, method, path)).ExpectProblemAsync(403, "insufficient_scope");
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task A_key_with_the_scope_alone_is_let_in(string method, string route, string scope)
    {
        var tenant = await app.NewTenantAsync();
        var path = await PathAsync(tenant, route);
        var (_, key) = await app.NewKeyAsync(tenant.ClientId, scope);
        using var http = app.NewHttp(key);

        var response = await SendAsync(tenant with { Http = http }, method, path);

        Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}");
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task What_another_tenant_has_is_not_there(string method, string route, string scope)
    {
        Assert.NotEmpty(scope);
        var owner = await app.NewTenantAsync();
        var path = await PathAsync(owner, route);
        var stranger = await app.NewTenantAsync();

        var response = await SendAsync(stranger, method, path);

        if (route.Contains('{', StringComparison.Ordinal))
        {
            await response.ExpectProblemAsync(404, "not_found");
        }
        else if (method == "GET" && route != "/events/stream")
        {
            Assert.DoesNotContain(
                (await response.ExpectAsync(200)).Data(), found => found.GetRawText().Contains(owner.ClientId, StringComparison.Ordinal));
        }
    }

    private async Task<string> PathAsync(Tenant tenant, string route)
    {
        await using var receiver = await Receiver.StartNewAsync();
        var processor = await EventsFixture.NewProcessorAsync(tenant, receiver.Url);
        var raised = await app.RaiseAsync(tenant);
        await app.DeliveryAsync(tenant, raised.Id, processor, "delivered");
        return "/api/v1" + route
            .Replace("{processor}", processor.Text("id"), StringComparison.Ordinal)
            .Replace("{event}", raised.Id, StringComparison.Ordinal)
            .Replace("{delivery}", Ids.Follow("dlv", raised.Id, processor.Text("id")), StringComparison.Ordinal);
    }

    private static async Task<HttpResponseMessage> SendAsync(Tenant tenant, string method, string path)
    {
        if (path.EndsWith("/stream", StringComparison.Ordinal))
        {
            // It does not end by itself.
            var response = await tenant.Http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
            if (response.IsSuccessStatusCode)
            {
                response.Dispose();
            }

            return response;
        }

        return await tenant.Http.SendJsonAsync(
            new HttpMethod(method),
            path,
            (method, path) switch
            {
                ("PATCH", _) => new { description = "changed" },
                ("POST", "/api/v1/event-processors") => new { name = "n", config = new { url = "https://a.example/" } },
                _ => null,
            });
    }
}
