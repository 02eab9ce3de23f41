using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using AiBackend.DataStores;
using AiBackend.DataStores.Postgres;
using AiBackend.Documents.Tests;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.DataStores.Postgres;

public sealed class PostgresFaultTests(PostgresServer postgres) : IDisposable
{
    // Rows that take a second each.
    private const string SlowView = "CREATE VIEW slow AS SELECT i AS id, pg_sleep(1)::text AS waited FROM generate_series(1, 60) i";

    private readonly PostgresConnector connector = Connector(new DataOptions { ConnectLimit = TimeSpan.FromSeconds(2) });

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_connection_that_works_tells_the_version()
    {
        var database = await postgres.CreateDatabaseAsync();

        var report = await connector.TestAsync(database.Target, Ct);

        Assert.Matches(@"^PostgreSQL \d+", report.ServerVersion);
    }

    [Fact]
    public async Task A_wrong_password_is_told()
    {
        var database = await postgres.CreateDatabaseAsync();

        await ExpectAsync(ConnectionFault.BadCredentials, "check username and password", database.Target with { Password = "wrong-secret" });
        await ExpectAsync(ConnectionFault.BadCredentials, "check username and password", database.Target with { Password = null });
        await ExpectAsync(ConnectionFault.BadCredentials, "check username and password", database.Target with { Username = "nobody" });
    }

    [Fact]
    public async Task An_unknown_database_is_told()
    {
        var database = await postgres.CreateDatabaseAsync();

        await ExpectAsync(ConnectionFault.UnknownDatabase, "no database \"Missing\"", database.Target with { Database = "Missing" });
    }

    [Fact]
    public async Task An_unknown_schema_is_told()
    {
        var database = await postgres.CreateDatabaseAsync();

        await ExpectAsync(ConnectionFault.UnknownDatabase, "no schema \"missing\"", database.Target with { Schemas = ["public", "missing"] });
    }

    [Fact]
    public async Task A_missing_right_is_told()
    {
        var database = await postgres.CreateDatabaseAsync();
        var reader = await postgres.CreateUserAsync();
        await database.ExecuteAsync($"REVOKE CONNECT ON DATABASE {database.Name} FROM PUBLIC");

        await ExpectAsync(ConnectionFault.NoRights, "lacks a right", database.Target with { Username = reader });
    }

    [Fact]
    public async Task A_host_that_is_not_known_is_told()
    {
        var database = await postgres.CreateDatabaseAsync();

        await ExpectAsync(ConnectionFault.UnknownHost, "is not known", database.Target with { Host = "no-such-host.invalid" });
    }

    [Theory]
    [InlineData("/var/run/postgresql")]
    [InlineData("127.0.0.1,127.0.0.1")]
    [InlineData("127.0.0.1;Username=postgres")]
    [InlineData("127.0.0.1:5432")]
    [InlineData("@abstract")]
    [InlineData(" ")]
    public async Task A_host_is_one_host_only(string host)
    {
        var database = await postgres.CreateDatabaseAsync();

        await ExpectAsync(ConnectionFault.UnknownHost, "one name or address", database.Target with { Host = host, IsOperators = true });
    }

    [Fact]
    public async Task Options_in_a_name_are_part_of_the_name()
    {
        var database = await postgres.CreateDatabaseAsync();

        await ExpectAsync(
            ConnectionFault.UnknownDatabase, "no database", database.Target with { Database = $"x;Database={database.Name}" });
        await ExpectAsync(
            ConnectionFault.BadCredentials, "check username", database.Target with { Username = "x;Username=postgres" });
    }

    [Fact]
    public async Task Nobody_listening_is_told()
    {
        var database = await postgres.CreateDatabaseAsync();

        await ExpectAsync(ConnectionFault.Unreachable, "Nobody answers at 127.0.0.1:", database.Target with { Port = LoopbackPort.Free() });
    }

    [Fact]
    public async Task A_private_address_is_refused_to_a_client_and_not_to_the_operator()
    {
        var database = await postgres.CreateDatabaseAsync();
        using var guarded = new PostgresConnector(new DataGuard(new DataOptions()), new DataOptions());

        var error = await Assert.ThrowsAsync<ConnectionException>(() => guarded.TestAsync(database.Target, Ct));
        await guarded.TestAsync(database.Target with { IsOperators = true }, Ct);

        Assert.Equal(ConnectionFault.NotAllowed, error.Fault);
    }

    [Fact]
    public async Task The_checked_address_is_the_one_that_is_connected_to()
    {
        // A second look-up of this name would fail; and the first of its addresses answers nobody.
        var database = await postgres.CreateDatabaseAsync();
        var guard = new DataGuard(
            new DataOptions { AllowPrivateNetworks = true },
            (name, _) => Task.FromResult<IPAddress[]>(name == "db.invalid" ? [IPAddress.Parse("127.0.0.9"), IPAddress.Loopback] : []));
        using var named = new PostgresConnector(guard, new DataOptions());

        Assert.NotNull(await named.TestAsync(database.Target with { Host = "db.invalid" }, Ct));
    }

