using System.Text.Json;
using AiBackend.DataStores;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.DataStores;

public sealed class FileProvisioningTests(ProvisioningFixture app) : IClassFixture<ProvisioningFixture>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("sqlite")]
    [InlineData("duckdb")]
    public async Task A_file_is_made_in_the_servers_folder_and_dropped_with_what_lies_beside_it(string kind)
    {
        var (tenant, folder) = await NewServerAsync(kind);

        var made = await (await tenant.ProvisionAsync(kind)).ExpectAsync(201);

        var path = made.GetProperty("config").Text("path");
        Assert.Equal($"{folder}/aib_{made.Text("id")[4..]}.{kind}", path);
        Assert.Equal(JsonValueKind.Null, made.GetProperty("credentials").ValueKind);
        Assert.True(File.Exists(path));
        var target = app.Services.GetService(typeof(DataStoreDirectory)) as DataStoreDirectory;
        Assert.True(target!.Open((await app.Store.For(tenant.ClientId).FindAsync<DataStore>(made.Text("id"), Ct))!).IsOperators);
        var test = await (await tenant.Http.PostJsonAsync($"{tenant.Stores()}/{made.Text("id")}/test")).ExpectAsync(200);
        Assert.True(test.GetProperty("ok").GetBoolean(), test.GetRawText());
        Assert.Empty((await tenant.Http.GetJsonAsync($"{tenant.Stores()}/{made.Text("id")}/schema")).GetProperty("tables").EnumerateArray());
        await (await tenant.Http.PostJsonAsync($"{tenant.Stores()}/{made.Text("id")}/rotate-credentials")).ExpectProblemAsync(409, "conflict");
        await File.WriteAllTextAsync(kind == "sqlite" ? $"{path}-wal" : $"{path}.wal", "x", Ct);

        await (await tenant.Http.DeleteAsync($"{tenant.Stores()}/{made.Text("id")}?drop=true", Ct)).ExpectAsync(204);

        Assert.Empty(Directory.GetFiles(folder));
    }

    [Theory]
    [InlineData("sqlite", 0)]
    [InlineData("sqlite", 1)]
    [InlineData("duckdb", 0)]
    [InlineData("duckdb", 1)]
    public async Task Whichever_step_fails_no_file_is_left(string kind, int step)
    {
        foreach (var isDone in new[] { false, true })
        {
            var (tenant, folder) = await NewServerAsync(kind);
            app.Faults.Fail(folder, "create", step, isDone);

            await (await tenant.ProvisionAsync(kind)).ExpectProblemAsync(503, "unavailable");

            Assert.True(!Directory.Exists(folder) || Directory.GetFiles(folder).Length == 0);
            Assert.Empty((await tenant.Http.GetJsonAsync(tenant.Stores())).Data());
        }
    }

    [Fact]
    public async Task A_clients_own_server_comes_first_then_the_shared_default_and_without_one_it_is_said()
    {
        var (own, folder) = await NewServerAsync("sqlite");
        var second = Path.Combine(app.Folder, "default");
        await (await app.Admin.PostJsonAsync(
            "/api/v1/database-servers", new { kind = "sqlite", client_id = own.ClientId, is_default = true, config = new { path = second } })).ExpectAsync(201);
        var other = await app.NewTenantAsync();

        Assert.Equal(["provision"], await (await other.ProvisionAsync("sqlite")).InvalidFieldsAsync());
        var shared = Path.Combine(app.Folder, "shared");
        await (await app.Admin.PostJsonAsync(
            "/api/v1/database-servers", new { kind = "sqlite", is_default = true, config = new { path = shared } })).ExpectAsync(201);

        Assert.StartsWith(shared, (await (await other.ProvisionAsync("sqlite")).ExpectAsync(201)).GetProperty("config").Text("path"), StringComparison.Ordinal);
        Assert.StartsWith(second, (await (await own.ProvisionAsync("sqlite")).ExpectAsync(201)).GetProperty("config").Text("path"), StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder));
    }

    private async Task<(Tenant Tenant, string Folder)> NewServerAsync(string kind)
    {
        var folder = Path.Combine(app.Folder, Guid.NewGuid().ToString("n"));
        var (tenant, _) = await app.NewServerAsync(kind, new { path = folder });
        return (tenant, folder);
    }
}
