using System.Diagnostics;
using System.Text.Json;
using AiBackend.DataStores;
using AiBackend.Http;
using AiBackend.Semantics;
using AiBackend.Semantics.Cube;
using AiBackend.Semantics.Servers;
using Microsoft.Extensions.Time.Testing;

namespace AiBackend.Tests.Semantics.Cube;

public sealed class CubeClientTests : IAsyncLifetime
{
    private static readonly CubeClaims Claims = new() { ClientId = "cli_1", LayerId = "lay_1", Folder = "cli_1", Commit = "abc" };

    private readonly SecretBox box = new(new EncryptionOptions { Key = "key" });
    private readonly FakeTimeProvider clock = new(new DateTimeOffset(2026, 3, 14, 9, 26, 53, TimeSpan.Zero));
    private readonly SemanticHttp http = new(new DataOptions());
    private ScriptedCube cube = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static JsonElement Query => JsonElement.Parse("""{"measures":["orders.count"]}""");

    public async ValueTask InitializeAsync() => cube = await ScriptedCube.StartAsync();

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await cube.DisposeAsync();
    }

    [Fact]
    public async Task Models_are_asked_with_a_token_of_few_minutes_that_says_whose()
    {
        var meta = await Client().MetaAsync(Target(), Ct);

        Assert.Equal("orders.count", Assert.Single(Assert.Single(meta.Cubes).Measures).Name);
        var request = Assert.Single(cube.Requests);
        Assert.Equal(("/cubejs-api/v1/meta", "?extended=true"), (request.Path, request.Query));
        Assert.Equal(Claims, request.ClaimsAt(clock.GetUtcNow()));
        Assert.Null(request.ClaimsAt(clock.GetUtcNow() + TimeSpan.FromMinutes(6)));
    }

    [Fact]
    public async Task Models_are_remembered_for_seconds_and_not_beyond_a_commit()
    {
        var client = Client();
        await client.MetaAsync(Target(), Ct);
        clock.Advance(TimeSpan.FromSeconds(9));
        await client.MetaAsync(Target(), Ct);
        Assert.Single(cube.Requests);

        await client.MetaAsync(Target(Claims with { Commit = "def" }), Ct);
        await client.MetaAsync(Target(Claims with { ClientId = "cli_2" }), Ct);
        Assert.Equal(3, cube.Requests.Count);
        clock.Advance(TimeSpan.FromSeconds(2));
        await client.MetaAsync(Target(), Ct);
        Assert.Equal(4, cube.Requests.Count);
    }

    [Fact]
    public async Task A_failure_is_remembered_for_seconds_after_it_came_and_not_beyond_a_commit_or_a_change_of_the_server()
    {
        cube.Answer = _ =>
        {
            clock.Advance(TimeSpan.FromSeconds(20));
            return (500, """{"error":"Compile errors:\norders cube: broken"}""");
        };
        var client = Client();
        async Task<string> FailAsync(CubeTarget target) => (await Assert.ThrowsAsync<CubeException>(() => client.MetaAsync(target, Ct))).Message;

        var first = await FailAsync(Target());
        clock.Advance(TimeSpan.FromSeconds(9));
        var second = await FailAsync(Target());
        Assert.Equal(("Compile errors: orders cube: broken", first, 1), (first, second, cube.Requests.Count));

        await FailAsync(Target(Claims with { Commit = "def" }));
        await FailAsync(Target() with { Server = Target().Server with { Version = 2 } });
        await Assert.ThrowsAsync<CubeException>(() => client.ReadMetaAsync(Target(), Ct));
        Assert.Equal(4, cube.Requests.Count);

        cube.Answer = _ => (200, ScriptedCube.Meta);
        Assert.Single((await client.MetaAsync(Target(), Ct)).Cubes);
    }

    [Theory]
    [InlineData(502, "<html>bad gateway</html>")]
    [InlineData(403, """{"error":"Invalid token"}""")]
    public async Task What_fails_at_once_is_asked_again(int status, string body)
    {
        cube.Answer = _ => (status, body);
        var client = Client();
        await Assert.ThrowsAsync<CubeException>(() => client.MetaAsync(Target(), Ct));
        cube.Answer = _ => (200, ScriptedCube.Meta);

        Assert.Single((await client.MetaAsync(Target(), Ct)).Cubes);
    }

    [Theory]
    [InlineData(200, ScriptedCube.Meta)]
    [InlineData(500, """{"error":"Compile errors"}""")]
    public async Task Who_asks_meanwhile_waits_for_the_same_answer_which_nobodys_leaving_takes_away(int status, string body)
    {
        using var reached = new SemaphoreSlim(0);
        using var goOn = new ManualResetEventSlim();
        cube.Answer = _ =>
        {
            reached.Release();
            goOn.Wait(Ct);
            return (status, body);
        };
        var client = Client();
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Ct);

        var left = client.MetaAsync(Target(), leaving.Token);
        await reached.WaitAsync(Ct);
        Task<CubeMeta>[] others = [.. Enumerable.Range(0, 9).Select(_ => client.MetaAsync(Target(), Ct))];
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        goOn.Set();
        var came = 0;
        foreach (var other in others)
        {
            try
            {
                came += (await other).Cubes.Count;
            }
            catch (CubeException error) when (error.Message == "Compile errors")
            {
                came++;
            }
        }

        Assert.Equal((9, 1), (came, cube.Requests.Count));
    }

    [Fact]
    public async Task A_query_is_asked_until_its_rows_are_there_each_time_with_a_token_of_its_own()
    {
        var asked = 0;
        cube.Answer = _ =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            return (200, ++asked < 3 ? """{"error":"Continue wait"}""" : """{"data":[{"orders.count":"7"}],"annotation":{"measures":{}}}""");
        };

        var rows = await Client().LoadAsync(Target(), Query, Ct);

        Assert.Equal("""[{"orders.count":"7"}]""", rows.Data.GetRawText());
        Assert.Equal(3, cube.Requests.Select(request => request.Token).Distinct().Count());
        Assert.Equal("""{"query":{"measures":["orders.count"],"limit":10000}}""", cube.Requests[0].Body);
    }

    [Theory]
    [InlineData("""{"limit":9}""", 9)]
    [InlineData("""{"limit":10}""", 10)]
    [InlineData("""{"limit":11}""", 10)]
    [InlineData("""{"limit":null}""", 10)]
    [InlineData("""{"limit":-1}""", 10)]
    [InlineData("{}", 10)]
    public async Task A_query_never_asks_for_more_rows_than_the_limit(string query, int limit)
    {
        cube.Answer = _ => (200, """{"data":[]}""");

        await Client(new CubeOptions { MaxRows = 10 }).LoadAsync(Target(), JsonElement.Parse(query), Ct);

        Assert.Equal($"{{\"query\":{{\"limit\":{limit}}}}}", cube.Requests[0].Body);
    }

    [Fact]
    public async Task Waiting_for_rows_has_an_end()
    {
        cube.Answer = _ => (200, """{"error":"Continue wait"}""");
        var waited = await Assert.ThrowsAsync<CubeException>(
            () => Client(new CubeOptions { LoadLimit = TimeSpan.FromMilliseconds(300) }).LoadAsync(Target(), Query, Ct));
        cube.Answer = _ => null;
        var silent = await Assert.ThrowsAsync<CubeException>(
            () => Client(new CubeOptions { LoadLimit = TimeSpan.FromMilliseconds(300) }).LoadAsync(Target(), Query, Ct));
        var meta = await Assert.ThrowsAsync<CubeException>(
            () => Client(new CubeOptions { AnswerLimit = TimeSpan.FromMilliseconds(300) }).MetaAsync(Target(), Ct));

        Assert.All([waited, silent, meta], error => Assert.Equal(("timed_out", 503), (error.Code, error.ToProblem().Status)));
    }

    [Fact]
    public async Task Waiting_ends_soon_after_it_is_cancelled()
    {
        cube.Answer = _ => null;
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var loading = Client().LoadAsync(Target(), Query, cancel.Token);

        var since = Stopwatch.GetTimestamp();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loading);

        Assert.True(Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(1), "It took longer than a second.");
    }

    [Theory]
    [InlineData(400, """{"error":"Error: 'x' not found for path 'orders.x'\n    at Foo (/cube/a.js:1:2)"}""", CubeFault.BadQuery, "'x' not found for path 'orders.x'")]
    [InlineData(500, """{"error":"Compile errors:\norders cube: \"sql_table\" is required\n    at Foo"}""", CubeFault.Failed, "Compile errors: orders cube: \"sql_table\" is required")]
    [InlineData(500, """{"error":{"message":"odd"}}""", CubeFault.Failed, """{"message":"odd"}""")]
    [InlineData(200, """{"error":"relation does not exist"}""", CubeFault.Failed, "relation does not exist")]
    [InlineData(500, """{"error":"the secret is scripted-s3cret"}""", CubeFault.Failed, "the secret is ***")]
    [InlineData(403, """{"error":"Invalid token"}""", CubeFault.BadSecret, "The server does not take our token (Invalid token): check its api_secret and its clock.")]
    [InlineData(401, "no", CubeFault.BadSecret, "The server does not take our token: check its api_secret and its clock.")]
    internal async Task What_goes_wrong_is_told_in_the_servers_words_without_its_code_and_the_secret(int status, string body, CubeFault fault, string words)
    {
        cube.Answer = _ => (status, body);

        var error = await Assert.ThrowsAsync<CubeException>(() => Client().LoadAsync(Target(), Query, Ct));

        Assert.Equal((fault, words), (error.Fault, error.Message));
    }

    [Theory]
    [InlineData(200, "<html>hello</html>")]
    [InlineData(200, "[]")]
    [InlineData(200, """{"hello":"world"}""")]
    [InlineData(502, "<html>bad gateway</html>")]
    [InlineData(302, "http://example.org/")]
    public async Task What_is_not_Cube_is_named_as_that(int status, string body)
    {
        cube.Answer = _ => (status, body);

        Assert.Equal(CubeFault.Unreachable, (await Assert.ThrowsAsync<CubeException>(() => Client().LoadAsync(Target(), Query, Ct))).Fault);
        Assert.Equal(CubeFault.Unreachable, (await Assert.ThrowsAsync<CubeException>(() => Client().MetaAsync(Target(), Ct))).Fault);
        Assert.Equal(CubeFault.Unreachable, (await Assert.ThrowsAsync<CubeException>(() => Client().SqlAsync(Target(), Query, Ct))).Fault);
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public async Task An_answer_is_taken_up_to_the_limit(int size, bool isTaken)
    {
        const string Frame = """{"data":[""]}""";
        cube.Answer = _ => (200, Frame.Replace("\"\"", $"\"{new string('x', size - Frame.Length)}\"", StringComparison.Ordinal));
        var loading = Client(new CubeOptions { MaxBytes = 100 }).LoadAsync(Target(), Query, Ct);

        if (isTaken)
        {
            Assert.Equal(1, (await loading).Data.GetArrayLength());
            return;
        }

        Assert.Equal(CubeFault.TooLarge, (await Assert.ThrowsAsync<CubeException>(() => loading)).Fault);
    }

    [Fact]
    public async Task A_statement_comes_with_its_parameters()
    {
        cube.Answer = _ => (200, """{"sql":{"sql":["SELECT $1",["a"]],"status":"ok"}}""");

        var sql = await Client().SqlAsync(Target(), Query, Ct);

        Assert.Equal(("SELECT $1", "a"), (sql.Sql, Assert.Single(sql.Parameters).GetString()));
    }

    [Fact]
    public async Task A_clients_server_is_reached_at_public_addresses_alone()
    {
        var clients = Target() with { Server = Target().Server with { ClientId = "cli_1", IsOperators = false } };

        var error = await Assert.ThrowsAsync<CubeException>(() => Client().MetaAsync(clients, Ct));

        Assert.Equal(CubeFault.NotAllowed, error.Fault);
        Assert.Empty(cube.Requests);
    }

    [Fact]
    public async Task Nobody_there_and_an_unknown_host_are_told_apart()
    {
        var nobody = await Assert.ThrowsAsync<CubeException>(() => Client().ReadyAsync(Target().Server with { Url = "http://127.0.0.1:1" }, Ct));
        var unknown = await Assert.ThrowsAsync<CubeException>(() => Client().ReadyAsync(Target().Server with { Url = "http://no-such-host.invalid" }, Ct));

        Assert.Equal((CubeFault.Unreachable, CubeFault.UnknownHost), (nobody.Fault, unknown.Fault));
    }

    private CubeClient Client(CubeOptions? options = null) => new(http, options ?? new CubeOptions(), box, clock);

    private CubeTarget Target(CubeClaims? claims = null) => new(
        new SemanticServer
        {
            Id = "srv_1",
            IsOperators = true,
            Name = "Cube",
            Url = cube.Url + "/",
            ApiSecret = box.Seal(SemanticServer.SecretPurpose("srv_1"), ScriptedCube.Secret),
            CreatedAt = clock.GetUtcNow(),
            UpdatedAt = clock.GetUtcNow(),
        },
        claims ?? Claims);
}
