using System.Text.Json;
using AiBackend.DataStores;
using AiBackend.Tests.Support;
using Npgsql;
using static AiBackend.Tests.DataStores.ProvisioningSteps;

namespace AiBackend.Tests.DataStores;

public sealed class PostgresProvisioningTests(ProvisioningFixture app, PostgresServer postgres) : ProvisionedPostgres(app, postgres)
{
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
        Assert.Contains("data_store.provisioned", await App.AuditAsync(tenant.ClientId));
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
        var password = await App.SecretAsync(tenant, made.Text("id"));
        await using var open = new NpgsqlConnection(ConnectionString(made, (LoginsOf(made).Reader.Username, password!)));
        await open.OpenAsync(Ct);

        await (await tenant.Http.DeleteAsync($"{tenant.Stores()}/{made.Text("id")}?drop=true", Ct)).ExpectAsync(204);

        Assert.Equal([], await LeftOfAsync(admin));
    }

    [Fact]
    public async Task Who_holds_a_connection_to_the_template_holds_up_nobody()
    {
        var (tenant, _, _) = await NewServerAsync();
        var (other, _, _) = await NewServerAsync();
        var made = await (await other.ProvisionAsync("postgres")).ExpectAsync(201);
        await using var open = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(ConnectionString(made, LoginsOf(made).Owner)) { Database = "template1" }.ConnectionString);
        await open.OpenAsync(Ct);

        await (await tenant.ProvisionAsync("postgres")).ExpectAsync(201);
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
        Assert.Equal(LoginsOf(made).Reader.Password, await App.SecretAsync(tenant, made.Text("id")));
        var stored = (await App.Store.For(tenant.ClientId).FindAsync<DataStore>(made.Text("id"), Ct))!.ToString();
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
    [InlineData(6)]
    [InlineData(7)]
    public async Task Whichever_step_fails_nothing_is_left(int step)
    {
        foreach (var isDone in new[] { false, true })
        {
            var (tenant, _, admin) = await NewServerAsync();
            App.Faults.Fail(admin, "create", step, isDone);

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

        var response = await App.Admin.PostJsonAsync(tenant.Stores(), new { kind = "postgres", name = "Made", provision = true });

        Assert.Contains("permission denied to create database", (await response.ExpectProblemAsync(503, "unavailable")).Text("detail"), StringComparison.Ordinal);
        Assert.Equal([], await LeftOfAsync(admin));
    }

    [Fact]
    public async Task What_cannot_be_undone_now_is_undone_later()
    {
        var (tenant, _, admin) = await NewServerAsync();
        App.Faults.Fail(admin, "create", step: 4);
        App.Faults.Fail(admin, "drop", step: 0);
        await (await tenant.ProvisionAsync("postgres")).ExpectProblemAsync(503, "unavailable");
        Assert.NotEqual([], await LeftOfAsync(admin));
        var left = Assert.Single((await tenant.Http.GetJsonAsync(tenant.Stores())).Data());
        await (await tenant.Http.PatchJsonAsync($"{tenant.Stores()}/{left.Text("id")}", new { name = "x" })).ExpectProblemAsync(409, "conflict");

        await App.FinishLaterAsync();
        Assert.NotEqual([], await LeftOfAsync(admin));
        App.Faults.Mend(admin, "drop");
        await App.FinishLaterAsync();

        Assert.Equal([], await LeftOfAsync(admin));
        Assert.Empty((await tenant.Http.GetJsonAsync(tenant.Stores())).Data());
    }

    [Fact]
    public async Task What_a_process_that_died_had_begun_is_undone_by_another()
    {
        var (tenant, _, admin) = await NewServerAsync();
        var id = (await (await tenant.ProvisionAsync("postgres")).ExpectAsync(201)).Text("id");
        await App.Store.For(tenant.ClientId).CommitAsync(
            async transaction => await transaction.UpdateAsync<DataStore>(
                id,
                found => found with { Status = StoreStatus.Provisioning, BusyBy = "busy_x", BusyUntil = App.Clock.GetUtcNow() + TimeSpan.FromMinutes(2) }),
            Ct);

        await App.FinishLaterAsync();

        Assert.Equal([], await LeftOfAsync(admin));
        await (await tenant.Http.GetAsync($"{tenant.Stores()}/{id}", Ct)).ExpectProblemAsync(404, "not_found");
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

        await (await App.Admin.PatchJsonAsync(
            $"/api/v1/database-servers/{serverId}", new { config = new { host = "localhost", password = AdminPassword } })).ExpectAsync(200);
        var moved = await tenant.Http.GetJsonAsync(address);
        Assert.Equal(("New", "localhost"), (moved.Text("name"), moved.GetProperty("config").Text("host")));
    }

    [Fact]
    public async Task The_quota_counts_made_stores_too()
    {
        var (tenant, _, admin) = await NewServerAsync();
        await (await App.Admin.PatchJsonAsync($"/api/v1/clients/{tenant.ClientId}", new { settings = new { quotas = new { data_stores = 1 } } })).ExpectAsync(200);
        await (await tenant.ProvisionAsync("postgres", "1")).ExpectAsync(201);

        await (await tenant.ProvisionAsync("postgres", "2")).ExpectProblemAsync(429, "quota_exceeded");

        Assert.Equal(3, (await LeftOfAsync(admin)).Count);
    }
}
