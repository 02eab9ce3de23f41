using MySqlConnector;

namespace AiBackend.DataStores.Provisioning;

/// <summary>Makes databases in MySQL and MariaDB.</summary>
internal sealed class MySqlMaker : IDatabaseMaker
{
    public StoreKind Kind => StoreKind.Mysql;

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
        var (database, pattern) = (Quoted(names.Database), Quoted(names.Database.Replace("_", "\\_", StringComparison.Ordinal)));
        return
        [
            Step("database", server, passwords, $"CREATE DATABASE {database} CHARACTER SET utf8mb4"),
            Step("owner", server, passwords, $"CREATE USER {User(names.Owner)} IDENTIFIED BY @owner"),
            Step("reader", server, passwords, $"CREATE USER {User(names.Reader)} IDENTIFIED BY @reader"),

            // In a grant the name of a database is a pattern, in which an underscore is any character.
            Step("owner's rights", server, passwords, $"GRANT ALL PRIVILEGES ON {pattern}.* TO {User(names.Owner)}"),
            Step("reader's rights", server, passwords, $"GRANT SELECT, SHOW VIEW ON {pattern}.* TO {User(names.Reader)}"),
            Login(server, names, names.Owner, passwords.Owner),
            Login(server, names, names.Reader, passwords.Reader),
        ];
    }

    public IReadOnlyList<MakingStep> Rotate(ConnectionTarget server, DatabaseNames names, string? owner, string reader) =>
    [
        // One statement, so that both are changed or none.
        Step(
            "passwords",
            server,
            new NewPasswords(owner ?? string.Empty, reader),
            $"ALTER USER {User(names.Reader)} IDENTIFIED BY @reader{(owner is null ? null : $", {User(names.Owner)} IDENTIFIED BY @owner")}"),
    ];

    public IReadOnlyList<MakingStep> Drop(ConnectionTarget server, DatabaseNames names) =>
    [
        Step("users", server, passwords: null, $"DROP USER IF EXISTS {User(names.Owner)}, {User(names.Reader)}"),
        new MakingStep("connections", ct => EndConnectionsAsync(server, names, ct)),
        Step("database", server, passwords: null, $"DROP DATABASE IF EXISTS {Quoted(names.Database)}"),
    ];

    // A user without a name, as fresh installations have, is taken before one from any host.
    private static MakingStep Login(ConnectionTarget server, DatabaseNames names, string user, string password) => new(
        $"login of {user}",
        async ct =>
        {
            try
            {
                await using var connection = await OpenAsync(server with { Database = names.Database, Username = user, Password = password }, ct);
            }
            catch (MySqlException error)
            {
                throw new InvalidOperationException(
                    $"The user {user} was made, but cannot log in ({error.Message}). Perhaps a user without a name stands before it: DROP USER ''@'localhost'.", error);
            }
        });

    private static MakingStep Step(string name, ConnectionTarget server, NewPasswords? passwords, string statement) => new(
        name,
        async ct =>
        {
            await using var connection = await OpenAsync(server, ct);
            await using var command = new MySqlCommand(statement, connection);
            if (passwords is not null)
            {
                command.Parameters.AddWithValue("@owner", passwords.Owner);
                command.Parameters.AddWithValue("@reader", passwords.Reader);
            }

            await command.ExecuteNonQueryAsync(ct);
        });

    // Users who are gone stay connected, and an open transaction would hold up the dropping of its tables.
    private static async Task EndConnectionsAsync(ConnectionTarget server, DatabaseNames names, CancellationToken ct)
    {
        await using var connection = await OpenAsync(server, ct);
        var open = new List<long>();
        await using (var find = new MySqlCommand("SELECT ID FROM information_schema.PROCESSLIST WHERE USER IN (@owner, @reader)", connection))
        {
            find.Parameters.AddWithValue("@owner", names.Owner);
            find.Parameters.AddWithValue("@reader", names.Reader);
            await using var reader = await find.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                open.Add(Convert.ToInt64(reader.GetValue(0), System.Globalization.CultureInfo.InvariantCulture));
            }
        }

        foreach (var id in open)
        {
            try
            {
                await using var kill = new MySqlCommand("KILL @id", connection);
                kill.Parameters.AddWithValue("@id", id);
                await kill.ExecuteNonQueryAsync(ct);
            }
            catch (MySqlException error) when (error.ErrorCode == MySqlErrorCode.NoSuchThread)
            {
                // It has ended by itself.
            }
        }
    }

    private static async Task<MySqlConnection> OpenAsync(ConnectionTarget server, CancellationToken ct)
    {
        var connection = new MySqlConnection(new MySqlConnectionStringBuilder
        {
            Server = server.Host!,
            Port = (uint)(server.Port ?? StoreKind.Mysql.UsualPort(server.Tls)),
            Database = server.Database ?? string.Empty,
            UserID = server.Username!,
            Password = server.Password ?? string.Empty,
            SslMode = server.Tls switch
            {
                TlsMode.Verify => MySqlSslMode.VerifyFull,
                TlsMode.Require => MySqlSslMode.Required,
                _ => MySqlSslMode.Disabled,
            },
            AllowPublicKeyRetrieval = true,
            Pooling = false,
            ConnectionTimeout = 10,
            DefaultCommandTimeout = 30,
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

    private static string Quoted(string name) => $"`{name.Replace("`", "``", StringComparison.Ordinal)}`";

    // The names are of letters, digits and underscores.
    private static string User(string name) => $"'{name}'@'%'";
}
