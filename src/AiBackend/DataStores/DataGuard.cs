using System.Net;
using System.Net.Sockets;
using AiBackend.DataStores.Mongodb;
using AiBackend.Events;

namespace AiBackend.DataStores;

/// <summary>
/// Checks addresses and paths that clients name, just before a driver or git uses them: neither can be given a connection of ours, so
/// the name is resolved here.
/// </summary>
/// <param name="resolve">Finds the addresses of a name; null for the system's resolver.</param>
internal sealed class DataGuard(DataOptions options, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null)
{
    private static readonly TimeSpan ResolveLimit = TimeSpan.FromSeconds(5);

    private readonly Func<string, CancellationToken, Task<IPAddress[]>> resolve = resolve ?? Dns.GetHostAddressesAsync;

    /// <summary>Passes when every address of the host may be connected to.</summary>
    /// <exception cref="ConnectionException">It may not, or the host is not known.</exception>
    public async Task RequireHostAsync(string host, CancellationToken ct) => await AllowedAsync(host, isOperators: false, ct);

    /// <summary>The addresses of a target's host, all of which may be connected to: IPv4 first, which more machines have a way to.</summary>
    /// <exception cref="ConnectionException">One of them may not, the host is not known, or it is no host at all.</exception>
    public async Task<IReadOnlyList<IPAddress>> ResolveAsync(ConnectionTarget target, CancellationToken ct)
    {
        var host = target.Host ?? string.Empty;
        if (Uri.CheckHostName(host) == UriHostNameType.Unknown)
        {
            throw new ConnectionException(
                ConnectionFault.UnknownHost, "The host must be one name or address: no list, path of a socket, port or option.");
        }

        var addresses = await AllowedAsync(host, target.IsOperators, ct);
        return [.. addresses.OrderBy(address => address.AddressFamily != AddressFamily.InterNetwork)];
    }

    /// <summary>Passes what may be connected to, or opened, by whoever connects in our place.</summary>
    /// <exception cref="ConnectionException">It may not, or a host is not known.</exception>
    public async Task RequireAsync(ConnectionTarget target, CancellationToken ct)
    {
        if (target.Kind.IsFile())
        {
            _ = target.IsOperators ? target.Path : RequirePath(target.Path ?? string.Empty);
            return;
        }

        foreach (var server in target.Kind == StoreKind.Mongodb ? await MongodbConnection.ServersAsync(target, ct) : [target])
        {
            await ResolveAsync(server, ct);
        }
    }

    /// <summary>The path in full, links followed, when it is within an allowed folder.</summary>
    /// <exception cref="ConnectionException">It is not.</exception>
    public string RequirePath(string path)
    {
        if (Path.IsPathFullyQualified(path) && RealPath(Path.GetFullPath(path)) is { } real
            && options.AllowedPaths.Any(folder => IsWithin(real, RealPath(folder) ?? folder)))
        {
            return real;
        }

        throw new ConnectionException(
            ConnectionFault.NotAllowed, "The path must be a full one within a folder that the operator allows (DATA_ALLOWED_PATHS).");
    }

    private static bool IsWithin(string path, string folder)
    {
        var relative = Path.GetRelativePath(folder, path);
        return relative != ".." && !relative.StartsWith(".." + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            && !Path.IsPathRooted(relative);
    }

    // A link anywhere on the way may lead out of the folder. What does not exist yet has no link.
    private static string? RealPath(string full)
    {
        var real = Path.GetPathRoot(full)!;
        var links = 0;
        var rest = new Stack<string>(full[real.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Reverse());
        while (rest.TryPop(out var part))
        {
            var next = Path.GetFullPath(Path.Combine(real, part));
            var info = new FileInfo(next);
            if (info.LinkTarget is { } target)
            {
                if (++links > 40)
                {
                    return null;
                }

                var led = Path.GetFullPath(Path.Combine(real, target));
                real = Path.GetPathRoot(led)!;
                foreach (var step in led[real.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Reverse())
                {
                    rest.Push(step);
                }
            }
            else
            {
                real = next;
            }
        }

        return real;
    }

    private static ConnectionException Private(string host) => new(
        ConnectionFault.NotAllowed, $"The host {host} is not a public address; the operator can allow such ones (DATA_ALLOW_PRIVATE_NETWORKS).");

    private async Task<IPAddress[]> AllowedAsync(string host, bool isOperators, CancellationToken ct)
    {
        var isFree = isOperators || options.AllowPrivateNetworks;
        var name = host.Trim('[', ']').TrimEnd('.');
        if (!isFree && (name.Length == 0 || AddressRules.IsPrivateName(name)))
        {
            throw Private(host);
        }

        var addresses = IPAddress.TryParse(name, out var literal) ? [literal] : await ResolveAsync(host, name, ct);
        return isFree || Array.TrueForAll(addresses, AddressRules.IsPublic) ? addresses : throw Private(host);
    }

    private async Task<IPAddress[]> ResolveAsync(string host, string name, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(ResolveLimit);
        try
        {
            var addresses = await resolve(name, limit.Token);
            return addresses.Length > 0 ? addresses : throw Unknown(host, inner: null);
        }
        catch (Exception error) when (error is SocketException or ArgumentException or OperationCanceledException)
        {
            ct.ThrowIfCancellationRequested();
            throw Unknown(host, error);
        }
    }

    private static ConnectionException Unknown(string host, Exception? inner) =>
        new(ConnectionFault.UnknownHost, $"The host {host} is not known: check its name.", inner);
}
