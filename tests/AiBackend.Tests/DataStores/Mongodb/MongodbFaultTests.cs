using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using AiBackend.DataStores;
using AiBackend.DataStores.Mongodb;
using AiBackend.Documents.Tests;
using MongoDB.Bson;

namespace AiBackend.Tests.DataStores.Mongodb;

/// <summary>Against servers that are scripted here: they answer the first messages of the driver as a server with such a fault does.</summary>
public sealed class MongodbFaultTests
{
    private static readonly DataGuard Free = new(new DataOptions { AllowPrivateNetworks = true });

    private readonly MongodbConnector connector = new(Free, new DataOptions { ConnectLimit = TimeSpan.FromSeconds(2) });

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_host_that_is_not_known_is_told() =>
        await ExpectAsync(ConnectionFault.UnknownHost, "no-such-host.invalid is not known", "mongodb://u:secret@no-such-host.invalid/db");

    [Fact]
    public async Task A_name_without_a_record_of_servers_is_told() =>
        await ExpectAsync(ConnectionFault.UnknownHost, "has no record of servers", "mongodb+srv://u:secret@no-such-host.invalid/db");

    [Fact]
    public async Task Nobody_listening_is_told() =>
        await ExpectAsync(ConnectionFault.Unreachable, "Nobody answers at 127.0.0.1:", $"mongodb://u:secret@127.0.0.1:{LoopbackPort.Free()}/db");

    [Fact]
    public async Task A_connection_string_without_a_database_is_told() =>
        await ExpectAsync(ConnectionFault.UnknownDatabase, "Name the database", "mongodb://u:secret@127.0.0.1:1/");

    [Fact]
    public async Task A_user_without_a_password_is_told() =>
        await ExpectAsync(ConnectionFault.BadCredentials, "do not go together", "mongodb://u@127.0.0.1:1/db");

    [Theory]
    [InlineData("mongodb://u:secret@127.0.0.1/db?proxyHost=evil.example", "proxyHost")]
    [InlineData("mongodb://u:secret@127.0.0.1/db?tlsCAFile=/etc/passwd", "tlsCAFile")]
    [InlineData("http://u:secret@127.0.0.1/db", "connection string is expected")]
    public async Task A_connection_string_that_leads_elsewhere_is_refused(string uri, string words) => await ExpectAsync(ConnectionFault.Failed, words, uri);

    [Fact]
    public async Task A_server_of_another_kind_is_told()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        _ = AnswerAllAsync(server, _ => "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"u8.ToArray());

