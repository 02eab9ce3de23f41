namespace AiBackend.Documents.Tests.Conformance;

internal enum Kind
{
    Plain,
    VeryLarge,
    Odd,
}

internal sealed record Owner(string Id, string? Team = null);

/// <summary>A document with a field of every sort that is stored.</summary>
internal sealed record Item : TenantDocument
{
    public required Kind Kind { get; init; }
    public required long Size { get; init; }
    public required DateTimeOffset At { get; init; }
    public bool IsOpen { get; init; }
    public double? Weight { get; init; }
    public string? Label { get; init; }
    public Owner? Owner { get; init; }
    public IReadOnlyList<string>? Tags { get; init; }
    public string? ExternalId { get; init; }
    public DateTimeOffset? ReviewedAt { get; init; }
    public DateTimeOffset? ExpiresAt { get; init; }
    public RawJson? Data { get; init; }
    public decimal? Price { get; init; }
}

/// <summary>Part of an item.</summary>
internal sealed record ItemView(string Id, Kind Kind, Owner? Owner, long Version);

/// <summary>Counts without gaps.</summary>
internal sealed record Counter : Document
{
    public long Value { get; init; }
}

/// <summary>A number that a counter gave.</summary>
internal sealed record Ticket : TenantDocument
{
    public required string CounterId { get; init; }
    public required long Number { get; init; }
}

internal sealed record Errand : LeasedDocument
{
    public string? Note { get; init; }
}

internal static class Items
{
    public static readonly DateTimeOffset Start = new(2026, 11, 22, 15, 4, 5, 678, TimeSpan.Zero);

    public static DocumentCatalog Catalog { get; } = new(
    [
        new DocumentSet<Item>("items")
            .Index("by_client", i => i.ClientId)
            .Index("by_time", i => i.ClientId, i => i.At)
            .Index("by_kind", i => i.ClientId, i => i.Kind, i => i.At)
            .Index("by_size", i => i.ClientId, i => i.Size)
            .Index("by_weight", i => i.ClientId, i => i.Weight)
            .Index("by_label", i => i.ClientId, i => i.Label, i => i.Weight)
            .Index("by_open", i => i.ClientId, i => i.IsOpen, i => i.Size)
            .Index("by_owner", i => i.ClientId, i => i.Owner!.Id)
            .PartialIndex("reviewed", i => i.ReviewedAt, i => i.ClientId, i => i.ReviewedAt)
            .Unique("by_external_id", i => i.ClientId, i => i.ExternalId)
            .ArrayIndex("by_tag", i => i.Tags)
            .ExpiresAt(i => i.ExpiresAt),
        new DocumentSet<Counter>("counters"),
        new DocumentSet<Ticket>("tickets").Unique("by_number", t => t.CounterId, t => t.Number),
        new DocumentSet<Errand>("errands")
            .PartialIndex("due", e => e.DueAt, e => e.DueAt)
            .PartialIndex("due_by_client", e => e.DueAt, e => e.ClientId, e => e.DueAt),
    ]);
}
