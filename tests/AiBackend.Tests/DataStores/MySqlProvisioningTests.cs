using System.Text.Json;
using AiBackend.Tests.Support;
using MySqlConnector;
using static AiBackend.Tests.DataStores.ProvisioningSteps;

namespace AiBackend.Tests.DataStores;

public sealed class MySqlProvisioningTests(ProvisioningFixture app, MariaDbServer mariaDb) : IClassFixture<ProvisioningFixture>
{
    private const string AdminPassword = "admin-of-a-test";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_database_is_made_whose_owner_may_do_all_and_whose_reader_only_reads()
    {
        var (tenant, admin) = await NewServerAsync();

        var made = await (await tenant.ProvisionAsync("mysql")).ExpectAsync(201);

        var (owner, reader) = LoginsOf(made);
        await ExecuteAsync(made, owner, "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (3); CREATE VIEW v AS SELECT * FROM t");
        Assert.Equal(6, await ScalarAsync(made, reader, "SELECT (SELECT sum(id) FROM t) + (SELECT sum(id) FROM v)"));
        await Assert.ThrowsAsync<MySqlException>(() => ExecuteAsync(made, reader, "INSERT INTO t VALUES (4)"));
        await Assert.ThrowsAsync<MySqlException>(() => ExecuteAsync(made, reader, "CREATE TABLE u (id int)"));
        Assert.Equal(3, (await LeftOfAsync(admin)).Count);
        var schema = await tenant.Http.GetJsonAsync($"{tenant.Stores()}/{made.Text("id")}/schema");
        Assert.Equal(["t", "v"], schema.GetProperty("tables").EnumerateArray().Select(table => table.GetProperty("name").Text("name")));
    }

