using AiBackend.Documents;

namespace AiBackend.Storage;

internal sealed record Session : TenantDocument
{
    public required string Status { get; init; }
    public required long Messages { get; init; }
    public required long EventSequence { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset ActiveAt { get; init; }
    public string? ExternalId { get; init; }
}

internal sealed record Sender(string Type, string Id);

internal sealed record Message : TenantDocument
{
    public required string SessionId { get; init; }
    public required long Position { get; init; }
    public required Sender Sender { get; init; }
    public required string Text { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public string? ExternalId { get; init; }
    public string? ReplyTo { get; init; }
    public RawJson? Metadata { get; init; }
}

internal sealed record Raised : TenantDocument
{
    public required string Type { get; init; }
    public required string EntityId { get; init; }
    public required string SessionId { get; init; }
    public required long Sequence { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required RawJson Data { get; init; }
}

internal static class Sets
{
    public static DocumentCatalog Catalog { get; } = new(
    [
        new DocumentSet<Session>("sessions")
            .Index("by_time", s => s.ClientId, s => s.CreatedAt)
            .Index("by_activity", s => s.ClientId, s => s.Status, s => s.ActiveAt)
            .Unique("by_external_id", s => s.ClientId, s => s.ExternalId),
        new DocumentSet<Message>("messages")
            .Unique("by_position", m => m.SessionId, m => m.Position)
            .Index("by_time", m => m.ClientId, m => m.CreatedAt)
            .Index("by_sender", m => m.ClientId, m => m.Sender.Id, m => m.CreatedAt)
            .Unique("by_external_id", m => m.SessionId, m => m.ExternalId),
        new DocumentSet<Raised>("events")
            .Index("by_time", e => e.ClientId, e => e.CreatedAt)
            .Index("by_session", e => e.SessionId, e => e.Sequence),
    ]);
}
