using AiBackend.Knowledge;

namespace AiBackend.Semantics.Rows;

/// <summary>What is remembered of a row, and whether its document is there: its owner may have deleted it.</summary>
internal sealed record KnownRow(IndexedRow Row, bool HasDocument);

/// <summary>What is to be stored of a row.</summary>
/// <param name="Row">What is remembered of it from now on; the id of a document that is stored comes with that.</param>
/// <param name="Before">What is remembered until now.</param>
/// <param name="Upload">Null when the document stays as it is, or there is none.</param>
/// <param name="IsCut">Whether its text was cut.</param>
/// <param name="Counts">What it counts as.</param>
internal sealed record RowChange(IndexedRow Row, IndexedRow? Before, DocumentUpload? Upload, bool IsCut, RowCounts Counts);

/// <summary>Finds out what a page of rows changes.</summary>
internal sealed class RowPlan(RowSource source, RowEntry entry)
{
    /// <summary>The most rows that are read at once.</summary>
    public const int RowsPerPage = 500;

    /// <summary>The most rows that are stored at once: other commits of the client wait for them.</summary>
    public const int RowsPerCommit = 100;

    private const int FewestRowsPerPage = 10;
    private const int CharactersPerPage = 8_000_000;
    private const int CharactersPerCommit = 2_000_000;

    private readonly List<RowChange> changes = [];
    private readonly int pass = entry.Pass!.Number;
    private long characters;

    /// <summary>Counts the rows of which nothing is to be stored.</summary>
    public RowCounts Counts { get; private set; } = RowCounts.None;

    /// <summary>How many of those were known.</summary>
    public long Met { get; private set; }

    /// <summary>How many of those have a text that is cut.</summary>
    public long Cut { get; private set; }

    /// <summary>Takes a row.</summary>
    /// <param name="id">Its id among what is remembered.</param>
    /// <param name="row">Its values.</param>
    /// <param name="isWhole">Whether all columns were read; if not, it is known and says nothing new.</param>
    /// <param name="before">What is remembered of it.</param>
    /// <param name="readAt">When the reading of it began.</param>
    public void Add(string id, IReadOnlyList<string?> row, bool isWhole, KnownRow? before, DateTimeOffset readAt)
    {
        if (before?.Row.Pass == pass)
        {
            // An earlier try at this page stored and counted it.
            return;
        }

        if (!isWhole)
        {
            Met++;
            Counts += before!.Row.Hash is null ? RowCounts.None with { Skipped = 1 } : RowCounts.None with { Unchanged = 1 };
            return;
        }

        characters += row.Sum(value => value?.Length ?? 0);
        var change = ChangeOf(id, row, before, readAt);
        if (before is not null && change.Upload is null && IsSame(before.Row, change.Row))
        {
            Met++;
            Counts += change.Counts;
            Cut += change.IsCut ? 1 : 0;
        }
        else
        {
            changes.Add(change);
        }
    }

    /// <summary>What is to be stored, in parts that one commit takes.</summary>
    public IEnumerable<IReadOnlyList<RowChange>> Batches()
    {
        var batch = new List<RowChange>();
        var length = 0;
        foreach (var change in changes)
        {
            var more = change.Upload?.Content.Length ?? 0;
            if (batch.Count == RowsPerCommit || (batch.Count > 0 && length + more > CharactersPerCommit))
            {
                yield return batch;
                (batch, length) = ([], 0);
            }

            batch.Add(change);
            length += more;
        }

        if (batch.Count > 0)
        {
            yield return batch;
        }
    }

    /// <summary>How many rows the next page may have, if its rows are as long as those of this one.</summary>
    /// <param name="rows">How many this one has.</param>
    /// <param name="limit">How many it could have had.</param>
    public int LimitAfter(int rows, int limit) => rows == 0
        ? limit
        : (int)Math.Clamp(CharactersPerPage * (long)rows / Math.Max(1, characters), FewestRowsPerPage, RowsPerPage);

    private static bool IsSame(IndexedRow before, IndexedRow now) =>
        before.Hash == now.Hash && before.Updated == now.Updated && before.DocumentId == now.DocumentId;

    private RowChange ChangeOf(string id, IReadOnlyList<string?> row, KnownRow? before, DateTimeOffset readAt)
    {
        var content = source.Read(row);
        var now = new IndexedRow
        {
            Id = id,
            ClientId = entry.ClientId,
            EntryId = entry.Id,
            Hash = content.Hash,
            Updated = source.MarkOf(row, readAt),
            Pass = pass,
        };
        var (none, stored) = (RowCounts.None, before?.Row);
        if (content.Upload is null)
        {
            return new RowChange(now, stored, null, IsCut: false, none with { Skipped = 1, Removed = before is { HasDocument: true } ? 1 : 0 });
        }

        if (before is not { HasDocument: true })
        {
            return new RowChange(now, stored, content.Upload, content.IsCut, none with { Added = 1 });
        }

        return stored!.Hash == content.Hash
            ? new RowChange(now with { DocumentId = stored.DocumentId }, stored, null, content.IsCut, none with { Unchanged = 1 })
            : new RowChange(now, stored, content.Upload, content.IsCut, none with { Changed = 1 });
    }
}