    [Fact]
    public async Task The_users_of_a_database_see_nothing_of_one_with_a_like_name()
    {
        var (tenant, _) = await NewServerAsync();
        var made = await (await tenant.ProvisionAsync("mysql")).ExpectAsync(201);
        var name = made.GetProperty("config").Text("database");
        var like = $"aibx{name[4..]}";
        await new MariaDbDatabase(mariaDb, string.Empty).ExecuteAsync($"CREATE DATABASE `{like}`; CREATE TABLE `{like}`.t (id int)");

        // An underscore in a grant would be any character.
        await Assert.ThrowsAsync<MySqlException>(() => ExecuteAsync(made, LoginsOf(made).Owner, $"SELECT * FROM `{like}`.t"));
        await new MariaDbDatabase(mariaDb, string.Empty).ExecuteAsync($"DROP DATABASE `{like}`");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Whichever_step_fails_nothing_is_left(int step)
    {
        foreach (var isDone in new[] { false, true })
        {
            var (tenant, admin) = await NewServerAsync();
            app.Faults.Fail(admin, "create", step, isDone);

            await (await tenant.ProvisionAsync("mysql")).ExpectProblemAsync(503, "unavailable");

            Assert.Equal([], await LeftOfAsync(admin));
            Assert.Empty((await tenant.Http.GetJsonAsync(tenant.Stores())).Data());
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_database_whose_users_cannot_log_in_is_taken_away_again(bool isOwner)
    {
        var (tenant, admin) = await NewServerAsync();
        app.Faults.After(admin, "create", step: 4, async () =>
        {
            var names = app.Faults.BegunOn(admin)[^1];
            await new MariaDbDatabase(mariaDb, string.Empty).ExecuteAsync($"ALTER USER '{(isOwner ? names.Owner : names.Reader)}'@'%' IDENTIFIED BY 'another'");
        });

        var refused = await (await app.Admin.PostJsonAsync(tenant.Stores(), new { kind = "mysql", name = "Made", provision = true })).ExpectProblemAsync(503, "unavailable");

        Assert.Contains($"_{(isOwner ? "o" : "r")} was made, but cannot log in", refused.Text("detail"), StringComparison.Ordinal);
        Assert.Equal([], await LeftOfAsync(admin));
        Assert.Empty((await tenant.Http.GetJsonAsync(tenant.Stores())).Data());
    }

    [Fact]
    public async Task New_passwords_replace_the_old_ones()
    {
        var (tenant, _) = await NewServerAsync();
        var made = await (await tenant.ProvisionAsync("mysql")).ExpectAsync(201);
        app.Clock.Advance(TimeSpan.FromMinutes(1));

        var rotated = await (await tenant.Http.PostJsonAsync($"{tenant.Stores()}/{made.Text("id")}/rotate-credentials")).ExpectAsync(200);

        Assert.Equal(1, await ScalarAsync(made, LoginsOf(rotated).Owner, "SELECT 1"));
        Assert.Equal(1, await ScalarAsync(made, LoginsOf(rotated).Reader, "SELECT 1"));
        await Assert.ThrowsAsync<MySqlException>(() => ExecuteAsync(made, LoginsOf(made).Owner, "SELECT 1"));
        await Assert.ThrowsAsync<MySqlException>(() => ExecuteAsync(made, LoginsOf(made).Reader, "SELECT 1"));
        Assert.Equal(LoginsOf(rotated).Reader.Password, await app.SecretAsync(tenant, made.Text("id")));
        Assert.Equal(
            made.GetProperty("updated_at").GetDateTimeOffset() + TimeSpan.FromMinutes(1), rotated.GetProperty("updated_at").GetDateTimeOffset());
    }

    [Fact]
    public async Task Dropping_ends_connections_with_what_they_hold_and_leaves_nothing()
    {
        var (tenant, admin) = await NewServerAsync();
        var made = await (await tenant.ProvisionAsync("mysql")).ExpectAsync(201);
        await using var open = new MySqlConnection(ConnectionString(made, LoginsOf(made).Owner));
        await open.OpenAsync(Ct);
        await using (var hold = new MySqlCommand("CREATE TABLE t (id int); START TRANSACTION; INSERT INTO t VALUES (1)", open))
        {
            await hold.ExecuteNonQueryAsync(Ct);
        }

        await (await tenant.Http.DeleteAsync($"{tenant.Stores()}/{made.Text("id")}?drop=true", Ct)).ExpectAsync(204);

        Assert.Equal([], await LeftOfAsync(admin));
    }

    private async Task<(Tenant Tenant, string Admin)> NewServerAsync()
    {
        await mariaDb.RunAsync();
        var admin = $"a_{Guid.NewGuid():n}"[..30];
        await new MariaDbDatabase(mariaDb, string.Empty).ExecuteAsync(
            $"CREATE USER '{admin}'@'%' IDENTIFIED BY '{AdminPassword}'; GRANT ALL ON *.* TO '{admin}'@'%' WITH GRANT OPTION");
        var (tenant, _) = await app.NewServerAsync("mysql", new { host = mariaDb.Host, port = mariaDb.Port, username = admin, password = AdminPassword });
        return (tenant, admin);
    }

    private async Task<IReadOnlyList<string>> LeftOfAsync(string admin)
    {
        var begun = app.Faults.BegunOn(admin).SelectMany(names => new[] { names.Database, names.Owner, names.Reader }).ToArray();
        Assert.NotEmpty(begun);
        var rows = await new MariaDbDatabase(mariaDb, string.Empty).QueryAsync(
            "SELECT CONVERT(SCHEMA_NAME USING utf8mb4) FROM information_schema.SCHEMATA UNION ALL SELECT CONVERT(user USING utf8mb4) FROM mysql.user");
        return [.. rows.Select(row => (string)row[0]!).Intersect(begun).Order(StringComparer.Ordinal)];
    }

    private static string ConnectionString(JsonElement store, (string Username, string Password) login)
    {
        var config = store.GetProperty("config");
        return new MySqlConnectionStringBuilder
        {
            Server = config.Text("host"),
            Port = config.GetProperty("port").GetUInt32(),
            Database = config.Text("database"),
            UserID = login.Username,
            Password = login.Password,
            SslMode = MySqlSslMode.Disabled,
            Pooling = false,
        }.ConnectionString;
    }

    private static async Task ExecuteAsync(JsonElement store, (string Username, string Password) login, string sql)
    {
        await using var connection = new MySqlConnection(ConnectionString(store, login));
        await connection.OpenAsync(Ct);
        await using var command = new MySqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Ct);
    }

    private static async Task<long> ScalarAsync(JsonElement store, (string Username, string Password) login, string sql)
    {
        await using var connection = new MySqlConnection(ConnectionString(store, login));
        await connection.OpenAsync(Ct);
        await using var command = new MySqlCommand(sql, connection);
        return Convert.ToInt64(await command.ExecuteScalarAsync(Ct), System.Globalization.CultureInfo.InvariantCulture);
    }
}
