using System.ComponentModel.DataAnnotations;
using AiBackend.Http;

namespace AiBackend.Clients;

/// <summary>What is set of a client.</summary>
internal sealed record ClientForm : IValidatableObject
{
    /// <summary>1 to 64 of <c>a-z 0-9 -</c>, unique; made from the name when it is left out.</summary>
    public string? Slug { get; init; }

    [Name(200)]
    public required string Name { get; init; }

    [EmailAddress]
    [StringLength(320)]
    public string? Email { get; init; }

    /// <summary>Whether the client's keys are let in.</summary>
    [NotCleared]
    public bool IsActive { get; init; } = true;

    public ClientSettings Settings { get; init; } = new();

    public static ClientForm Of(Client client) => new()
    {
        Slug = client.Slug,
        Name = client.Name,
        Email = client.Email,
        IsActive = client.IsActive,
        Settings = client.Settings,
    };

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Slug is not null && !Clients.Slug.IsValid(Slug))
        {
            yield return new ValidationResult("1 to 64 of a-z, 0-9 and - are expected.", [nameof(Slug)]);
        }
    }
}

/// <summary>A client, as it is answered.</summary>
internal sealed record ClientResponse(
    string Id,
    string Slug,
    string Name,
    string? Email,
    bool IsActive,
    ClientSettings Settings,
    long Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt) : IVersioned
{
    public static ClientResponse From(Client client) => new(
        client.Id,
        client.Slug ?? string.Empty,
        client.Name,
        client.Email,
        client.IsActive,
        client.Settings,
        client.Version,
        client.CreatedAt,
        client.UpdatedAt);
}
