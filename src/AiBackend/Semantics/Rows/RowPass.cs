using AiBackend.DataStores;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Jobs;
using AiBackend.Knowledge;

namespace AiBackend.Semantics.Rows;

/// <summary>
/// One go through a table in the order of its key. Each row is compared with what is remembered of it, so nothing depends on clocks or on the
/// order in which rows were changed: where rows say when they were changed, only pages with a row that says something new are read in full.
/// </summary>
internal sealed class RowPass(TenantDocuments documents, KnowledgeDocuments knowledge, RowRemoval removal, TimeProvider clock)
{
    private const int RowsPerCommit = RowPlan.RowsPerCommit;

    private int limit = RowPlan.RowsPerPage;

    public required RowSync Work { get; init; }

    public required RowSource Source { get; init; }

    /// <summary>The most documents that the client may have; null: no limit.</summary>
    public required long? Quota { get; init; }

    /// <summary>As it is stored; each commit replaces this version, so of two processes only one goes on.</summary>
    public required RowEntry Entry { get; set; }

    /// <summary>Is told how many rows were looked at.</summary>
    public required Func<long, CancellationToken, Task> Progress { get; init; }

    private RowPassState State => Entry.Pass!;

    /// <summary>Does what is left of the job's pass, from its beginning if the job has none yet or the settings are others.</summary>
    public async Task<RowPassState> RunAsync(CancellationToken ct)
    {
        if (Entry.Pass is not { } begun || begun.JobId != Work.JobId || begun.Settings != Source.Settings)
        {
            await BeginAsync(ct);
        }

        while (State.Stage is not RowStage.Done)
        {
            await (State.Stage switch
            {
                RowStage.Read => ReadPageAsync(ct),
                RowStage.Mark => MarkPageAsync(ct),
                _ => SweepAsync(ct),
            });
            await Progress(State.Counts.Rows, ct);
        }

        return State;
    }

    private async Task BeginAsync(CancellationToken ct)
    {
        var known = await documents.CountAsync(Query.Of<IndexedRow>().Equal(row => row.EntryId, Entry.Id), ct);
        await CommitAsync(
            new RowPassState
            {
                Number = (Entry.Pass?.Number ?? 0) + 1,
                JobId = Work.JobId,
                Settings = Source.Settings,
                Known = known,
                Counts = RowCounts.None with { Removed = Entry.RemovedBy(Work.JobId) },
            },
            also: null,
            ct);
    }

    private async Task ReadPageAsync(CancellationToken ct)
    {
        var readAt = clock.GetUtcNow();
        var isWhole = !Source.TellsChanges || Entry.Settings != State.Settings;
        var page = await ReadAsync(isWhole ? Source.Columns : Source.KeyColumns, ct);
        var known = await KnownAsync(page, ct);
        if (!isWhole && page.Rows.Any(row => MustRead(row, known)))
        {
            isWhole = true;
            page = await ReadAsync(Source.Columns, ct);
            known = await KnownAsync(page, ct);
        }

        var plan = new RowPlan(Source, Entry);
        foreach (var row in page.Rows)
        {
            var id = IdOf(row);
            plan.Add(id, row, isWhole, known.GetValueOrDefault(id), readAt);
        }

        limit = isWhole ? plan.LimitAfter(page.Rows.Count, limit) : limit;
        foreach (var batch in plan.Batches())
        {
            var counts = batch.Aggregate(State.Counts, (sum, change) => sum + change.Counts);
            await CommitAsync(
                State with { Counts = counts, Met = State.Met + batch.Count(change => change.Before is not null), Cut = State.Cut + batch.Count(change => change.IsCut) },
                transaction => StoreAsync(transaction, batch),
                ct);
        }

        var met = State.Met + plan.Met;
        var next = page.Next is not null ? RowStage.Read : met < State.Known ? RowStage.Mark : RowStage.Done;
        await CommitAsync(
            State with { Counts = State.Counts + plan.Counts, Met = met, Cut = State.Cut + plan.Cut, After = page.Next, Stage = next }, also: null, ct);
    }

    private async ValueTask StoreAsync(TenantTransaction transaction, IReadOnlyList<RowChange> batch)
    {
        RowChange[] sent = [.. batch.Where(change => change.Upload is not null)];
        var stored = sent.Length == 0
            ? []
            : await knowledge.PutAllAsync(transaction, Entry.CollectionId, [.. sent.Select(change => change.Upload!)], Quota);
        var documentIds = sent.Zip(stored).ToDictionary(pair => pair.First.Row.Id, pair => pair.Second.Id, StringComparer.Ordinal);
        foreach (var change in batch)
        {
            var row = documentIds.TryGetValue(change.Row.Id, out var documentId) ? change.Row with { DocumentId = documentId } : change.Row;
            if (change.Before is null)
            {
                await transaction.InsertAsync(row);
            }
            else
            {
                await transaction.ReplaceAsync(row with { Version = change.Before.Version });
            }
        }

        await removal.RemoveDocumentsAsync(
            transaction,
            [
                .. from change in batch
                   let documentId = change.Before?.DocumentId
                   where documentId is not null && documentId != (documentIds.GetValueOrDefault(change.Row.Id) ?? change.Row.DocumentId)
                   select documentId,
            ]);
    }

