using System.Text.Json;
using AiBackend.Tests.Support;
using Npgsql;
using static AiBackend.Tests.DataStores.ProvisioningSteps;

namespace AiBackend.Tests.DataStores;

/// <summary>New passwords of databases that were made, and their end.</summary>
public sealed class PostgresRotationTests(ProvisioningFixture app, PostgresServer postgres) : ProvisionedPostgres(app, postgres)
{
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
        Assert.Equal(reader.Password, await App.SecretAsync(tenant, made.Text("id")));
        Assert.Equal(JsonValueKind.Null, (await tenant.Http.GetJsonAsync(address)).GetProperty("credentials").ValueKind);
        Assert.Contains("data_store.credentials_rotated", await App.AuditAsync(tenant.ClientId));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_change_of_passwords_that_breaks_off_before_or_after_the_server_did_it_ends_with_one_that_works(bool isDone)
    {
        var (tenant, _, admin) = await NewServerAsync();
        var made = await (await tenant.ProvisionAsync("postgres")).ExpectAsync(201);
        var address = $"{tenant.Stores()}/{made.Text("id")}";
        App.Faults.Fail(admin, "rotate", step: 0, isDone);
        await (await tenant.Http.PostJsonAsync($"{address}/rotate-credentials")).ExpectProblemAsync(503, "unavailable");
        Assert.Equal("rotating", (await tenant.Http.GetJsonAsync(address)).Text("status"));
        App.Faults.Mend(admin, "rotate");

        await App.FinishLaterAsync();

        Assert.Equal("ready", (await tenant.Http.GetJsonAsync(address)).Text("status"));
        var password = await App.SecretAsync(tenant, made.Text("id"));
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
        await (await App.Admin.DeleteAsync($"/api/v1/database-servers/{serverId}", Ct)).ExpectProblemAsync(409, "conflict");
        await (await App.Admin.DeleteAsync($"/api/v1/clients/{tenant.ClientId}", Ct)).ExpectProblemAsync(409, "conflict");

        await (await tenant.Http.DeleteAsync($"{tenant.Stores()}/{made.Text("id")}?drop=true", Ct)).ExpectAsync(204);

        Assert.Equal([], await LeftOfAsync(admin));
        Assert.Contains("data_store.dropped", await App.AuditAsync(tenant.ClientId));
        await (await tenant.Http.GetAsync($"{tenant.Stores()}/{made.Text("id")}", Ct)).ExpectProblemAsync(404, "not_found");
        await (await App.Admin.DeleteAsync($"/api/v1/database-servers/{serverId}", Ct)).ExpectAsync(204);
        await (await App.Admin.DeleteAsync($"/api/v1/clients/{tenant.ClientId}", Ct)).ExpectAsync(204);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("CREATEDB")]
    public async Task What_its_users_own_in_other_databases_goes_with_it(string? rights)
    {
        var (tenant, _, admin) = await NewServerAsync(rights);
        var made = await (await tenant.ProvisionAsync("postgres")).ExpectAsync(201);
        foreach (var login in new[] { LoginsOf(made).Owner, LoginsOf(made).Reader })
        {
            await using var open = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(ConnectionString(made, login)) { Database = "postgres" }.ConnectionString);
            await open.OpenAsync(Ct);
            foreach (var statement in new[] { "SET default_transaction_read_only = off", "SELECT lo_create(0)" })
            {
                await using var command = new NpgsqlCommand(statement, open);
                await command.ExecuteNonQueryAsync(Ct);
            }
        }

        await (await tenant.Http.DeleteAsync($"{tenant.Stores()}/{made.Text("id")}?drop=true", Ct)).ExpectAsync(204);

        Assert.Equal([], await LeftOfAsync(admin));
    }

    [Fact]
    public async Task A_database_that_cannot_be_dropped_now_is_dropped_later()
    {
        var (tenant, _, admin) = await NewServerAsync();
        var made = await (await tenant.ProvisionAsync("postgres")).ExpectAsync(201);
        App.Faults.Fail(admin, "drop", step: 1);
        await (await tenant.Http.DeleteAsync($"{tenant.Stores()}/{made.Text("id")}?drop=true", Ct)).ExpectProblemAsync(503, "unavailable");
        Assert.Equal("dropping", (await tenant.Http.GetJsonAsync($"{tenant.Stores()}/{made.Text("id")}")).Text("status"));
        App.Faults.Mend(admin, "drop");

        await App.FinishLaterAsync();

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
}
