using AiBackend.Clients;
using AiBackend.Http;

namespace AiBackend.Semantics.Servers;

/// <summary>What a semantic server runs.</summary>
internal enum SemanticEngine
{
    Cube,
}

/// <summary>What is set of a semantic server.</summary>
internal sealed record SemanticServerForm
{
    /// <summary>Unique among those of the owner.</summary>
    [Name(200)]
    public required string Name { get; init; }

    public SemanticEngine Engine { get; init; } = SemanticEngine.Cube;

    /// <summary>Its root: <c>/readyz</c> and <c>/cubejs-api/v1</c> are below it.</summary>
    [WebAddress(IsConnectedTo = true)]
    public required string Url { get; init; }

    /// <summary>What tokens are signed with. Kept sealed and never shown: answers have <c>***</c> in its place, which, sent back, keeps what is there.</summary>
    [Name(8_192)]
    public required string ApiSecret { get; init; }

    /// <summary>Whose it is, when the admin key registers it for a client; it cannot be changed.</summary>
    public string? ClientId { get; init; }

    /// <summary>Whether layers that name no server use it; one of an owner's servers can be that.</summary>
    public bool IsDefault { get; init; }

    public static SemanticServerForm Of(SemanticServer server) => new()
    {
        Name = server.Name,
        Url = server.Url,
        ApiSecret = SealedSecrets.Mask,
        ClientId = server.ClientId,
        IsDefault = server.IsDefault,
    };
}

/// <summary>A semantic server, as it is answered.</summary>
/// <param name="ClientId">Whose it is; null: shared by all clients.</param>
/// <param name="ApiSecret"><c>***</c>; null for a client in a shared server.</param>
internal sealed record SemanticServerResponse(
    string Id,
    string? ClientId,
    string Name,
    SemanticEngine Engine,
    string Url,
    string? ApiSecret,
    bool IsDefault,
    long Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt) : IVersioned
{
    public static SemanticServerResponse From(SemanticServer server, Owner to) => new(
        server.Id,
        server.ClientId,
        server.Name,
        SemanticEngine.Cube,
        server.Url,
        to.MayChange(server.ClientId) ? SealedSecrets.Mask : null,
        server.IsDefault,
        server.Version,
        server.CreatedAt,
        server.UpdatedAt);
}

/// <summary>What a test of a semantic server came to.</summary>
/// <param name="Ok">Whether it is up and takes our tokens.</param>
/// <param name="Code">What is wrong, for programs; null when nothing is.</param>
/// <param name="Detail">What is wrong, in words for whoever set it up.</param>
/// <param name="Cubes">How many cubes and views it has for the caller's client; null where it was not asked.</param>
internal sealed record SemanticServerTestResponse(bool Ok, string? Code, string? Detail, int? Cubes);
