using AiBackend.Clients;
using AiBackend.Documents;
using AiBackend.Knowledge;
using AiBackend.Semantics.Layers;

namespace AiBackend.Semantics.Rows;

/// <summary>
/// Brings the documents of collections in line with the rows of a data store. Memory is bounded by a page of rows, whatever their number,
/// and each step is stored with how far it got, so that the same job goes on after a crash in any process.
/// </summary>
internal sealed class RowIndexer(
    DocumentStore store, KnowledgeDocuments knowledge, RowRemoval removal, ClientDirectory clients, Ids ids, TimeProvider clock)
{
    /// <summary>Does what the link asks for, and removes the documents of tables that it no longer names.</summary>
    /// <exception cref="RowsException">It cannot be done as things are; what was stored stays.</exception>
    /// <exception cref="DataStores.ConnectionException">The database cannot be read.</exception>
    /// <exception cref="Jobs.LeaseLostException">Another process works on it, or the link was deleted.</exception>
    public async Task<RowCounts> RunAsync(RowSync work, RowReport report, CancellationToken ct)
    {
        var documents = store.For(work.Link.ClientId);
        var sources = await SourcesAsync(documents, work, ct);
        var counts = await RemoveOthersAsync(documents, work, sources, report, ct);
        var total = sources.All(source => source.Table.RowEstimate is not null) ? sources.Sum(source => source.Table.RowEstimate) : null;
        var quota = (await clients.FindAsync(documents.ClientId, ct))?.Settings.Quotas.Documents;
        foreach (var source in sources)
        {
            var rowsBefore = counts.Rows;
            var pass = new RowPass(documents, knowledge, removal, clock)
            {
                Work = work,
                Source = source,
                Quota = quota,
                Entry = await EntryAsync(documents, work.Link, source.Entry, ct),
                Progress = (rows, stop) => report.Progress(rowsBefore + rows, total, stop),
            };
            var done = await pass.RunAsync(ct);
            counts += done.Counts;
            await report.Line(
                $"{source.Name}: {done.Counts.Added} documents added, {done.Counts.Changed} changed, {done.Counts.Unchanged} unchanged, "
                + $"{done.Counts.Removed} removed; {done.Counts.Skipped} rows have no text.",
                false,
                ct);
            if (done.Cut > 0)
            {
                await report.Line($"{source.Name}: the texts of {done.Cut} rows are longer than {RowSource.MaxText} characters and were cut there.", true, ct);
            }
        }

        return counts;
    }

    // All are looked at before anything is done, so that a wrong name is told at once.
    private static async Task<IReadOnlyList<RowSource>> SourcesAsync(
        TenantDocuments documents, RowSync work, CancellationToken ct)
    {
        var sources = new List<RowSource>();
        foreach (var entry in work.Link.Documents)
        {
            var source = RowSource.Of(entry, work.Schema, work.Link.DataStoreId);
            if (await documents.FindAsync<KnowledgeCollection>(entry.CollectionId, ct) is null)
            {
                throw CollectionGone(entry);
            }

            sources.Add(source);
        }

        return sources;
    }

    /// <summary>The collection of an entry is not there.</summary>
    public static RowsException CollectionGone(RowDocuments entry, Exception? inner = null) => new(
        "collection_not_found", $"There is no collection {entry.CollectionId}, into which the rows of {entry.Table} go. Name another one in documents.", inner);

    private async Task<RowCounts> RemoveOthersAsync(
        TenantDocuments documents, RowSync work, IReadOnlyList<RowSource> sources, RowReport report, CancellationToken ct)
    {
        long removed = 0;
        foreach (var entry in await documents.ListAsync(Query.Of<RowEntry>().Equal(entry => entry.Link, work.Link.Id), ct))
        {
            if (sources.Any(source => source.Entry.Table == entry.Table && source.Entry.CollectionId == entry.CollectionId))
            {
                continue;
            }

            if (entry.Pass is { Settings: "", Stage: RowStage.Done } earlier && earlier.JobId != work.JobId)
            {
                await removal.ForgetAsync(entry, ct);
            }
            else
            {
                var gone = (await removal.RemoveAsync(entry, work.JobId, ct)).Pass!.Counts.Removed;
                await report.Line($"{entry.Table}: {gone} documents removed from {entry.CollectionId}, as its rows are no longer to be indexed there.", false, ct);
                removed += gone;
            }
        }

        return RowCounts.None with { Removed = removed };
    }

    private async Task<RowEntry> EntryAsync(TenantDocuments documents, LayerStore link, RowDocuments settings, CancellationToken ct)
    {
        var named = Query.Of<RowEntry>().Equal(entry => entry.Link, link.Id).Equal(entry => entry.CollectionId, settings.CollectionId)
            .Equal(entry => entry.Table, settings.Table).Take(1);
        return await documents.CommitAsync(
            async transaction =>
            {
                if (await transaction.ListAsync(named) is [var found])
                {
                    return found;
                }

                // Under its lock: what belongs to a link that is deleted meanwhile would never be removed.
                if (await transaction.UpdateAsync<LayerStore>(link.Id, stored => stored) is null)
                {
                    throw new Jobs.LeaseLostException(link.Id);
                }

                var entry = new RowEntry
                {
                    Id = ids.New("ren"),
                    ClientId = documents.ClientId,
                    Link = link.Id,
                    Table = settings.Table,
                    CollectionId = settings.CollectionId,
                };
                await transaction.InsertAsync(entry);
                return entry with { Version = 1 };
            },
            ct);
    }
}
