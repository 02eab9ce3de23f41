using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using AiBackend.DataStores;
using AiBackend.DataStores.Mysql;
using AiBackend.Documents.Tests;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.DataStores.Mysql;

public sealed class MysqlFaultTests(MariaDbServer server) : IDisposable
{
    private const string SlowView = "CREATE VIEW slow AS SELECT seq AS id, SLEEP(1) AS waited FROM seq_1_to_60";

    private readonly MysqlConnector connector = Connector(new DataOptions { ConnectLimit = TimeSpan.FromSeconds(2) });

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_connection_that_works_tells_the_version()
    {
        var database = await server.CreateDatabaseAsync();

        Assert.Matches(@"^MariaDB 1\d\.", (await connector.TestAsync(database.Target, Ct)).ServerVersion);
    }

    [Fact]
    public async Task Each_wrong_setting_is_told()
    {
        var database = await server.CreateDatabaseAsync();
        var stranger = await server.CreateUserAsync();

        await ExpectAsync(ConnectionFault.BadCredentials, "check username and password", database.Target with { Password = "wrong-secret" });
        await ExpectAsync(ConnectionFault.BadCredentials, "check username and password.", database.Target with { Password = "wrong-secret", Tls = TlsMode.Require });
        await ExpectAsync(ConnectionFault.BadCredentials, "check username and password", database.Target with { Username = "nobody" });
        await ExpectAsync(ConnectionFault.UnknownDatabase, "no database \"missing\"", database.Target with { Database = "missing" });
        await ExpectAsync(ConnectionFault.UnknownDatabase, "no schema \"missing\"", database.Target with { Schemas = ["missing"] });
        await ExpectAsync(ConnectionFault.NoRights, "lacks a right", database.Target with { Username = stranger });
        await ExpectAsync(ConnectionFault.UnknownHost, "is not known", database.Target with { Host = "no-such-host.invalid" });
        await ExpectAsync(ConnectionFault.UnknownHost, "one name or address", database.Target with { Host = "127.0.0.1,127.0.0.1" });
        await ExpectAsync(ConnectionFault.UnknownHost, "one name or address", database.Target with { Host = "/var/run/mysqld/mysqld.sock" });
        await ExpectAsync(ConnectionFault.Unreachable, "Nobody answers", database.Target with { Port = LoopbackPort.Free() });
        await ExpectAsync(ConnectionFault.UnknownDatabase, "no database", database.Target with { Database = "x;AllowLoadLocalInfile=true;Database=mysql" });
    }

    [Fact]
    public async Task A_private_address_is_refused_to_a_client_and_not_to_the_operator()
    {
        var database = await server.CreateDatabaseAsync();
        using var guarded = new MysqlConnector(new DataGuard(new DataOptions()), new DataOptions());

        var error = await Assert.ThrowsAsync<ConnectionException>(() => guarded.TestAsync(database.Target, Ct));
        await guarded.TestAsync(database.Target with { IsOperators = true }, Ct);

        Assert.Equal(ConnectionFault.NotAllowed, error.Fault);
    }

    [Fact]
    public async Task Encryption_without_a_look_at_the_certificate_works_and_with_one_it_is_refused()
    {
        var database = await server.CreateDatabaseAsync("CREATE VIEW tls AS SELECT 1 AS id, variable_value AS cipher FROM information_schema.session_status WHERE variable_name = 'Ssl_cipher'");
        var target = database.Target with { Tls = TlsMode.Require };
        var table = await connector.ReadTableAsync(target, "tls");

        Assert.NotEqual(string.Empty, (await connector.ReadAllAsync(target, table, ["id"], size: 1, "cipher"))[0][0]);
        Assert.Equal(string.Empty, (await connector.ReadAllAsync(database.Target, table, ["id"], size: 1, "cipher"))[0][0]);
        await ExpectAsync(ConnectionFault.Tls, "certificate", target with { Tls = TlsMode.Verify });
        await ExpectAsync(ConnectionFault.Tls, "certificate", target with { Tls = TlsMode.Verify, Host = "localhost" });
    }

