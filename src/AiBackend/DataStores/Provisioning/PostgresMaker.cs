using Npgsql;

namespace AiBackend.DataStores.Provisioning;

/// <summary>Makes databases in PostgreSQL. Passwords are sent as SCRAM verifiers, so that they are not in the server's logs either.</summary>
internal sealed class PostgresMaker : IDatabaseMaker
{
    private const int StatementSeconds = 30;

    public StoreKind Kind => StoreKind.Postgres;

    public bool HasLogins => true;

    public StoreConfig ConfigOf(ConnectionTarget server, DatabaseNames names) => new()
    {
        Host = server.Host,
        Port = server.Port,
        Database = names.Database,
        Username = names.Reader,
        Tls = server.Tls,
    };

    public IReadOnlyList<MakingStep> Create(ConnectionTarget server, DatabaseNames names, NewPasswords passwords)
    {
        var (database, owner, reader) = (Quoted(names.Database), Quoted(names.Owner), Quoted(names.Reader));
        return
        [
            Step("owner", server, $"CREATE ROLE {owner} LOGIN PASSWORD '{ScramVerifier.Of(passwords.Owner)}'"),
            Step("reader", server, $"CREATE ROLE {reader} LOGIN PASSWORD '{ScramVerifier.Of(passwords.Reader)}'"),

            // An administrator who is no superuser gives a database only to a role that he is a member of, and ends the connections of such only.
            Step("membership", server, $"GRANT {owner}, {reader} TO CURRENT_USER"),

            // Not from template1: anybody may connect to that one, which holds up the copy, and what people put there would come along.
            Step("database", server, $"CREATE DATABASE {database} OWNER {owner} TEMPLATE template0"),
            Step(
                "connections",
                server,
                $"REVOKE ALL ON DATABASE {database} FROM PUBLIC",
                $"GRANT CONNECT ON DATABASE {database} TO {reader}",
                $"ALTER ROLE {reader} SET default_transaction_read_only = on"),
            Step(
                "rights",
                server with { Database = names.Database },
                "REVOKE ALL ON SCHEMA public FROM PUBLIC",
                $"GRANT ALL ON SCHEMA public TO {owner}",
                $"GRANT USAGE ON SCHEMA public TO {reader}",
                $"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {reader}",
                $"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT USAGE ON SCHEMAS TO {reader}",
                $"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT SELECT ON TABLES TO {reader}"),
            Login(server, names, names.Owner, passwords.Owner),
            Login(server, names, names.Reader, passwords.Reader),
        ];
    }

    public IReadOnlyList<MakingStep> Rotate(ConnectionTarget server, DatabaseNames names, string? owner, string reader)
    {
        var statements = new List<string> { "BEGIN", $"ALTER ROLE {Quoted(names.Reader)} PASSWORD '{ScramVerifier.Of(reader)}'" };
        if (owner is not null)
        {
            statements.Add($"ALTER ROLE {Quoted(names.Owner)} PASSWORD '{ScramVerifier.Of(owner)}'");
        }

        return [Step("passwords", server, [.. statements, "COMMIT"])];
    }

    public IReadOnlyList<MakingStep> Drop(ConnectionTarget server, DatabaseNames names) =>
    [
        new MakingStep("database", ct => DropDatabaseAsync(server, names.Database, ct)),
        new MakingStep("reader", ct => DropRoleAsync(server, names.Reader, ct)),
        new MakingStep("owner", ct => DropRoleAsync(server, names.Owner, ct)),
    ];

    private static MakingStep Login(ConnectionTarget server, DatabaseNames names, string user, string password) => new(
        $"login of {user}",
        async ct =>
        {
            try
            {
                await using var connection = await OpenAsync(server with { Database = names.Database, Username = user, Password = password }, ct);
            }
            catch (NpgsqlException error)
            {
                throw new InvalidOperationException(
                    $"The user {user} was made, but cannot log in ({error.Message}). Perhaps pg_hba.conf has no line for it.", error);
            }
        });

    private static MakingStep Step(string name, ConnectionTarget server, params string[] statements) => new(
        name,
        async ct =>
        {
            await using var connection = await OpenAsync(server, ct);
            foreach (var statement in statements)
            {
                await RunAsync(connection, statement, ct);
            }
        });

    private static async Task DropDatabaseAsync(ConnectionTarget server, string database, CancellationToken ct)
    {
        await using var connection = await OpenAsync(server, ct);
        if (connection.PostgreSqlVersion.Major >= 13)
        {
            await RunAsync(connection, $"DROP DATABASE IF EXISTS {Quoted(database)} WITH (FORCE)", ct);
            return;
        }

        await using (var end = new NpgsqlCommand("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", connection))
        {
            end.Parameters.AddWithValue(database);
            await end.ExecuteNonQueryAsync(ct);
        }

        await RunAsync(connection, $"DROP DATABASE IF EXISTS {Quoted(database)}", ct);
    }

    // Whoever may connect to a database may own things in it, such as large objects, and a role that owns something cannot be dropped.
    private static async Task DropRoleAsync(ConnectionTarget server, string role, CancellationToken ct)
    {
        await using var connection = await OpenAsync(server, ct);
        foreach (var database in await DatabasesOfAsync(connection, role, ct))
        {
            await using var other = await OpenAsync(server with { Database = database }, ct);
            await RunAsync(other, $"DROP OWNED BY {Quoted(role)}", ct);
        }

        await RunAsync(connection, $"DROP ROLE IF EXISTS {Quoted(role)}", ct);
    }

    // Also the one that is connected to, where rights on shared things are taken away.
    private static async Task<IReadOnlyList<string>> DatabasesOfAsync(NpgsqlConnection connection, string role, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT DISTINCT database.datname::text
            FROM pg_roles role
            JOIN pg_shdepend dependence ON dependence.refclassid = 'pg_authid'::regclass AND dependence.refobjid = role.oid
            JOIN pg_database database ON database.oid = dependence.dbid OR (dependence.dbid = 0 AND database.datname = current_database())
            WHERE role.rolname = $1 AND database.datallowconn
            """,
            connection);
        command.Parameters.AddWithValue(role);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var databases = new List<string>();
        while (await reader.ReadAsync(ct))
        {
            databases.Add(reader.GetString(0));
        }

        return databases;
    }

    private static async Task<NpgsqlConnection> OpenAsync(ConnectionTarget server, CancellationToken ct)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder
        {
            Host = server.Host,
            Port = server.Port ?? StoreKind.Postgres.UsualPort(server.Tls),
            Database = server.Database ?? "postgres",
            Username = server.Username,
            Password = server.Password,
            SslMode = server.Tls switch
            {
                TlsMode.Verify => SslMode.VerifyFull,
                TlsMode.Require => SslMode.Require,
                _ => SslMode.Disable,
            },
            Pooling = false,
            Timeout = 10,
            CommandTimeout = StatementSeconds,
            ApplicationName = "AI Backend",
        }.ConnectionString);
        try
        {
            await connection.OpenAsync(ct);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static async Task RunAsync(NpgsqlConnection connection, string statement, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(statement, connection);
        await command.ExecuteNonQueryAsync(ct);
    }

    private static string Quoted(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
