using System.ComponentModel.DataAnnotations;
using AiBackend.Http;

namespace AiBackend.DataStores;

/// <summary>What is said of a data store.</summary>
internal sealed record DataStoreForm : IValidatableObject
{
    public required StoreKind Kind { get; init; }

    /// <summary>Unique per client.</summary>
    [Name(200)]
    public required string Name { get; init; }

    /// <summary>How an existing store is reached; not for one that is made.</summary>
    public StoreConfigForm? Config { get; init; }

    /// <summary>Whether a database is made for the client, on its own server of the kind or else the default one.</summary>
    [NotCleared]
    public bool Provision { get; init; }

    public static DataStoreForm Of(DataStore store) => new()
    {
        Kind = store.Kind,
        Name = store.Name,
        Config = StoreConfigForm.Of(store),
        Provision = store.ServerId is not null,
    };

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Config is not null)
        {
            return StoreFields.Check(Kind, Config);
        }

        return Provision ? [] : [new ValidationResult("How the store is reached is expected; or send provision: true to have one made.", [nameof(Config)])];
    }
}

/// <summary>A data store, as it is answered.</summary>
/// <param name="Config">Without secrets.</param>
/// <param name="IsProvisioned">Whether the service made it.</param>
/// <param name="ServerId">The server (<c>dbs_…</c>) that it was made on.</param>
/// <param name="Credentials">Only in the answers that make a database or change its passwords: they are shown this once.</param>
internal sealed record DataStoreResponse(
    string Id,
    string ClientId,
    StoreKind Kind,
    string Name,
    StoreConfigForm Config,
    bool IsProvisioned,
    string? ServerId,
    StoreStatus Status,
    StoreCredentials? Credentials,
    long Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt) : IVersioned
{
    public static DataStoreResponse From(DataStore store) => From(store, credentials: null);

    public static DataStoreResponse From(DataStore store, StoreCredentials? credentials) => new(
        store.Id,
        store.ClientId,
        store.Kind,
        store.Name,
        StoreConfigForm.Of(store),
        store.ServerId is not null,
        store.ServerId,
        store.Status,
        credentials,
        store.Version,
        store.CreatedAt,
        store.UpdatedAt);
}

/// <summary>How a client gets into the database that was made for it.</summary>
/// <param name="Owner">May do everything in it.</param>
/// <param name="ReadOnly">What the service itself uses.</param>
internal sealed record StoreCredentials(StoreLogin Owner, StoreLogin ReadOnly);

internal sealed record StoreLogin(string Username, string Password);

/// <summary>What a test of a connection has come to.</summary>
/// <param name="ServerVersion">What the server calls itself; null when it does not work.</param>
/// <param name="Code">What is wrong; null when it works.</param>
/// <param name="Detail">What to set right; null when it works.</param>
internal sealed record StoreTestResponse(bool Ok, string? ServerVersion, ConnectionFault? Code, string? Detail, double TookMs);
