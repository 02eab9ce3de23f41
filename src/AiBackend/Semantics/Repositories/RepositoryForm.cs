using System.ComponentModel.DataAnnotations;
using AiBackend.Clients;
using AiBackend.Http;

namespace AiBackend.Semantics.Repositories;

/// <summary>What is set of a repository.</summary>
internal sealed record RepositoryForm : IValidatableObject
{
    /// <summary><c>https://…</c> or <c>file:///…</c>, without username and token.</summary>
    public required string Url { get; init; }

    [Name(200)]
    public string Branch { get; init; } = "main";

    /// <summary>Whether syncs commit to the branch itself or push a branch each, for review.</summary>
    public CommitMode Mode { get; init; } = CommitMode.Direct;

    /// <summary>The folder within the repository that all layers' folders are below.</summary>
    public string BasePath { get; init; } = string.Empty;

    public RepositoryCredentials? Credentials { get; init; }

    /// <summary>Whose it is, when the admin key registers it for a client; it cannot be changed.</summary>
    public string? ClientId { get; init; }

    /// <summary>Whether layers that name no repository use it; one of an owner's repositories can be that.</summary>
    public bool IsDefault { get; init; }

    public static RepositoryForm Of(SemanticRepository repository) => new()
    {
        Url = repository.Url,
        Branch = repository.Branch,
        Mode = repository.Mode,
        BasePath = repository.BasePath,
        Credentials = RepositoryCredentials.Of(repository),
        ClientId = repository.ClientId,
        IsDefault = repository.IsDefault,
    };

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (GitAddress.ErrorOf(Url) is { } error)
        {
            yield return new ValidationResult(error, [nameof(Url)]);
        }

        if (!GitAddress.IsBranch(Branch))
        {
            yield return new ValidationResult("This is no name of a branch.", [nameof(Branch)]);
        }

        if (!GitFolders.IsFolder(BasePath))
        {
            yield return new ValidationResult(GitFolders.Rule, [nameof(BasePath)]);
        }
    }
}

/// <summary>How the service gets into a repository.</summary>
internal sealed record RepositoryCredentials
{
    /// <summary>By default <c>x-access-token</c>, which servers that look at the token alone take.</summary>
    [Name(200)]
    public string? Username { get; init; }

    /// <summary>Kept sealed and never shown: answers have <c>***</c> in its place, which, sent back, keeps what is there.</summary>
    [Name(8_192)]
    public string? Token { get; init; }

    public static RepositoryCredentials? Of(SemanticRepository repository) => repository is { Username: null, Token: null }
        ? null
        : new RepositoryCredentials { Username = repository.Username, Token = repository.Token is null ? null : SealedSecrets.Mask };
}

/// <summary>A repository, as it is answered.</summary>
/// <param name="ClientId">Whose it is; null: shared by all clients.</param>
/// <param name="Credentials">The token as <c>***</c>; null without, and for a client in a shared repository.</param>
internal sealed record RepositoryResponse(
    string Id,
    string? ClientId,
    string Url,
    string Branch,
    CommitMode Mode,
    string BasePath,
    RepositoryCredentials? Credentials,
    bool IsDefault,
    long Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt) : IVersioned
{
    public static RepositoryResponse From(SemanticRepository repository, Owner to) => new(
        repository.Id,
        repository.ClientId,
        repository.Url,
        repository.Branch,
        repository.Mode,
        repository.BasePath,
        to.MayChange(repository.ClientId) ? RepositoryCredentials.Of(repository) : null,
        repository.IsDefault,
        repository.Version,
        repository.CreatedAt,
        repository.UpdatedAt);
}

/// <summary>What a test of a repository came to.</summary>
/// <param name="Ok">Whether it can be read and has the branch, or no commit yet.</param>
/// <param name="Code">What is wrong, for programs; null when nothing is.</param>
/// <param name="Detail">What is wrong, in words for whoever set it up.</param>
/// <param name="Commit">The branch's head; null in a repository without a commit.</param>
internal sealed record RepositoryTestResponse(bool Ok, string? Code, string? Detail, string Branch, string? Commit);
