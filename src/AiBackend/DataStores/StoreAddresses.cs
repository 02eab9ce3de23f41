using AiBackend.Clients;
using AiBackend.Events;
using AiBackend.Http;

namespace AiBackend.DataStores;

/// <summary>Refuses addresses and paths that clients may not name when they name them. They are checked again at each connection.</summary>
internal sealed class StoreAddresses(DataGuard guard, DataOptions options)
{
    private readonly NetworkGuard network = new(options.AllowPrivateNetworks);

    /// <summary>Passes what may be connected to, and names that are not known now.</summary>
    /// <exception cref="ApiException">422 with the field.</exception>
    public async Task RequireAsync(StoreKind kind, StoreConfigForm config, CancellationToken ct)
    {
        if (kind.IsServer())
        {
            await RequireHostAsync("config.host", config.Host!, ct);
        }
        else if (kind.IsFile())
        {
            RequirePath(config.Path!);
        }
        else if (kind == StoreKind.Mongodb && config.Uri is { } uri && uri != SealedSecrets.Mask)
        {
            foreach (var host in HostsOf(uri))
            {
                await RequireHostAsync("config.uri", host, ct);
            }
        }
        else if (kind.IsVector() && !await network.AllowsAsync(new Uri(config.Url!), ct))
        {
            throw ApiException.Invalid("config.url", "The address is in a private network; the operator can allow such ones (DATA_ALLOW_PRIVATE_NETWORKS).");
        }
    }

    private static IReadOnlyList<string> HostsOf(string uri)
    {
        try
        {
            return MongoAddress.HostsOf(uri);
        }
        catch (FormatException error)
        {
            throw ApiException.Invalid("config.uri", error.Message);
        }
    }

    private async Task RequireHostAsync(string field, string host, CancellationToken ct)
    {
        try
        {
            await guard.RequireHostAsync(host, ct);
        }
        catch (ConnectionException error) when (error.Fault == ConnectionFault.NotAllowed)
        {
            throw ApiException.Invalid(field, error.Message);
        }
        catch (ConnectionException)
        {
            // A name that is not known yet may be so when it is connected to.
        }
    }

    private void RequirePath(string path)
    {
        try
        {
            guard.RequirePath(path);
        }
        catch (ConnectionException error)
        {
            throw ApiException.Invalid("config.path", error.Message);
        }
    }
}
