using System.Text.Json;
using AiBackend.DataStores;
using AiBackend.Http;
using AiBackend.Semantics;
using AiBackend.Semantics.Cube;
using AiBackend.Semantics.Servers;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Semantics.Cube;

/// <summary>What <see cref="ScriptedCube"/> only stands in for.</summary>
public sealed class RealCubeTests(CubeServer cube, PostgresServer postgres)
{
    private const string Orders = """
        cubes:
          - name: orders
            sql_table: public.orders
            data_source: dst_1
            measures:
              - name: count
                type: count
            dimensions:
              - name: id
                sql: id
                type: number
                primary_key: true
              - name: city
                sql: city
                type: string
              - name: waited
                sql: "pg_sleep(6)::text"
                type: string
        """;

    private static readonly SecretBox Box = new(new EncryptionOptions { Key = "key" });

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Models_rows_and_statements_are_as_a_real_Cube_gives_them()
    {
        var target = await ServeAsync("client1");
        using var http = new SemanticHttp(new DataOptions());
        var client = Client(http);

        await client.ReadyAsync(target.Server, Ct);
        var meta = await client.MetaAsync(target, Ct);
        var rows = await client.LoadAsync(target, JsonElement.Parse("""{"measures":["orders.count"],"dimensions":["orders.city"],"order":{"orders.count":"desc"}}"""), Ct);
        var few = await Client(http, new CubeOptions { MaxRows = 1 }).LoadAsync(target, JsonElement.Parse("""{"dimensions":["orders.city"]}"""), Ct);
        var sql = await client.SqlAsync(target, JsonElement.Parse("""{"measures":["orders.count"],"filters":[{"member":"orders.city","operator":"equals","values":["Rome"]}]}"""), Ct);

        Assert.Equal("orders", Assert.Single(meta.Cubes).Name);
        Assert.Equal("""[{"orders.city":"Oslo","orders.count":"2"},{"orders.city":"Rome","orders.count":"1"}]""", rows.Data.GetRawText());
        Assert.Equal("number", rows.Annotation.GetProperty("measures").GetProperty("orders.count").GetProperty("type").GetString());
        Assert.Equal(1, few.Data.GetArrayLength());
        Assert.Contains("public.orders", sql.Sql, StringComparison.Ordinal);
        Assert.Equal("Rome", Assert.Single(sql.Parameters).GetString());
    }

    [Fact]
    public async Task A_query_that_outlasts_Cubes_own_patience_is_waited_for()
    {
        var target = await ServeAsync("client2", "INSERT INTO orders VALUES (1, 'Oslo')");
        using var http = new SemanticHttp(new DataOptions());

        var rows = await Client(http).LoadAsync(target, JsonElement.Parse("""{"dimensions":["orders.waited"]}"""), Ct);

        Assert.Equal(1, rows.Data.GetArrayLength());
    }

    [Fact]
    public async Task What_a_real_Cube_refuses_comes_in_its_words()
    {
        var target = await ServeAsync("client3");
        using var http = new SemanticHttp(new DataOptions());
        var client = Client(http);
        var stranger = target with { Server = target.Server with { ApiSecret = Box.Seal(SemanticServer.SecretPurpose("srv_1"), "another") } };

        var member = await Assert.ThrowsAsync<CubeException>(() => client.LoadAsync(target, JsonElement.Parse("""{"measures":["orders.nothing"]}"""), Ct));
        var query = await Assert.ThrowsAsync<CubeException>(() => client.LoadAsync(target, JsonElement.Parse("""{"measures":["orders.count"],"nonsense":true}"""), Ct));
        var token = await Assert.ThrowsAsync<CubeException>(() => client.MetaAsync(stranger, Ct));

        Assert.Contains("nothing", member.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("    at ", member.Message, StringComparison.Ordinal);
        Assert.Equal((CubeFault.BadQuery, CubeFault.BadSecret), (query.Fault, token.Fault));
    }

    private static CubeClient Client(SemanticHttp http, CubeOptions? options = null) => new(http, options ?? new CubeOptions(), Box, TimeProvider.System);

    private async Task<CubeTarget> ServeAsync(string clientId, string rows = "INSERT INTO orders VALUES (1, 'Oslo'), (2, 'Oslo'), (3, 'Rome')")
    {
        var tenant = await cube.ServeAsync(
            clientId,
            await postgres.CreateDatabaseAsync($"CREATE TABLE orders (id int PRIMARY KEY, city text); {rows}"),
            new Dictionary<string, string> { ["dst_1/orders.yml"] = Orders });
        return new CubeTarget(
            new SemanticServer
            {
                Id = "srv_1",
                IsOperators = true,
                Name = "Cube",
                Url = tenant.Url,
                ApiSecret = Box.Seal(SemanticServer.SecretPurpose("srv_1"), tenant.Secret),
                CreatedAt = DateTimeOffset.UnixEpoch,
                UpdatedAt = DateTimeOffset.UnixEpoch,
            },
            tenant.Claims);
    }
}
