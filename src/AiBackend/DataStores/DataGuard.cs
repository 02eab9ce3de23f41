using System.Net;
using System.Net.Sockets;
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
    public async Task RequireHostAsync(string host, CancellationToken ct)
    {
        var name = host.Trim('[', ']').TrimEnd('.');
        if (!options.AllowPrivateNetworks && (name.Length == 0 || AddressRules.IsPrivateName(name)))
        {
            throw Private(host);
        }

        if (IPAddress.TryParse(name, out var literal))
        {
            RequireAllowed(host, [literal]);
            return;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(ResolveLimit);
        try
        {
            RequireAllowed(host, await resolve(name, limit.Token));
        }
        catch (Exception error) when (error is SocketException or ArgumentException or OperationCanceledException)
        {
            ct.ThrowIfCancellationRequested();
            throw new ConnectionException(ConnectionFault.UnknownHost, $"The host {host} is not known: check its name.", error);
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

    private void RequireAllowed(string host, IPAddress[] addresses)
    {
        if (!options.AllowPrivateNetworks && !Array.TrueForAll(addresses, AddressRules.IsPublic))
        {
            throw Private(host);
        }
    }
}
