using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using AiBackend.Events;
using ClickHouse.Driver;
using ClickHouse.Driver.ADO;

namespace AiBackend.DataStores.Clickhouse;

/// <summary>Connections over HTTP to one checked address. What is said on them is read-only by the server's own word.</summary>
internal sealed class ClickhouseSource : IDisposable
{
    private readonly HttpClient http;
    private readonly ClickHouseClient plain;
    private readonly ClickHouseClient limited;

    public ClickhouseSource(ConnectionTarget target, IPAddress address, TimeSpan statementLimit)
    {
        var handler = new NetworkGuard(allowsPrivateNetworks: true).CreateHandler();
        handler.PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10);
        handler.ConnectCallback = (context, ct) => ConnectAsync(new IPEndPoint(address, context.DnsEndPoint.Port), ct);
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, errors) =>
            errors == SslPolicyErrors.None || target.Tls != TlsMode.Verify ? true : throw new CertificateRefusedException();
        http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };

        // An answer comes when it is whole, so that an error on the way has a status of its own.
        var whole = new Dictionary<string, object> { ["wait_end_of_query"] = 1 };
        plain = new ClickHouseClient(Settings(target, whole));

        // Tables that keep the last of the rows with a key show it alone.
        limited = new ClickHouseClient(Settings(target, new Dictionary<string, object>(whole)
        {
            ["readonly"] = 2,
            ["max_execution_time"] = (int)Math.Ceiling(statementLimit.TotalSeconds),
            ["cancel_http_readonly_queries_on_client_close"] = 1,
            ["final"] = 1,
        }));
    }

    /// <summary>A connection that the server answers on.</summary>
    public async Task<ClickHouseConnection> ConnectAsync(CancellationToken ct)
    {
        await using var first = plain.CreateConnection();
        var modes = await first.QueryAsync("SELECT toString(getSetting('readonly'))", reader => reader.GetString(0), ct);

        // A user who may only read may set nothing either, not even less time.
        return (modes is ["1"] ? plain : limited).CreateConnection();
    }

    public void Dispose()
    {
        plain.Dispose();
        limited.Dispose();
        http.Dispose();
    }

    private static async ValueTask<Stream> ConnectAsync(IPEndPoint place, CancellationToken ct)
    {
        var socket = new Socket(place.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(place, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (Exception)
        {
            socket.Dispose();
            throw;
        }
    }

    private ClickHouseClientSettings Settings(ConnectionTarget target, Dictionary<string, object> custom) => new()
    {
        Protocol = target.Tls == TlsMode.Disable ? "http" : "https",
        Host = target.Host,
        Port = (ushort)ClickhouseConnector.PortOf(target),
        Database = target.Database ?? string.Empty,
        Username = target.Username ?? "default",
        Password = target.Password ?? string.Empty,
        UseCompression = false,
        JsonReadMode = JsonReadMode.None,
        JsonWriteMode = JsonWriteMode.None,
        HttpClient = http,
        CustomSettings = custom,
    };
}

/// <summary>The server's certificate is not valid for its name, or not from a known authority.</summary>
internal sealed class CertificateRefusedException() : AuthenticationException("The certificate is not valid.");
