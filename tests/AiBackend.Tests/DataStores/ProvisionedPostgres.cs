using System.Text.Json;
using AiBackend.Tests.Support;
using Npgsql;

namespace AiBackend.Tests.DataStores;

/// <summary>A PostgreSQL server on which databases are made for clients.</summary>
public abstract class ProvisionedPostgres(ProvisioningFixture app, PostgresServer postgres) : IClassFixture<ProvisioningFixture>
{
    internal const string AdminPassword = "admin-of-a-test";

    private protected ProvisioningFixture App { get; } = app;

    private protected PostgresServer Server { get; } = postgres;

    private protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    // An administrator of the test's own.
    private protected async Task<(Tenant Tenant, string ServerId, string Admin)> NewServerAsync(string? rights = null)
    {
        await Server.RunAsync();
        var admin = $"admin_{Guid.NewGuid():n}";
        await new PostgresDatabase(Server, "postgres").ExecuteAsync($"CREATE ROLE {admin} LOGIN SUPERUSER PASSWORD '{AdminPassword}'");
        if (rights is not null)
        {
            await new PostgresDatabase(Server, "postgres").ExecuteAsync($"ALTER ROLE {admin} NOSUPERUSER CREATEROLE {rights}");
        }

        var (tenant, serverId) = await App.NewServerAsync(
            "postgres", new { host = Server.Host, port = Server.Port, username = admin, password = AdminPassword });
        return (tenant, serverId, admin);
    }

    // Databases and roles that are there of all that was begun with this administrator.
    private protected async Task<IReadOnlyList<string>> LeftOfAsync(string admin)
    {
        var begun = App.Faults.BegunOn(admin).SelectMany(names => new[] { names.Database, names.Owner, names.Reader }).ToArray();
        Assert.NotEmpty(begun);
        var rows = await new PostgresDatabase(Server, "postgres").QueryAsync("SELECT datname::text FROM pg_database UNION ALL SELECT rolname::text FROM pg_roles");
        return [.. rows.Select(row => (string)row[0]!).Intersect(begun).Order(StringComparer.Ordinal)];
    }

    private protected static string ConnectionString(JsonElement store, (string Username, string Password) login)
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

    private protected static async Task ExecuteAsync(JsonElement store, (string Username, string Password) login, string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString(store, login));
        await connection.OpenAsync(Ct);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Ct);
    }

    private protected static async Task<long> ScalarAsync(JsonElement store, (string Username, string Password) login, string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString(store, login));
        await connection.OpenAsync(Ct);
        await using var command = new NpgsqlCommand(sql, connection);
        return Convert.ToInt64(await command.ExecuteScalarAsync(Ct), System.Globalization.CultureInfo.InvariantCulture);
    }

    private protected static async Task RefusedAsync(JsonElement store, (string Username, string Password) login, string sql) => Assert.Contains(
        (await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(store, login, sql))).SqlState,
        new[] { PostgresErrorCodes.InsufficientPrivilege, PostgresErrorCodes.ReadOnlySqlTransaction });
}
