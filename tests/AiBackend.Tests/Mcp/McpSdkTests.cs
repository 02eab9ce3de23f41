using AiBackend.Tests.Support;

namespace AiBackend.Tests.Mcp;

/// <summary>The official TypeScript client.</summary>
public sealed class McpSdkTests(KestrelFixture app) : IClassFixture<KestrelFixture>
{
    [Fact]
    public async Task The_official_client_works()
    {
        var script = await NodeScript.InstallOrSkipAsync("mcp-sdk");
        var tenant = await app.NewTenantAsync();
        var (_, keyWithoutScopes) = await app.NewKeyAsync(tenant.ClientId, "events:read");
        var collection = await tenant.Http.NewCollectionAsync();
        var document = await tenant.Http.NewDocumentAsync(
            collection, new { title = "Hours", text = "The workshop is open from Tuesday to Saturday." });
        var other = await app.NewTenantAsync();
        var otherDocument = await other.Http.NewDocumentAsync(await other.Http.NewCollectionAsync(), new { text = "A secret." });

        await script.CheckAsync(new()
        {
            ["URL"] = new Uri(tenant.Http.BaseAddress!, McpHttp.Path).ToString(),
            ["KEY"] = tenant.Key,
            ["KEY_WITHOUT_SCOPES"] = keyWithoutScopes,
            ["QUESTION"] = "When is the workshop open?",
            ["ANSWER"] = "from Tuesday to Saturday",
            ["COLLECTION"] = collection,
            ["DOCUMENT"] = document,
            ["OTHER_DOCUMENT"] = otherDocument,
        });
    }
}
