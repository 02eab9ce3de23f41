using System.Net;
using System.Net.Sockets;
using AiBackend.DataStores;
using AiBackend.DataStores.Clickhouse;
using AiBackend.Documents.Tests;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.DataStores.Clickhouse;

public sealed class ClickhouseFaultTests(ClickhouseServer clickhouse) : IDisposable
{
    private readonly ClickhouseConnector connector = Connector(new DataOptions { ConnectLimit = TimeSpan.FromSeconds(2) });

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_connection_that_works_tells_the_version()
    {
        var database = await clickhouse.CreateDatabaseAsync();

        Assert.Matches(@"^ClickHouse \d+\.\d+", (await connector.TestAsync(database.Target, Ct)).ServerVersion);
    }

    [Fact]
    public async Task A_wrong_password_is_told()
    {
        var database = await clickhouse.CreateDatabaseAsync();

        await ExpectAsync(ConnectionFault.BadCredentials, "check username and password", database.Target with { Password = "wrong-secret" });
        await ExpectAsync(ConnectionFault.BadCredentials, "check username and password", database.Target with { Password = null });
        await ExpectAsync(ConnectionFault.BadCredentials, "refuses the user \"who\"", database.Target with { Username = "who" });
    }

    [Fact]
    public async Task An_unknown_database_is_told()
    {
        var database = await clickhouse.CreateDatabaseAsync();

        await ExpectAsync(ConnectionFault.UnknownDatabase, "no database \"Missing\"", database.Target with { Database = "Missing" });
        await ExpectAsync(ConnectionFault.UnknownDatabase, "no schema \"missing\"", database.Target with { Schemas = [database.Name, "missing"] });
    }