        await ExpectAsync(ConnectionFault.Unreachable, "port of MongoDB", Uri(server));
    }

    [Fact]
    public async Task A_server_that_says_nothing_is_given_up()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();

        await ExpectAsync(ConnectionFault.TimedOut, "did not answer in time", Uri(server));
    }

    [Theory]
    [InlineData(18, "Authentication failed.", nameof(ConnectionFault.BadCredentials), "refuses the user \"u\"")]
    [InlineData(13, "not authorized on db to execute command, secret", nameof(ConnectionFault.NoRights), "not authorized on db to execute command, ***")]
    [InlineData(50, "operation exceeded time limit", nameof(ConnectionFault.TimedOut), "took longer than")]
    [InlineData(11600, "interrupted at shutdown", nameof(ConnectionFault.Unreachable), "takes no more connections")]
    [InlineData(8, "what is this", nameof(ConnectionFault.Failed), "The database says: what is this")]
    public async Task What_the_server_refuses_is_told(int code, string message, string fault, string words)
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        _ = AnswerAllAsync(server, request => MongodbWire.Answer(
            request, MongodbWire.Hello, new BsonDocument { { "ok", 0 }, { "errmsg", message }, { "code", code }, { "codeName", "Name" } }));

        await ExpectAsync(Enum.Parse<ConnectionFault>(fault), words, Uri(server));
    }

    [Fact]
    public async Task A_server_that_wants_a_user_is_told()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        _ = AnswerAllAsync(server, request => MongodbWire.Answer(
            request, MongodbWire.Hello, new BsonDocument { { "ok", 0 }, { "errmsg", "command requires authentication" }, { "code", 13 }, { "codeName", "Unauthorized" } }));

        await ExpectAsync(ConnectionFault.BadCredentials, "wants a user", Uri(server, user: string.Empty));
    }

    [Fact]
    public async Task Hosts_that_the_server_tells_of_are_not_connected_to()
    {
        using var elsewhere = new TcpListener(IPAddress.Loopback, 0);
        elsewhere.Start();
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var hello = new BsonDocument(MongodbWire.Hello)
        {
            ["setName"] = "rs0",
            ["hosts"] = new BsonArray { $"127.0.0.1:{PortOf(elsewhere)}", $"127.0.0.1:{PortOf(server)}" },
            ["setVersion"] = 1,
        };
        _ = AnswerAllAsync(server, request => MongodbWire.Answer(
            request, hello, new BsonDocument { { "ok", 0 }, { "errmsg", "no" }, { "code", 8 }, { "codeName", "Name" } }));

        await ExpectAsync(ConnectionFault.Failed, "The database says: no", Uri(server, options: "replicaSet=rs0"));
        Assert.False(elsewhere.Pending());
    }

    [Fact]
    public async Task The_next_server_of_the_string_is_asked_when_one_is_gone()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        _ = AnswerAllAsync(server, request => MongodbWire.Answer(
            request, MongodbWire.Hello, new BsonDocument { { "ok", 0 }, { "errmsg", "no" }, { "code", 8 }, { "codeName", "Name" } }));

        await ExpectAsync(ConnectionFault.Failed, "no", $"mongodb://127.0.0.1:{LoopbackPort.Free()},127.0.0.1:{PortOf(server)}/db");
    }

    [Fact]
    public async Task A_private_address_is_refused_to_a_client_at_every_place_in_the_string()
    {
        var guard = new DataGuard(
            new DataOptions(), (name, _) => Task.FromResult<IPAddress[]>(name == "db.example" ? [IPAddress.Loopback] : [IPAddress.Parse("203.0.113.1")]));
        var guarded = new MongodbConnector(guard, new DataOptions());

        foreach (var uri in new[] { "mongodb://127.0.0.1/db", "mongodb://db.example/db", "mongodb://[::1]/db" })
        {
            var error = await Assert.ThrowsAsync<ConnectionException>(() => guarded.TestAsync(Target(uri), Ct));
            Assert.Equal(ConnectionFault.NotAllowed, error.Fault);
        }
    }

    [Fact]
    public async Task A_server_without_encryption_is_told()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        _ = AnswerAllAsync(server, _ => "no encryption here"u8.ToArray());

        await ExpectAsync(ConnectionFault.Tls, "speaks no TLS", Uri(server, options: "tls=true"));
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_told_and_taken_when_the_string_says_so()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        _ = AnswerAllAsync(
            server,
            request => MongodbWire.Answer(
                request, MongodbWire.Hello, new BsonDocument { { "ok", 0 }, { "errmsg", "no" }, { "code", 8 }, { "codeName", "Name" } }),
            certificate);

        await ExpectAsync(ConnectionFault.Tls, "The certificate of 127.0.0.1:", Uri(server, options: "tls=true"));
        await ExpectAsync(ConnectionFault.Failed, "The database says: no", Uri(server, options: "tls=true&tlsInsecure=true"));
        await ExpectAsync(ConnectionFault.Unreachable, "the tls setting", Uri(server));
    }

    [Fact]
    public async Task Cancelling_ends_the_wait_within_a_second()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var patient = new MongodbConnector(Free, new DataOptions());
        var asking = patient.TestAsync(Target(Uri(server)), cancel.Token);
        using var connection = await server.AcceptTcpClientAsync(Ct);
        var started = TimeProvider.System.GetTimestamp();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(1));
    }

    private static ConnectionTarget Target(string uri) => new() { Kind = StoreKind.Mongodb, Uri = uri };

    private static int PortOf(TcpListener server) => ((IPEndPoint)server.LocalEndpoint).Port;

    private static string Uri(TcpListener server, string user = "u:secret@", string options = "") =>
        $"mongodb://{user}127.0.0.1:{PortOf(server)}/db?{(user.Length > 0 ? "authMechanism=PLAIN&authSource=$external&" : string.Empty)}{options}".TrimEnd('&', '?');

    private static async Task AnswerAllAsync(TcpListener server, Func<byte[], byte[]> answer, X509Certificate2? certificate = null)
    {
        while (true)
        {
            var connection = await server.AcceptTcpClientAsync(Ct);
            _ = MongodbWire.ServeAsync(connection, certificate, answer, Ct);
        }
    }

    private async Task ExpectAsync(ConnectionFault fault, string words, string uri)
    {
        var error = await Assert.ThrowsAsync<ConnectionException>(() => connector.TestAsync(Target(uri), Ct));

        Assert.True(fault == error.Fault, error.ToString());
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }
}
