using System.Net;
using System.Net.Sockets;

namespace AiBackend.Events;

/// <summary>
/// Makes outgoing HTTP to addresses that clients chose safe for the network that the service stands in. The name is resolved
/// here, every address that it has is checked, and the connection goes to a checked address, so that a name which resolves
/// differently a moment later gains nothing. Redirects, proxies and cookies are off.
/// </summary>
/// <param name="allowsPrivateNetworks">Turns the check off, for receivers in the service's own network.</param>
/// <param name="resolve">Finds the addresses of a name; null for the system's resolver.</param>
internal sealed class NetworkGuard(bool allowsPrivateNetworks, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null)
{
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan ResolveLimit = TimeSpan.FromSeconds(2);

    private readonly Func<string, CancellationToken, Task<IPAddress[]>> resolve = resolve ?? Dns.GetHostAddressesAsync;

    /// <summary>A handler for one <see cref="HttpClient"/> that lives as long as the service.</summary>
    public SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        PooledConnectionLifetime = ConnectionLifetime,
        MaxResponseHeadersLength = 32,
        MaxResponseDrainSize = 64 * 1024,
        ConnectCallback = ConnectAsync,
    };

    /// <summary>
    /// Whether an address may be kept as a target, as far as can be said now: false when its host is, or resolves to, an address
    /// that is not public. A name that does not resolve passes, as it is checked again at each connection.
    /// </summary>
    public async Task<bool> AllowsAsync(Uri target, CancellationToken ct)
    {
        if (allowsPrivateNetworks)
        {
            return true;
        }

        var host = target.IdnHost.Trim('[', ']').TrimEnd('.');
        if (host.Length == 0 || AddressRules.IsPrivateName(host))
        {
            return false;
        }

        if (IPAddress.TryParse(host, out var literal))
        {
            return AddressRules.IsPublic(literal);
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(ResolveLimit);
        try
        {
            return (await resolve(host, limit.Token)).All(AddressRules.IsPublic);
        }
        catch (Exception error) when (error is SocketException or ArgumentException or OperationCanceledException)
        {
            ct.ThrowIfCancellationRequested();
            return true;
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var target = context.DnsEndPoint;
        var addresses = await resolve(target.Host, ct);
        if (!allowsPrivateNetworks && Array.Find(addresses, address => !AddressRules.IsPublic(address)) is { } refused)
        {
            throw new AddressRefusedException(target.Host, refused);
        }

        Exception? last = null;
        foreach (var address in addresses)
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, target.Port), ct);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (Exception error)
            {
                socket.Dispose();
                if (error is not SocketException)
                {
                    throw;
                }

                last = error;
            }
        }

        throw last ?? new SocketException((int)SocketError.HostNotFound);
    }
}

/// <summary>The host has an address that is not public. Nothing was sent.</summary>
internal sealed class AddressRefusedException(string host, IPAddress address)
    : Exception($"{host} has the address {address}, which is not a public one.");
