using System.Text.Json;
using AiBackend.DataStores;
using AiBackend.Tests.Support;
using Npgsql;
using static AiBackend.Tests.DataStores.ProvisioningSteps;

namespace AiBackend.Tests.DataStores;

public sealed class PostgresProvisioningTests(ProvisioningFixture app, PostgresServer postgres) : IClassFixture<ProvisioningFixture>
{
    private const string AdminPassword = "admin-of-a-test";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_database_is_made_whose_owner_may_do_all_and_whose_reader_only_reads_also_what_comes_later()
    {
        var (tenant, serverId, _) = await NewServerAsync();

        var response = await tenant.ProvisionAsync("postgres");

        var made = await response.ExpectAsync(201);
        Assert.Equal((serverId, "ready", true), (made.Text("server_id"), made.Text("status"), made.GetProperty("is_provisioned").GetBoolean()));
        var (owner, reader) = LoginsOf(made);
        Assert.Equal(made.GetProperty("config").Text("username"), reader.Username);
        await ExecuteAsync(made, owner, "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1); CREATE SCHEMA later; CREATE TABLE later.u AS SELECT 2 AS id");
        Assert.Equal(3, await ScalarAsync(made, reader, "SELECT (SELECT sum(id) FROM t) + (SELECT sum(id) FROM later.u)"));
        await RefusedAsync(made, reader, "INSERT INTO t VALUES (2)");
        await RefusedAsync(made, reader, "SET default_transaction_read_only = off; INSERT INTO t VALUES (2)");
        await RefusedAsync(made, reader, "SET default_transaction_read_only = off; CREATE TABLE x (id int)");
        Assert.Contains("data_store.provisioned", await app.AuditAsync(tenant.ClientId));
        var test = await (await tenant.Http.PostJsonAsync($"{tenant.Stores()}/{made.Text("id")}/test")).ExpectAsync(200);
        Assert.True(test.GetProperty("ok").GetBoolean(), test.GetRawText());
        var schema = await tenant.Http.GetJsonAsync($"{tenant.Stores()}/{made.Text("id")}/schema");
        Assert.Equal(["u", "t"], schema.GetProperty("tables").EnumerateArray().Select(table => table.GetProperty("name").Text("name")));
    }

    [Fact]
    public async Task An_administrator_need_not_be_a_superuser()
    {
        var (tenant, _, admin) = await NewServerAsync(rights: "CREATEDB");
        var made = await (await tenant.ProvisionAsync("postgres")).ExpectAsync(201);
        await ExecuteAsync(made, LoginsOf(made).Owner, "CREATE TABLE t (id int)");
        Assert.Equal(0, await ScalarAsync(made, LoginsOf(made).Reader, "SELECT count(*) FROM t"));
        await (await tenant.Http.PostJsonAsync($"{tenant.Stores()}/{made.Text("id")}/rotate-credentials")).ExpectAsync(200);
        var password = await app.SecretAsync(tenant, made.Text("id"));
        await using var open = new NpgsqlConnection(ConnectionString(made, (LoginsOf(made).Reader.Username, password!)));
        await open.OpenAsync(Ct);

        await (await tenant.Http.DeleteAsync($"{tenant.Stores()}/{made.Text("id")}?drop=true", Ct)).ExpectAsync(204);

        Assert.Equal([], await LeftOfAsync(admin));
    }

