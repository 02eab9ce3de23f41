using AiBackend.Clients;
using AiBackend.Documents;
using AiBackend.Http;

namespace AiBackend.Events;

/// <summary>A processor as it is answered.</summary>
internal sealed record ProcessorResponse : IVersioned
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string? Description { get; init; }

    public required ProcessorType Type { get; init; }

    public required HttpConfigForm Config { get; init; }

    public required IReadOnlyList<string> EventTypes { get; init; }

    public required RawJson? Filter { get; init; }

    public required ProcessorOrdering Ordering { get; init; }

    public required bool IsActive { get; init; }

    /// <summary>Why the service turned it off; null otherwise.</summary>
    public required string? DisabledReason { get; init; }

    /// <summary>Signs the requests. Shown when it is made (creation, rotation), <c>***</c> from then on.</summary>
    public required string Secret { get; init; }

    public required long Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <param name="processor">As stored.</param>
    /// <param name="secret">A signing secret that was made just now, to be shown this once.</param>
    public static ProcessorResponse From(EventProcessor processor, string? secret = null)
    {
        var form = FormOf(processor);
        return new ProcessorResponse
        {
            Id = processor.Id,
            Name = form.Name,
            Description = form.Description,
            Type = form.Type,
            Config = form.Config,
            EventTypes = form.EventTypes,
            Filter = form.Filter,
            Ordering = form.Ordering,
            IsActive = form.IsActive,
            DisabledReason = processor.DisabledReason,
            Secret = secret ?? SealedSecrets.Mask,
            Version = processor.Version,
            CreatedAt = processor.CreatedAt,
            UpdatedAt = processor.UpdatedAt,
        };
    }

    /// <summary>What a caller may change, as it is now.</summary>
    public static ProcessorForm FormOf(EventProcessor processor) => new()
    {
        Name = processor.Name,
        Description = processor.Description,
        Config = new HttpConfigForm
        {
            Url = processor.Target.Url,
            Headers = processor.Target.Headers.ToDictionary(header => header.Name, _ => SealedSecrets.Mask),
            TimeoutSeconds = processor.Target.TimeoutSeconds,
        },
        EventTypes = processor.EventTypes,
        IsActive = processor.IsActive,
    };
}
