using AiBackend.Documents;
using AiBackend.Jobs;

namespace AiBackend.Semantics.Rows;

/// <summary>
/// A table whose rows are documents of a collection, and how far they were read. Once it is taken out of its layer it is the work of
/// removing the documents.
/// </summary>
internal sealed record RowEntry : LeasedDocument
{
    /// <summary>The layer's link to the data store; null when the documents are to be removed.</summary>
    public string? Link { get; init; }

    /// <summary>As the link names it.</summary>
    public required string Table { get; init; }

    public required string CollectionId { get; init; }

    /// <summary>The settings by which all documents were made: with others, every row is read again. Null before all were read.</summary>
    public string? Settings { get; init; }

    /// <summary>The pass that was begun last; null before the first.</summary>
    public RowPassState? Pass { get; init; }

    /// <summary>How many documents a job has removed so far: what it begins anew after a break does not find them again.</summary>
    public long RemovedBy(string jobId) => Pass is { } begun && begun.JobId == jobId ? begun.Counts.Removed : 0;
}

/// <summary>How far a pass through a table is. It is stored with what was done, so that any process can go on from here.</summary>
internal sealed record RowPassState
{
    /// <summary>From 1; documents of rows that were not met since are removed in the end.</summary>
    public required int Number { get; init; }

    public required string JobId { get; init; }

    /// <summary>A fingerprint of the settings that it reads by; empty when it reads nothing, as the table was taken out and its documents go.</summary>
    public required string Settings { get; init; }

    public RowStage Stage { get; init; }

    /// <summary>The place that the stage has reached in the table; null at its beginning.</summary>
    public IReadOnlyList<string>? After { get; init; }

    /// <summary>How many rows were known when it began.</summary>
    public required long Known { get; init; }

    /// <summary>How many of those it has met.</summary>
    public long Met { get; init; }

    /// <summary>How many texts were cut.</summary>
    public long Cut { get; init; }

    public RowCounts Counts { get; init; } = RowCounts.None;
}

internal enum RowStage
{
    /// <summary>Reads the table and stores what is new or changed.</summary>
    Read,

    /// <summary>Not all known rows were met: reads the keys once more and marks the rows that are there.</summary>
    Mark,

    /// <summary>Removes the documents of rows that are not marked.</summary>
    Sweep,

    Done,
}

/// <summary>A row that was read. Its id follows from its entry and its key.</summary>
internal sealed record IndexedRow : TenantDocument
{
    public required string EntryId { get; init; }

    /// <summary>Null when it has no text.</summary>
    public string? DocumentId { get; init; }

    /// <summary>Of the document's name, title and text; null without text.</summary>
    public string? Hash { get; init; }

    /// <summary>While the row says the same of when it was changed, it need not be read; null: it must be.</summary>
    public string? Updated { get; init; }

    /// <summary>The last pass that stored or marked it.</summary>
    public required int Pass { get; init; }

    public static string IdFor(string entryId, string key) => $"{entryId}:{RowSource.Hash(key)}";
}

internal static class RowSets
{
    public static readonly DocumentSet<RowEntry> Entries = new DocumentSet<RowEntry>("row_entries")
        .WithDueIndexes()
        .Index("by_client", entry => entry.ClientId)
        .Unique("entry", entry => entry.ClientId, entry => entry.Link, entry => entry.CollectionId, entry => entry.Table);

    public static readonly DocumentSet<IndexedRow> Rows = new DocumentSet<IndexedRow>("indexed_rows")
        .Index("by_entry", row => row.ClientId, row => row.EntryId, row => row.Pass)
        .Index("by_document", row => row.ClientId, row => row.DocumentId);
}
