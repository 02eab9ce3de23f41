using AiBackend.Tests.Semantics.Cube;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Semantics.Sync;

/// <summary>Questions to models that Cube cannot compile, as a hand edit may have left them.</summary>
public sealed class BrokenModelsTests(SyncApp app) : IClassFixture<SyncApp>
{
    [Fact]
    public async Task Broken_models_cost_the_server_one_look_in_seconds_and_a_sync_that_mends_them_is_felt_at_once()
    {
        var bench = await SyncBench.NewAsync(app);
        await using var cube = await ScriptedCube.StartAsync();
        await bench.ServeAsync(cube.Url, ScriptedCube.Secret);
        await bench.SyncAsync();
        cube.Answer = _ => (500, """{"error":"Compile errors:\norders cube: \"sql_table\" is required\n    at Foo"}""");
        var path = $"/api/v1/semantic/layers/{bench.LayerId}/query";

        foreach (var body in new object[] { new { question = "how many orders" }, new { question = "orders" }, new { query = new { measures = new[] { "orders.count" } } } })
        {
            var refused = await (await bench.Tenant.Http.PostJsonAsync(path, body)).ExpectProblemAsync(422, "query_failed");
            Assert.Equal("Compile errors: orders cube: \"sql_table\" is required", refused.Text("detail"));
        }

        Assert.Single(cube.Requests);
        cube.Answer = request => request.Path.EndsWith("/meta", StringComparison.Ordinal) ? (200, ScriptedCube.Meta) : (200, """{"data":[{"orders.count":"7"}]}""");
        bench.Database.Tables = [ScriptedDatabase.Table("orders", "id:Integer", "total:Number", "note:Text")];
        await bench.SyncAsync();
        var answer = await (await bench.Tenant.Http.PostJsonAsync(path, new { query = new { measures = new[] { "orders.count" } } })).ExpectAsync(200);

        Assert.Equal("""[{"orders.count":7}]""", answer.GetProperty("rows").GetRawText());
    }

    [Fact]
    public async Task The_test_of_a_server_looks_each_time()
    {
        await using var cube = await ScriptedCube.StartAsync();
        var server = await (await app.Admin.PostJsonAsync(
            "/api/v1/semantic/servers", new { name = cube.Url, url = cube.Url, api_secret = ScriptedCube.Secret })).ExpectAsync(201);
        var healthy = cube.Answer;
        cube.Answer = request => request.Path == "/readyz" ? healthy(request) : (500, """{"error":"Compile errors"}""");
        var failed = await TestAsync();
        cube.Answer = healthy;
        var mended = await TestAsync();

        Assert.Equal((false, true), (failed.GetProperty("ok").GetBoolean(), mended.GetProperty("ok").GetBoolean()));

        async Task<System.Text.Json.JsonElement> TestAsync() =>
            await (await app.Admin.PostJsonAsync($"/api/v1/semantic/servers/{server.Text("id")}/test")).ExpectAsync(200);
    }
}
