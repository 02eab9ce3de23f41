using System.Text.Json.Serialization;
using AiBackend.Documents;

namespace AiBackend.Events;

/// <summary>Something that happened to a client's data, stored in the commit that made it happen. Never changed, except that texts go when what they were in is deleted.</summary>
internal sealed record Event : TenantDocument
{
    /// <summary>One of <see cref="EventTypes.All"/>.</summary>
    public required string Type { get; init; }

    /// <summary>What <see cref="EntityId"/> is: <c>message</c>, <c>session</c>, <c>document</c> …</summary>
    public required string EntityType { get; init; }

    /// <summary>The id of the thing that it happened to.</summary>
    public required string EntityId { get; init; }

    /// <summary>The id of what the entity is part of; null when it stands alone.</summary>
    public string? ParentId { get; init; }

    /// <summary>The session in which it happened; null outside a session.</summary>
    public string? SessionId { get; init; }

    /// <summary>The resource under its name, as its GET answered at that moment.</summary>
    public required RawJson Data { get; init; }

    /// <summary>The trace in which it happened: 32 hexadecimal digits.</summary>
    [JsonIgnore]
    public string TraceId => TraceParent.Substring(3, 32);

    /// <summary>The W3C <c>traceparent</c> of the span that raised it; deliveries continue it.</summary>
    public required string TraceParent { get; init; }

    /// <summary>Counts within the session from 1 without gaps; null outside a session.</summary>
    public long? Sequence { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>What a feature tells <see cref="EventLog"/> of a change.</summary>
/// <param name="Type">One of the constants of <see cref="EventTypes"/>.</param>
/// <param name="EntityType">The name of the kind of thing, as in <c>message</c>.</param>
/// <param name="EntityId">The thing's id.</param>
internal sealed record NewEvent(string Type, string EntityType, string EntityId)
{
    /// <inheritdoc cref="Event.ParentId" />
    public string? ParentId { get; init; }

    /// <inheritdoc cref="Event.SessionId" />
    public string? SessionId { get; init; }

    /// <summary>The next number of the session, taken under the session's lock in the same commit.</summary>
    public long? Sequence { get; init; }

    /// <summary>The resource under its name.</summary>
    public required RawJson Data { get; init; }

    /// <summary>The trace to name; null for the one that is current.</summary>
    public string? TraceId { get; init; }
}