    [Fact]
    public async Task Only_its_own_users_get_into_a_database()
    {
        var (tenant, _, _) = await NewServerAsync();
        var one = await (await tenant.ProvisionAsync("postgres", "One")).ExpectAsync(201);
        var two = await (await tenant.ProvisionAsync("postgres", "Two")).ExpectAsync(201);

        var error = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(one, LoginsOf(two).Owner, "SELECT 1"));

        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, error.SqlState);
    }

    [Fact]
    public async Task Credentials_are_shown_once_and_again_only_to_a_repeat_of_the_same_request()
    {
        var (tenant, _, _) = await NewServerAsync();
        var request = new { kind = "postgres", name = "Made", provision = true };

        var made = await (await tenant.Http.PostJsonAsync(tenant.Stores(), request, ("Idempotency-Key", "k1"))).ExpectAsync(201);
        var again = await (await tenant.Http.PostJsonAsync(tenant.Stores(), request, ("Idempotency-Key", "k1"))).ExpectAsync(201);
        var read = await tenant.Http.GetJsonAsync($"{tenant.Stores()}/{made.Text("id")}");

        Assert.Equal(made.GetRawText(), again.GetRawText());
        Assert.Equal((JsonValueKind.Null, "***"), (read.GetProperty("credentials").ValueKind, read.GetProperty("config").Text("password")));
        Assert.Equal(LoginsOf(made).Reader.Password, await app.SecretAsync(tenant, made.Text("id")));
        var stored = (await app.Store.For(tenant.ClientId).FindAsync<DataStore>(made.Text("id"), Ct))!.ToString();
        Assert.DoesNotContain(LoginsOf(made).Reader.Password, stored, StringComparison.Ordinal);
        Assert.DoesNotContain(LoginsOf(made).Owner.Password, stored, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Whichever_step_fails_nothing_is_left(int step)
    {
        foreach (var isDone in new[] { false, true })
        {
            var (tenant, _, admin) = await NewServerAsync();
            app.Faults.Fail(admin, "create", step, isDone);

            var problem = await (await tenant.ProvisionAsync("postgres")).ExpectProblemAsync(503, "unavailable");

            Assert.DoesNotContain("told to fail", problem.Text("detail"), StringComparison.Ordinal);
            Assert.Empty((await tenant.Http.GetJsonAsync(tenant.Stores())).Data());
            Assert.Equal([], await LeftOfAsync(admin));
        }
    }

    [Fact]
    public async Task An_admin_is_told_what_the_server_said()
    {
        var (tenant, _, admin) = await NewServerAsync(rights: "NOCREATEDB");

        var response = await app.Admin.PostJsonAsync(tenant.Stores(), new { kind = "postgres", name = "Made", provision = true });

        Assert.Contains("permission denied to create database", (await response.ExpectProblemAsync(503, "unavailable")).Text("detail"), StringComparison.Ordinal);
        Assert.Equal([], await LeftOfAsync(admin));
    }

    [Fact]
    public async Task What_cannot_be_undone_now_is_undone_later()
    {
        var (tenant, _, admin) = await NewServerAsync();
        app.Faults.Fail(admin, "create", step: 4);
        app.Faults.Fail(admin, "drop", step: 0);
        await (await tenant.ProvisionAsync("postgres")).ExpectProblemAsync(503, "unavailable");
        Assert.NotEqual([], await LeftOfAsync(admin));
        var left = Assert.Single((await tenant.Http.GetJsonAsync(tenant.Stores())).Data());
        await (await tenant.Http.PatchJsonAsync($"{tenant.Stores()}/{left.Text("id")}", new { name = "x" })).ExpectProblemAsync(409, "conflict");

        await app.FinishLaterAsync();
        Assert.NotEqual([], await LeftOfAsync(admin));
        app.Faults.Mend(admin, "drop");
        await app.FinishLaterAsync();

        Assert.Equal([], await LeftOfAsync(admin));
        Assert.Empty((await tenant.Http.GetJsonAsync(tenant.Stores())).Data());
    }

    [Fact]
    public async Task What_a_process_that_died_had_begun_is_undone_by_another()
    {
        var (tenant, _, admin) = await NewServerAsync();
        var id = (await (await tenant.ProvisionAsync("postgres")).ExpectAsync(201)).Text("id");
        await app.Store.For(tenant.ClientId).CommitAsync(
            async transaction => await transaction.UpdateAsync<DataStore>(
                id,
                found => found with { Status = StoreStatus.Provisioning, BusyBy = "busy_x", BusyUntil = app.Clock.GetUtcNow() + TimeSpan.FromMinutes(2) }),
            Ct);

        await app.FinishLaterAsync();

        Assert.Equal([], await LeftOfAsync(admin));
        await (await tenant.Http.GetAsync($"{tenant.Stores()}/{id}", Ct)).ExpectProblemAsync(404, "not_found");
    }

    [Fact]
    public async Task New_passwords_replace_the_old_ones_and_are_shown_once()
    {
        var (tenant, _, _) = await NewServerAsync();
        var made = await (await tenant.ProvisionAsync("postgres")).ExpectAsync(201);
        var address = $"{tenant.Stores()}/{made.Text("id")}";

        var rotated = await (await tenant.Http.PostJsonAsync($"{address}/rotate-credentials")).ExpectAsync(200);

        var (owner, reader) = LoginsOf(rotated);
        Assert.Equal(1, await ScalarAsync(made, owner, "SELECT 1"));
        Assert.Equal(1, await ScalarAsync(made, reader, "SELECT 1"));
        await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(made, LoginsOf(made).Owner, "SELECT 1"));
        await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(made, LoginsOf(made).Reader, "SELECT 1"));
        Assert.Equal(reader.Password, await app.SecretAsync(tenant, made.Text("id")));
        Assert.Equal(JsonValueKind.Null, (await tenant.Http.GetJsonAsync(address)).GetProperty("credentials").ValueKind);
        Assert.Contains("data_store.credentials_rotated", await app.AuditAsync(tenant.ClientId));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_change_of_passwords_that_breaks_off_before_or_after_the_server_did_it_ends_with_one_that_works(bool isDone)
    {
        var (tenant, _, admin) = await NewServerAsync();
        var made = await (await tenant.ProvisionAsync("postgres")).ExpectAsync(201);
        var address = $"{tenant.Stores()}/{made.Text("id")}";
        app.Faults.Fail(admin, "rotate", step: 0, isDone);
        await (await tenant.Http.PostJsonAsync($"{address}/rotate-credentials")).ExpectProblemAsync(503, "unavailable");
        Assert.Equal("rotating", (await tenant.Http.GetJsonAsync(address)).Text("status"));
        app.Faults.Mend(admin, "rotate");

        await app.FinishLaterAsync();

        Assert.Equal("ready", (await tenant.Http.GetJsonAsync(address)).Text("status"));
        var password = await app.SecretAsync(tenant, made.Text("id"));
        Assert.Equal(1, await ScalarAsync(made, (LoginsOf(made).Reader.Username, password!), "SELECT 1"));
        await (await tenant.Http.PostJsonAsync($"{address}/rotate-credentials")).ExpectAsync(200);
    }

    [Fact]
    public async Task Dropping_ends_connections_and_leaves_nothing()
    {
        var (tenant, serverId, admin) = await NewServerAsync();
        var made = await (await tenant.ProvisionAsync("postgres")).ExpectAsync(201);
        await using var open = new NpgsqlConnection(ConnectionString(made, LoginsOf(made).Owner));
        await open.OpenAsync(Ct);
        await (await app.Admin.DeleteAsync($"/api/v1/database-servers/{serverId}", Ct)).ExpectProblemAsync(409, "conflict");
        await (await app.Admin.DeleteAsync($"/api/v1/clients/{tenant.ClientId}", Ct)).ExpectProblemAsync(409, "conflict");

        await (await tenant.Http.DeleteAsync($"{tenant.Stores()}/{made.Text("id")}?drop=true", Ct)).ExpectAsync(204);

        Assert.Equal([], await LeftOfAsync(admin));
        Assert.Contains("data_store.dropped", await app.AuditAsync(tenant.ClientId));
        await (await tenant.Http.GetAsync($"{tenant.Stores()}/{made.Text("id")}", Ct)).ExpectProblemAsync(404, "not_found");
        await (await app.Admin.DeleteAsync($"/api/v1/database-servers/{serverId}", Ct)).ExpectAsync(204);
        await (await app.Admin.DeleteAsync($"/api/v1/clients/{tenant.ClientId}", Ct)).ExpectAsync(204);
    }

    [Fact]
    public async Task A_database_that_cannot_be_dropped_now_is_dropped_later()
    {
        var (tenant, _, admin) = await NewServerAsync();
        var made = await (await tenant.ProvisionAsync("postgres")).ExpectAsync(201);
        app.Faults.Fail(admin, "drop", step: 1);
        await (await tenant.Http.DeleteAsync($"{tenant.Stores()}/{made.Text("id")}?drop=true", Ct)).ExpectProblemAsync(503, "unavailable");
        Assert.Equal("dropping", (await tenant.Http.GetJsonAsync($"{tenant.Stores()}/{made.Text("id")}")).Text("status"));
        app.Faults.Mend(admin, "drop");

        await app.FinishLaterAsync();

        Assert.Equal([], await LeftOfAsync(admin));
        Assert.Empty((await tenant.Http.GetJsonAsync(tenant.Stores())).Data());
    }

    [Fact]
    public async Task Without_drop_the_database_stays()
    {
        var (tenant, _, admin) = await NewServerAsync();
        var made = await (await tenant.ProvisionAsync("postgres")).ExpectAsync(201);

        await (await tenant.Http.DeleteAsync($"{tenant.Stores()}/{made.Text("id")}", Ct)).ExpectAsync(204);

        Assert.Equal(1, await ScalarAsync(made, LoginsOf(made).Owner, "SELECT 1"));
        Assert.NotEqual([], await LeftOfAsync(admin));
    }

    [Fact]
    public async Task Of_a_made_store_only_name_and_schemas_change_and_its_address_follows_the_server()
    {
        var (tenant, serverId, _) = await NewServerAsync();
        var made = await (await tenant.ProvisionAsync("postgres")).ExpectAsync(201);
        var address = $"{tenant.Stores()}/{made.Text("id")}";

        await (await tenant.Http.PatchJsonAsync(address, new { name = "New", config = new { schemas = new[] { "a" } } })).ExpectAsync(200);
        Assert.Equal(["config"], await (await tenant.Http.PatchJsonAsync(address, new { config = new { host = "8.8.8.8", password = "x" } })).InvalidFieldsAsync());
        Assert.Equal(["config"], await (await tenant.Http.PatchJsonAsync(address, new { config = new { password = "x" } })).InvalidFieldsAsync());

        await (await app.Admin.PatchJsonAsync(
            $"/api/v1/database-servers/{serverId}", new { config = new { host = "localhost", password = AdminPassword } })).ExpectAsync(200);
        var moved = await tenant.Http.GetJsonAsync(address);
        Assert.Equal(("New", "localhost"), (moved.Text("name"), moved.GetProperty("config").Text("host")));
    }

    [Fact]
    public async Task The_quota_counts_made_stores_too()
    {
        var (tenant, _, admin) = await NewServerAsync();
        await (await app.Admin.PatchJsonAsync($"/api/v1/clients/{tenant.ClientId}", new { settings = new { quotas = new { data_stores = 1 } } })).ExpectAsync(200);
        await (await tenant.ProvisionAsync("postgres", "1")).ExpectAsync(201);

        await (await tenant.ProvisionAsync("postgres", "2")).ExpectProblemAsync(429, "quota_exceeded");

        Assert.Equal(3, (await LeftOfAsync(admin)).Count);
    }

    // An administrator of the test's own.
    private async Task<(Tenant Tenant, string ServerId, string Admin)> NewServerAsync(string? rights = null)
    {
        await postgres.RunAsync();
        var admin = $"admin_{Guid.NewGuid():n}";
        await new PostgresDatabase(postgres, "postgres").ExecuteAsync($"CREATE ROLE {admin} LOGIN SUPERUSER PASSWORD '{AdminPassword}'");
        if (rights is not null)
        {
            await new PostgresDatabase(postgres, "postgres").ExecuteAsync($"ALTER ROLE {admin} NOSUPERUSER CREATEROLE {rights}");
        }

        var (tenant, serverId) = await app.NewServerAsync(
            "postgres", new { host = postgres.Host, port = postgres.Port, username = admin, password = AdminPassword });
        return (tenant, serverId, admin);
    }

    // Databases and roles that are there of all that was begun with this administrator.
    private async Task<IReadOnlyList<string>> LeftOfAsync(string admin)
    {
        var begun = app.Faults.BegunOn(admin).SelectMany(names => new[] { names.Database, names.Owner, names.Reader }).ToArray();
        Assert.NotEmpty(begun);
        var rows = await new PostgresDatabase(postgres, "postgres").QueryAsync("SELECT datname::text FROM pg_database UNION ALL SELECT rolname::text FROM pg_roles");
        return [.. rows.Select(row => (string)row[0]!).Intersect(begun).Order(StringComparer.Ordinal)];
    }

    private static string ConnectionString(JsonElement store, (string Username, string Password) login)
    {
        var config = store.GetProperty("config");
        return new NpgsqlConnectionStringBuilder
        {
            Host = config.Text("host"),
            Port = config.GetProperty("port").GetInt32(),
            Database = config.Text("database"),
            Username = login.Username,
            Password = login.Password,
            Pooling = false,
        }.ConnectionString;
    }

    private static async Task ExecuteAsync(JsonElement store, (string Username, string Password) login, string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString(store, login));
        await connection.OpenAsync(Ct);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Ct);
    }

    private static async Task<long> ScalarAsync(JsonElement store, (string Username, string Password) login, string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString(store, login));
        await connection.OpenAsync(Ct);
        await using var command = new NpgsqlCommand(sql, connection);
        return Convert.ToInt64(await command.ExecuteScalarAsync(Ct), System.Globalization.CultureInfo.InvariantCulture);
    }

    private static async Task RefusedAsync(JsonElement store, (string Username, string Password) login, string sql) => Assert.Contains(
        (await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(store, login, sql))).SqlState,
        new[] { PostgresErrorCodes.InsufficientPrivilege, PostgresErrorCodes.ReadOnlySqlTransaction });
}
