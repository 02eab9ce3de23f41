namespace AiBackend.Tests.Support;

/// <summary>What other tests rely on.</summary>
public sealed class CubeServerTests(CubeServer cube, PostgresServer postgres)
{
    [Fact]
    public async Task Each_client_has_its_own_models_and_database()
    {
        var first = await ServeAsync("first", "CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders VALUES (1), (2), (3)");
        var second = await ServeAsync("second", "CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders VALUES (1)");

        Assert.Equal("3", (await first.LoadAsync(new { measures = new[] { "orders.count" } }))[0]!["orders.count"]!.GetValue<string>());
        Assert.Equal("1", (await second.LoadAsync(new { measures = new[] { "orders.count" } }))[0]!["orders.count"]!.GetValue<string>());
    }

    [Fact]
    public async Task Models_that_are_served_anew_replace_the_others()
    {
        await ServeAsync("changing", "CREATE TABLE orders (id int PRIMARY KEY)");
        var again = await ServeAsync("changing", "CREATE TABLE bills (id int PRIMARY KEY)", "bills");

        var cubes = (await again.MetaAsync())["cubes"]!.AsArray();

        Assert.Equal("bills", Assert.Single(cubes)!["name"]!.GetValue<string>());
    }

    private async Task<CubeTenant> ServeAsync(string clientId, string sql, string table = "orders") => await cube.ServeAsync(
        clientId,
        await postgres.CreateDatabaseAsync(sql),
        new Dictionary<string, string>
        {
            [$"dst_1/{table}.yml"] = $$"""
                cubes:
                  - name: {{table}}
                    sql_table: public.{{table}}
                    data_source: dst_1
                    measures:
                      - name: count
                        type: count
                """,
        });
}
