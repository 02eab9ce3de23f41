using System.Text.Json;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Semantics.Layers;

/// <summary>What layers take that name nothing, on a service whose shared defaults are the test's own.</summary>
public sealed class DefaultTests(SemanticsFixture app) : IClassFixture<SemanticsFixture>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_shared_defaults_serve_clients_without_their_own()
    {
        var (tenant, other) = (await app.NewTenantAsync(), await app.NewTenantAsync());
        Assert.Equal(["repository_id"], await (await tenant.Http.PostJsonAsync(SemanticsFixture.Layers, new { name = "x" })).InvalidFieldsAsync());
        await app.NewSharedRepositoryAsync("https://git.internal/not-default.git");
        await app.NewSharedServerAsync("Not default");
        Assert.Equal(["repository_id"], await (await tenant.Http.PostJsonAsync(SemanticsFixture.Layers, new { name = "x" })).InvalidFieldsAsync());
        var (repository, server) = (await app.NewSharedRepositoryAsync(isDefault: true), await app.NewSharedServerAsync("Default", isDefault: true));
        var own = await other.NewRepositoryAsync();

        var layer = await tenant.NewLayerAsync(new { name = "x" });
        var others = await other.NewLayerAsync(new { name = "x" });

        Assert.Equal((repository.Text("id"), server.Text("id")), (layer.Text("repository_id"), layer.Text("server_id")));
        Assert.Equal((own.Text("id"), server.Text("id")), (others.Text("repository_id"), others.Text("server_id")));
        await (await app.Admin.PostJsonAsync(SemanticsFixture.Repositories, new { url = "https://e.org/a", is_default = true })).ExpectProblemAsync(409, "conflict");
        await (await app.Admin.DeleteAsync($"{SemanticsFixture.Repositories}/{repository.Text("id")}", Ct)).ExpectProblemAsync(409, "conflict");
        var without = await (await tenant.Http.SendTextAsync(HttpMethod.Patch, $"{SemanticsFixture.Layers}/{layer.Text("id")}", """{"server_id":null}""")).ExpectAsync(200);
        Assert.Equal(JsonValueKind.String, without.GetProperty("server_id").ValueKind);
    }
}