    [Fact]
    public async Task A_user_who_must_connect_encrypted_is_told_of_it_and_gets_in_so()
    {
        var database = await server.CreateDatabaseAsync();
        var user = await server.CreateUserAsync();
        await database.ExecuteAsync($"GRANT SELECT ON {database.Name}.* TO {user}@'%' REQUIRE SSL");

        await ExpectAsync(ConnectionFault.BadCredentials, "must connect encrypted (tls)", database.Target with { Username = user });
        await connector.TestAsync(database.Target with { Username = user, Tls = TlsMode.Require }, Ct);
    }

    [Fact]
    public async Task A_server_that_says_nothing_or_something_else_is_told()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var answer = AnswerAsync();

        await ExpectAsync(ConnectionFault.TimedOut, "did not answer in time", Target(silent));
        await ExpectAsync(ConnectionFault.Unreachable, "port of MySQL", Target(other));
        await answer;

        async Task AnswerAsync()
        {
            using var client = await other.AcceptTcpClientAsync(Ct);
            await client.GetStream().WriteAsync("SSH-2.0-OpenSSH_9.2\r\n"u8.ToArray(), Ct);
        }
    }

    [Fact]
    public async Task A_statement_that_takes_too_long_is_ended_by_the_server()
    {
        var database = await server.CreateDatabaseAsync(SlowView);
        using var hurried = Connector(new DataOptions { StatementLimit = TimeSpan.FromMilliseconds(500) });
        var table = await connector.ReadTableAsync(database.Target, "slow");

        var error = await Assert.ThrowsAsync<ConnectionException>(() => hurried.ReadAllAsync(database.Target, table, ["id"], size: 50));

        Assert.Equal(ConnectionFault.TimedOut, error.Fault);
        Assert.Empty(await RunningAsync(database));
    }

    [Fact]
    public async Task Cancelling_ends_the_statement_within_a_second()
    {
        var database = await server.CreateDatabaseAsync(SlowView);
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
        var database = await server.CreateDatabaseAsync(
            "CREATE TABLE log (id int); CREATE FUNCTION note() RETURNS int BEGIN INSERT INTO log VALUES (1); RETURN 1; END; CREATE VIEW sly AS SELECT 1 AS id, note() AS noted;");
        var sly = new TableSchema
        {
            Name = new TableName(database.Name, "sly"),
            Columns = [new ColumnSchema("id", "int", ColumnKind.Integer, false, null), new ColumnSchema("noted", "int", ColumnKind.Integer, true, null)],
        };

        var error = await Assert.ThrowsAsync<ConnectionException>(() => connector.ReadAllAsync(database.Target, sly, ["id"], size: 1));

        Assert.Contains("READ ONLY", error.Message, StringComparison.Ordinal);
        Assert.Empty(await database.QueryAsync("SELECT * FROM log"));
    }

    public void Dispose() => connector.Dispose();

    private static MysqlConnector Connector(DataOptions options) => new(new DataGuard(new DataOptions { AllowPrivateNetworks = true }), options);

    private static ConnectionTarget Target(TcpListener listener) => new()
    {
        Kind = StoreKind.Mysql,
        Host = "127.0.0.1",
        Port = ((IPEndPoint)listener.LocalEndpoint).Port,
        Database = "d",
        Username = "u",
        Password = "p",
    };

    private static Task<IReadOnlyList<object?[]>> RunningAsync(MariaDbDatabase database) => database.QueryAsync(
        $"SELECT id FROM information_schema.processlist WHERE db = '{database.Name}' AND info LIKE '%waited%' AND id <> CONNECTION_ID()");

    private async Task ExpectAsync(ConnectionFault fault, string words, ConnectionTarget target)
    {
        var error = await Assert.ThrowsAsync<ConnectionException>(() => connector.TestAsync(target, Ct));
        Assert.Equal((fault, true), (error.Fault, error.Message.Contains(words, StringComparison.Ordinal)));
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(server.Password, error.Message, StringComparison.Ordinal);
    }
}
