using System.ComponentModel.DataAnnotations;
using AiBackend.Http;
using AiBackend.Semantics.Repositories;

namespace AiBackend.Semantics.Layers;

/// <summary>What is set of a layer.</summary>
internal sealed record LayerForm : IValidatableObject
{
    /// <summary>Unique per client.</summary>
    [Name(200)]
    public required string Name { get; init; }

    /// <summary>By default the client's own repository, else the shared default one. It cannot be changed.</summary>
    public string? RepositoryId { get; init; }

    /// <summary>By default the client's own server, else the shared default one, if there is any.</summary>
    public string? ServerId { get; init; }

    /// <summary>
    /// The folder below the repository's base path; by default the client's id. In a shared repository, or for a shared server, it is that id or
    /// begins with it and <c>/</c>. It cannot be changed.
    /// </summary>
    public string? Folder { get; init; }

    public static LayerForm Of(SemanticLayer layer) =>
        new() { Name = layer.Name, RepositoryId = layer.RepositoryId, ServerId = layer.ServerId, Folder = layer.Folder };

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Folder is not null && (Folder.Length == 0 || !GitFolders.IsFolder(Folder)))
        {
            yield return new ValidationResult(GitFolders.Rule, [nameof(Folder)]);
        }
    }
}

/// <summary>A layer, as it is answered.</summary>
internal sealed record LayerResponse(
    string Id, string Name, string RepositoryId, string? ServerId, string Folder, long Version, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
    : IVersioned
{
    public static LayerResponse From(SemanticLayer layer) => new(
        layer.Id, layer.Name, layer.RepositoryId, layer.ServerId, layer.Folder, layer.Version, layer.CreatedAt, layer.UpdatedAt);
}