    private async Task MarkPageAsync(CancellationToken ct)
    {
        var page = await ReadAsync([Source.IdColumn], ct);
        IndexedRow[] unmarked = [.. (await RowsAsync(page, ct)).Where(row => row.Pass < State.Number)];
        foreach (var batch in unmarked.Chunk(RowsPerCommit))
        {
            await CommitAsync(
                State,
                async transaction =>
                {
                    foreach (var row in batch)
                    {
                        await transaction.ReplaceAsync(row with { Pass = State.Number });
                    }
                },
                ct);
        }

        await CommitAsync(State with { After = page.Next, Stage = page.Next is null ? RowStage.Sweep : RowStage.Mark }, also: null, ct);
    }

    private async Task SweepAsync(CancellationToken ct)
    {
        var gone = await documents.ListAsync(
            Query.Of<IndexedRow>().Equal(row => row.EntryId, Entry.Id).Less(row => row.Pass, State.Number).Ascending(row => row.Pass).Take(RowsPerCommit), ct);
        var counts = State.Counts + RowCounts.None with { Removed = gone.Count(row => row.DocumentId is not null) };
        await CommitAsync(
            State with { Counts = counts, Stage = gone.Count < RowsPerCommit ? RowStage.Done : RowStage.Sweep },
            async transaction => await removal.RemoveAsync(transaction, gone),
            ct);
    }

    private async Task<RowPage> ReadAsync(IReadOnlyList<string> columns, CancellationToken ct)
    {
        var page = await Work.Connector.ReadRowsAsync(
            Work.Target,
            new RowRequest { Table = Source.Table, Columns = columns, OrderBy = [Source.IdColumn], After = State.After, Limit = limit },
            ct);
        return page switch
        {
            { IsTorn: true } => throw Source.IdNotUnique(),
            { LeavesNullsOut: true } => throw Source.IdIsNull(),
            _ => page,
        };
    }

    private string IdOf(IReadOnlyList<string?> row) => IndexedRow.IdFor(Entry.Id, Source.KeyOf(row));

    private bool MustRead(IReadOnlyList<string?> row, Dictionary<string, KnownRow> known) =>
        !known.TryGetValue(IdOf(row), out var before)
        || (before.Row.Pass != State.Number
            && (before.Row.Updated is null
                || before.Row.Updated != Source.Remembered(row)
                || (before.Row.Hash is not null && !before.HasDocument)));

    private async Task<IReadOnlyList<IndexedRow>> RowsAsync(RowPage page, CancellationToken ct)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var row in page.Rows)
        {
            if (!ids.Add(IdOf(row)))
            {
                throw Source.IdNotUnique();
            }
        }

        return ids.Count == 0 ? [] : await documents.ListAsync(Query.Of<IndexedRow>().In(row => row.Id, ids), ct);
    }

    // A document may have been deleted by its owner: then its row is read as if it were new.
    private async Task<Dictionary<string, KnownRow>> KnownAsync(RowPage page, CancellationToken ct)
    {
        var rows = await RowsAsync(page, ct);
        string[] documentIds = [.. rows.Select(row => row.DocumentId).OfType<string>()];
        var there = documentIds.Length == 0
            ? []
            : (await documents.ListAsync<KnowledgeDocument, StoredId>(Query.Of<KnowledgeDocument>().In(document => document.Id, documentIds), ct))
                .Select(document => document.Id).ToHashSet(StringComparer.Ordinal);
        return rows.ToDictionary(row => row.Id, row => new KnownRow(row, row.DocumentId is not null && there.Contains(row.DocumentId)), StringComparer.Ordinal);
    }

    private async Task CommitAsync(RowPassState state, Func<TenantTransaction, ValueTask>? also, CancellationToken ct)
    {
        var entry = Entry with { Pass = state, Settings = state.Stage is RowStage.Done ? state.Settings : Entry.Settings };
        try
        {
            Entry = await KnowledgeDocuments.RepeatAsync(() => documents.CommitAsync(
                async transaction =>
                {
                    var stored = await transaction.ReplaceAsync(entry);
                    if (also is not null)
                    {
                        await also(transaction);
                    }

                    return stored;
                },
                ct));
        }
        catch (VersionConflictException)
        {
            throw new LeaseLostException(Entry.Id);
        }
        catch (ApiException error) when (error.Status == StatusCodes.Status404NotFound)
        {
            throw RowIndexer.CollectionGone(Source.Entry, error);
        }
        catch (ApiException error) when (error.Status == StatusCodes.Status429TooManyRequests)
        {
            throw new RowsException(
                error.Code, $"Not all rows of {Source.Name} can become documents: the client may have {Quota} documents. Delete some, or ask for more.", error);
        }
    }

    private sealed record StoredId(string Id);
}