    [Fact]
    public async Task Encryption_without_a_look_at_the_certificate_works()
    {
        var database = await postgres.CreateDatabaseAsync("CREATE VIEW tls AS SELECT 1 AS id, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
        var target = database.Target with { Tls = TlsMode.Require };
        var table = await connector.ReadTableAsync(target, "tls");

        Assert.Equal("true", (await connector.ReadAllAsync(target, table, ["id"], size: 1, "ssl"))[0][0]);
        Assert.Equal("false", (await connector.ReadAllAsync(database.Target, table, ["id"], size: 1, "ssl"))[0][0]);
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_told()
    {
        var database = await postgres.CreateDatabaseAsync();

        await ExpectAsync(ConnectionFault.Tls, "certificate", database.Target with { Tls = TlsMode.Verify });
    }

    [Fact]
    public async Task A_server_without_encryption_is_told()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var answer = AnswerOnceAsync(server, "N"u8.ToArray());

        await ExpectAsync(ConnectionFault.Tls, "does not take encrypted", Target(server) with { Tls = TlsMode.Require });
        await answer;
    }

    [Fact]
    public async Task A_server_that_takes_the_user_only_encrypted_is_told()
    {
        // As PostgreSQL 15 sends it when pg_hba.conf has hostssl lines only.
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var fields = "SFATAL\0VFATAL\0C28000\0Mno pg_hba.conf entry for host \"127.0.0.1\", user \"u\", database \"d\", no encryption\0Fauth.c\0L543\0RClientAuthentication\0\0"u8;
        var answer = AnswerOnceAsync(server, [(byte)'E', 0, 0, 0, (byte)(fields.Length + 4), .. fields]);

        await ExpectAsync(ConnectionFault.Tls, "only over an encrypted connection", Target(server));
        await answer;
    }

    [Fact]
    public async Task A_server_of_another_kind_is_told()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var answer = AnswerOnceAsync(server, []);

        await ExpectAsync(ConnectionFault.Unreachable, "port of PostgreSQL", Target(server));
        await answer;
    }

    [Fact]
    public async Task A_server_that_says_nothing_is_given_up()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();

        await ExpectAsync(ConnectionFault.TimedOut, "did not answer in time", Target(server));
    }

    [Fact]
    public async Task A_statement_that_takes_too_long_is_ended_by_the_server()
    {
        var database = await postgres.CreateDatabaseAsync(SlowView);
        using var hurried = Connector(new DataOptions { StatementLimit = TimeSpan.FromMilliseconds(300) });
        var table = await hurried.ReadTableAsync(database.Target, "slow");

        var error = await Assert.ThrowsAsync<ConnectionException>(() => hurried.ReadAllAsync(database.Target, table, ["id"], size: 50));

        Assert.Equal(ConnectionFault.TimedOut, error.Fault);
        Assert.Empty(await RunningAsync(database));
    }

    [Fact]
    public async Task Cancelling_ends_the_statement_within_a_second()
    {
        var database = await postgres.CreateDatabaseAsync(SlowView);
        var table = await connector.ReadTableAsync(database.Target, "slow");
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var reading = connector.ReadRowsAsync(
            database.Target, new RowRequest { Table = table, Columns = ["waited"], OrderBy = ["id"], Limit = 50 }, cancel.Token);
        while ((await RunningAsync(database)).Count == 0)
        {
            await Task.Yield();
        }

        var clock = Stopwatch.StartNew();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(1), $"It took {clock.Elapsed}.");
        Assert.Empty(await RunningAsync(database));
    }

    [Fact]
    public async Task Nothing_can_be_written()
    {
        var database = await postgres.CreateDatabaseAsync(
            """
            CREATE TABLE log (id int); CREATE FUNCTION note() RETURNS text LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.log VALUES (1); RETURN 'written'; END $$;
            CREATE VIEW sly AS SELECT 1 AS id, note() AS noted;
            """);
        var table = await connector.ReadTableAsync(database.Target, "sly");

        var error = await Assert.ThrowsAsync<ConnectionException>(() => connector.ReadAllAsync(database.Target, table, ["id"], size: 1));

        Assert.Contains("read-only transaction", error.Message, StringComparison.Ordinal);
        Assert.Empty(await database.QueryAsync("SELECT * FROM log"));
    }

    [Fact]
    public async Task Connections_end_with_their_connector()
    {
        var database = await postgres.CreateDatabaseAsync();
        await connector.TestAsync(database.Target, Ct);

        // Dropping a database fails while anybody is connected to it.
        connector.Dispose();
        await new PostgresDatabase(postgres, "postgres").ExecuteAsync($"DROP DATABASE {database.Name}");
    }

    public void Dispose() => connector.Dispose();

    private static PostgresConnector Connector(DataOptions options) => new(new DataGuard(new DataOptions { AllowPrivateNetworks = true }), options);

    private static ConnectionTarget Target(TcpListener server) => new()
    {
        Kind = StoreKind.Postgres,
        Host = "127.0.0.1",
        Port = ((IPEndPoint)server.LocalEndpoint).Port,
        Database = "d",
        Username = "u",
        Password = "p",
    };

    private static async Task AnswerOnceAsync(TcpListener server, byte[] answer)
    {
        using var client = await server.AcceptTcpClientAsync(Ct);
        var stream = client.GetStream();
        _ = await stream.ReadAsync(new byte[100], Ct);
        await stream.WriteAsync(answer, Ct);
    }

    private static Task<IReadOnlyList<object?[]>> RunningAsync(PostgresDatabase database) => database.QueryAsync(
        $"SELECT pid FROM pg_stat_activity WHERE datname = '{database.Name}' AND state = 'active' AND query LIKE '%waited%' AND pid <> pg_backend_pid()");

    private async Task ExpectAsync(ConnectionFault fault, string words, ConnectionTarget target)
    {
        var error = await Assert.ThrowsAsync<ConnectionException>(() => connector.TestAsync(target, Ct));
        Assert.Equal(fault, error.Fault);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(postgres.Password, error.Message, StringComparison.Ordinal);
    }
}
