using AiBackend.Documents;
using AiBackend.Http;

namespace AiBackend.DataStores;

/// <summary>
/// Says why a store cannot be deleted, in words for whoever tries, or null. A feature that builds on stores registers one; it runs within
/// the commit that deletes.
/// </summary>
internal delegate ValueTask<string?> DataStoreUse(TenantTransaction transaction, string storeId);

/// <summary>The clients' data stores, for whoever connects to them.</summary>
internal sealed class DataStoreDirectory(DocumentStore store, SecretBox box, IServiceProvider services)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(30);

    // At first use, so that a start makes no connectors.
    private readonly Lazy<Dictionary<StoreKind, IConnector>> connectors =
        new(() => services.GetServices<IConnector>().ToDictionary(connector => connector.Kind));

    /// <summary>The client's store; null when there is none, or it is another client's.</summary>
    public Task<DataStore?> FindAsync(string clientId, string storeId, CancellationToken ct) => store.For(clientId).FindAsync<DataStore>(storeId, ct);

    /// <summary>Where a database is and how to get in, its secret opened.</summary>
    /// <exception cref="ConnectionException">It is being made or dropped.</exception>
    public ConnectionTarget Open(DataStore found)
    {
        var secret = SecretOf(found);
        var config = found.Config;
        return new ConnectionTarget
        {
            Kind = found.Kind,
            Host = config.Host,
            Port = config.Port,
            Database = config.Database,
            Username = config.Username,
            Password = found.Kind.IsServer() ? secret : null,
            Schemas = config.Schemas,
            Tls = config.Tls ?? TlsMode.Disable,
            Path = config.Path,
            Uri = found.Kind == StoreKind.Mongodb ? secret : null,
            IsOperators = found.ServerId is not null,
        };
    }

    /// <summary>The secret of a store in plain; null without one.</summary>
    /// <exception cref="ConnectionException">It is being made or dropped.</exception>
    public string? SecretOf(DataStore found)
    {
        if (found.Status is StoreStatus.Provisioning or StoreStatus.Dropping)
        {
            throw new ConnectionException(
                ConnectionFault.Failed, found.Status == StoreStatus.Dropping ? "The database is being dropped." : "The database is being made.");
        }

        return found.Secret is { } secret ? box.Open(DataStore.SecretPurpose(found.Id), secret) : null;
    }

    /// <summary>What reads databases of this kind, which is none of the vector stores.</summary>
    public IConnector ConnectorOf(StoreKind kind) => connectors.Value.TryGetValue(kind, out var connector)
        ? connector
        : throw new InvalidOperationException($"There is no connector for {kind}.");

    /// <summary>How a connection that fails is answered where a request depends on it: 422 for what its owner sets right, else 503.</summary>
    public static ApiException ProblemOf(ConnectionException error) => error.Fault switch
    {
        ConnectionFault.NotAllowed => Unusable("not_allowed", error),
        ConnectionFault.BadCredentials => Unusable("bad_credentials", error),
        ConnectionFault.UnknownDatabase => Unusable("unknown_database", error),
        ConnectionFault.NoRights => Unusable("no_rights", error),
        ConnectionFault.Tls => Unusable("tls", error),
        ConnectionFault.Unfit => Unusable("unfit", error),
        _ => new ApiException(StatusCodes.Status503ServiceUnavailable, "unavailable", error.Message) { RetryAfter = RetryAfter },
    };

    private static ApiException Unusable(string code, ConnectionException error) =>
        new(StatusCodes.Status422UnprocessableEntity, code, error.Message);
}
