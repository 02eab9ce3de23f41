namespace AiBackend.Documents.Crash;

/// <summary>Counts the pairs.</summary>
internal sealed record Tally : Document
{
    public const string TheId = "tally";

    public long Pairs { get; init; }
}

/// <summary>Half of a pair: a commit writes both halves under one id, and counts them.</summary>
internal sealed record Left : Document
{
    public required long Number { get; init; }
    public required string Padding { get; init; }
}

/// <inheritdoc cref="Left" />
internal sealed record Right : Document
{
    public required long Number { get; init; }
}

internal static class Pairs
{
    public static DocumentCatalog Catalog { get; } = new(
    [
        new DocumentSet<Tally>("tallies"),
        new DocumentSet<Left>("lefts").Unique("by_number", l => l.Number),
        new DocumentSet<Right>("rights").Unique("by_number", r => r.Number),
    ]);
}
