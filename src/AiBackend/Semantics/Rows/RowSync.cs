using System.Text.Json.Serialization;
using AiBackend.DataStores;
using AiBackend.Semantics.Layers;

namespace AiBackend.Semantics.Rows;

/// <summary>Rows that are to be brought into collections.</summary>
internal sealed record RowSync
{
    /// <summary>Whose work it is: what is asked for again under the same id goes on where it was.</summary>
    public required string JobId { get; init; }

    /// <summary>Says which rows become documents of which collections.</summary>
    public required LayerStore Link { get; init; }

    /// <summary>What the database holds now.</summary>
    public required DatabaseSchema Schema { get; init; }

    public required ConnectionTarget Target { get; init; }

    public required IConnector Connector { get; init; }
}

/// <summary>Who is told how it goes.</summary>
/// <param name="Progress">The rows that were looked at and how many there are about, if the database says so; told after each page.</param>
/// <param name="Line">What a person reads of it, without any value of a row, and whether it is a warning.</param>
internal sealed record RowReport(
    Func<long, long?, CancellationToken, Task> Progress, Func<string, bool, CancellationToken, Task> Line);

/// <summary>What became of rows.</summary>
/// <param name="Added">New documents.</param>
/// <param name="Changed">Documents whose title or text is another.</param>
/// <param name="Unchanged">Rows that are documents already.</param>
/// <param name="Removed">Documents that are gone, as their rows are, or have no text any more.</param>
/// <param name="Skipped">Rows without text, which are no documents.</param>
internal sealed record RowCounts(long Added, long Changed, long Unchanged, long Removed, long Skipped)
{
    public static RowCounts None { get; } = new(0, 0, 0, 0, 0);

    /// <summary>The rows that were looked at.</summary>
    [JsonIgnore]
    public long Rows => Added + Changed + Unchanged + Skipped;

    public static RowCounts operator +(RowCounts one, RowCounts other) => new(
        one.Added + other.Added,
        one.Changed + other.Changed,
        one.Unchanged + other.Unchanged,
        one.Removed + other.Removed,
        one.Skipped + other.Skipped);
}

/// <summary>Rows cannot become documents as things are.</summary>
/// <param name="code">A stable word.</param>
/// <param name="detail">What to set right, without any value of a row.</param>
internal sealed class RowsException(string code, string detail, Exception? inner = null) : Exception(detail, inner)
{
    public string Code { get; } = code;
}