    [Fact]
    public async Task A_missing_right_is_told_in_the_servers_words_alone()
    {
        var database = await clickhouse.CreateDatabaseAsync();

        var error = await ExpectAsync(ConnectionFault.NoRights, "The server says: nobody: Not enough privileges.", database.Target with { Username = "nobody" });

        Assert.DoesNotContain("Code:", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("version", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_who_may_only_read_is_sent_no_settings()
    {
        var database = await clickhouse.CreateDatabaseAsync("CREATE TABLE t (id Int32) ENGINE = MergeTree ORDER BY id", "INSERT INTO t VALUES (1)");
        var target = database.Target with { Username = "reader" };
        var table = await connector.ReadTableAsync(target, "t");

        Assert.Single(await connector.ReadAllAsync(target, table, ["id"], size: 5));
    }

    [Fact]
    public async Task Statements_are_sent_as_reading_only_with_a_limit_of_time()
    {
        var database = await clickhouse.CreateDatabaseAsync("CREATE TABLE limits_of_mine (id Int32) ENGINE = MergeTree ORDER BY id");
        var table = await connector.ReadTableAsync(database.Target, "limits_of_mine");
        await connector.ReadAllAsync(database.Target, table, ["id"], size: 5);

        var sent = Assert.Single(await clickhouse.RequestsAsync("FROM `" + database.Name + "`.`limits_of_mine`"));
        Assert.Contains("[readonly, 2]", sent, StringComparison.Ordinal);
        Assert.Contains("[max_execution_time, 30]", sent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_is_not_known_is_told()
    {
        await ExpectAsync(ConnectionFault.UnknownHost, "is not known", Target(1) with { Host = "no-such-host.invalid" });
        await ExpectAsync(ConnectionFault.UnknownHost, "one name or address", Target(1) with { Host = "127.0.0.1/?user=x", IsOperators = true });
    }

    [Fact]
    public async Task Nobody_listening_is_told() =>
        await ExpectAsync(ConnectionFault.Unreachable, "Nobody answers at 127.0.0.1:", Target(LoopbackPort.Free()));

    [Fact]
    public async Task A_private_address_is_refused_to_a_client_and_not_to_the_operator()
    {
        var database = await clickhouse.CreateDatabaseAsync();
        using var guarded = new ClickhouseConnector(new DataGuard(new DataOptions()), new DataOptions());

        var error = await Assert.ThrowsAsync<ConnectionException>(() => guarded.TestAsync(database.Target, Ct));
        await guarded.TestAsync(database.Target with { IsOperators = true }, Ct);

        Assert.Equal(ConnectionFault.NotAllowed, error.Fault);
    }

    [Fact]
    public async Task The_checked_address_is_the_one_that_is_connected_to()
    {
        // A second look-up of this name would fail; and the first of its addresses answers nobody.
        var database = await clickhouse.CreateDatabaseAsync();
        var guard = new DataGuard(
            new DataOptions { AllowPrivateNetworks = true },
            (name, _) => Task.FromResult<IPAddress[]>(name == "db.invalid" ? [IPAddress.Parse("127.0.0.9"), IPAddress.Loopback] : []));
        using var named = new ClickhouseConnector(guard, new DataOptions());

        Assert.NotNull(await named.TestAsync(database.Target with { Host = "db.invalid" }, Ct));
    }

    [Fact]
    public async Task Encryption_without_a_look_at_the_certificate_works_and_with_it_is_refused()
    {
        var database = await clickhouse.CreateDatabaseAsync();
        var target = database.Target with { Port = clickhouse.TlsPort };

        Assert.NotNull(await connector.TestAsync(target with { Tls = TlsMode.Require }, Ct));
        await ExpectAsync(ConnectionFault.Tls, "The certificate of 127.0.0.1:", target with { Tls = TlsMode.Verify });
    }

    [Fact]
    public async Task The_wrong_one_of_the_ports_is_told()
    {
        var database = await clickhouse.CreateDatabaseAsync();

        await ExpectAsync(ConnectionFault.Tls, "does not take encrypted", database.Target with { Tls = TlsMode.Require });
        await ExpectAsync(ConnectionFault.Unreachable, "the tls setting", database.Target with { Port = clickhouse.TlsPort });
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\nContent-Length: 31\r\n\r\nPort 9000 is for another client.")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("\n8.0.36 MySQL")]
    public async Task A_server_of_another_kind_is_told(string answer)
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var answering = AnswerOnceAsync(server, answer);

        await ExpectAsync(ConnectionFault.Unreachable, "port of ClickHouse", Target(((IPEndPoint)server.LocalEndpoint).Port));
        await answering;
    }

    [Fact]
    public async Task A_server_that_says_nothing_is_given_up()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();

        await ExpectAsync(ConnectionFault.TimedOut, "did not answer in time", Target(((IPEndPoint)server.LocalEndpoint).Port));
    }

    [Fact]
    public async Task A_statement_that_takes_too_long_is_ended()
    {
        var database = await clickhouse.CreateDatabaseAsync("CREATE VIEW slow AS SELECT number AS id FROM system.numbers WHERE cityHash64(number) = 1");
        using var hurried = Connector(new DataOptions { StatementLimit = TimeSpan.FromSeconds(1) });
        var table = await hurried.ReadTableAsync(database.Target, "slow");

        var error = await Assert.ThrowsAsync<ConnectionException>(() => hurried.ReadAllAsync(database.Target, table, ["id"], size: 50));

        Assert.Equal(ConnectionFault.TimedOut, error.Fault);
        Assert.Contains("longer than 1 seconds", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelling_ends_the_wait_within_a_second()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var asking = connector.TestAsync(Target(((IPEndPoint)server.LocalEndpoint).Port), cancel.Token);
        using var connection = await server.AcceptTcpClientAsync(Ct);
        var started = TimeProvider.System.GetTimestamp();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_table_that_is_gone_is_told()
    {
        var database = await clickhouse.CreateDatabaseAsync("CREATE TABLE t (id Int32) ENGINE = MergeTree ORDER BY id");
        var table = await connector.ReadTableAsync(database.Target, "t");
        await database.ExecuteAsync("DROP TABLE t");

        var error = await Assert.ThrowsAsync<ConnectionException>(() => connector.ReadAllAsync(database.Target, table, ["id"], size: 5));

        Assert.Contains("has changed since its schema was read", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => connector.Dispose();

    private static ClickhouseConnector Connector(DataOptions options) =>
        new(new DataGuard(new DataOptions { AllowPrivateNetworks = true }), options);

    private static ConnectionTarget Target(int port) =>
        new() { Kind = StoreKind.Clickhouse, Host = "127.0.0.1", Port = port, Username = "default", Password = "secret-of-the-test" };

    private static async Task AnswerOnceAsync(TcpListener server, string answer)
    {
        using var connection = await server.AcceptTcpClientAsync(Ct);
        await connection.GetStream().ReadExactlyAsync(new byte[16], Ct);
        await connection.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(answer), Ct);
    }

    private async Task<ConnectionException> ExpectAsync(ConnectionFault fault, string words, ConnectionTarget target)
    {
        var error = await Assert.ThrowsAsync<ConnectionException>(() => connector.TestAsync(target, Ct));

        Assert.Equal(fault, error.Fault);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(target.Password ?? "wrong-secret", error.Message, StringComparison.Ordinal);
        return error;
    }
}
