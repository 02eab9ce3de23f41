using AiBackend.Documents;
using AiBackend.Jobs;
using AiBackend.Knowledge;
using AiBackend.Semantics.Layers;

namespace AiBackend.Semantics.Rows;

/// <summary>Removes documents of rows, in small commits: all those of a table, at once or, when it was taken out of its layer, as work.</summary>
internal sealed class RowRemoval(DocumentStore store, KnowledgeDocuments knowledge, TimeProvider clock) : IWorkHandler<RowEntry>
{
    private const int RowsPerCommit = 100;

    private static readonly TimeSpan FirstBackoff = TimeSpan.FromSeconds(2);

    /// <summary>Has all tables of a link removed, once its commit is durable.</summary>
    public async ValueTask RemoveLaterAsync(TenantTransaction transaction, LayerStore link)
    {
        foreach (var entry in await transaction.ListAsync(Query.Of<RowEntry>().Equal(entry => entry.Link, link.Id)))
        {
            // A pass that is under way finds it changed and ends.
            await transaction.UpdateAsync<RowEntry>(entry.Id, stored => stored with { Link = null, DueAt = clock.GetUtcNow() });
            transaction.SignalWork<RowEntry>();
        }
    }

    /// <summary>Removes the documents of a table, and what is remembered of it.</summary>
    public async Task RemoveAsync(RowEntry entry, CancellationToken ct)
    {
        var documents = store.For(entry.ClientId);
        var batch = Query.Of<IndexedRow>().Equal(row => row.EntryId, entry.Id).Ascending(row => row.Pass).Take(RowsPerCommit);
        var left = RowsPerCommit;
        while (left == RowsPerCommit)
        {
            left = await documents.CommitAsync(
                async transaction =>
                {
                    var rows = await transaction.ListAsync(batch);
                    await RemoveAsync(transaction, rows);
                    return rows.Count;
                },
                ct);
        }

        await ForgetAsync(entry, ct);
    }

    /// <summary>
    /// Removes the documents of a table as part of a job. How many is stored with each step, and stays stored until the link's next job, so that
    /// after a crash the job still knows.
    /// </summary>
    /// <returns>The entry, of which nothing but that is left.</returns>
    /// <exception cref="LeaseLostException">Another process works on it.</exception>
    public async Task<RowEntry> RemoveAsync(RowEntry entry, string jobId, CancellationToken ct)
    {
        var documents = store.For(entry.ClientId);
        var batch = Query.Of<IndexedRow>().Equal(row => row.EntryId, entry.Id).Ascending(row => row.Pass).Take(RowsPerCommit);
        var state = new RowPassState
        {
            Number = (entry.Pass?.Number ?? 0) + 1,
            JobId = jobId,
            Settings = string.Empty,
            Stage = RowStage.Sweep,
            Known = 0,
            Counts = RowCounts.None with { Removed = entry.RemovedBy(jobId) },
        };
        while (state.Stage is not RowStage.Done)
        {
            try
            {
                (entry, state) = await documents.CommitAsync(
                    async transaction =>
                    {
                        var rows = await transaction.ListAsync(batch);
                        var after = state with
                        {
                            Stage = rows.Count < RowsPerCommit ? RowStage.Done : RowStage.Sweep,
                            Counts = state.Counts + RowCounts.None with { Removed = await RemoveAsync(transaction, rows) },
                        };
                        return (await transaction.ReplaceAsync(entry with { Pass = after, Settings = null }), after);
                    },
                    ct);
            }
            catch (VersionConflictException)
            {
                throw new LeaseLostException(entry.Id);
            }
        }

        return entry;
    }

    /// <summary>Forgets a table of which an earlier job left nothing.</summary>
    public Task ForgetAsync(RowEntry entry, CancellationToken ct) =>
        store.For(entry.ClientId).CommitAsync(transaction => transaction.DeleteAsync<RowEntry>(entry.Id), ct);

    /// <summary>Removes rows with their documents, but for documents that another entry makes of the same rows.</summary>
    /// <returns>How many rows had documents.</returns>
    public async ValueTask<int> RemoveAsync(TenantTransaction transaction, IReadOnlyList<IndexedRow> rows)
    {
        string[] documentIds = [.. rows.Select(row => row.DocumentId).OfType<string>()];
        foreach (var row in rows)
        {
            await transaction.DeleteAsync<IndexedRow>(row.Id);
        }

        await RemoveDocumentsAsync(transaction, documentIds);
        return documentIds.Length;
    }

    /// <summary>Removes documents that no row stands for any more.</summary>
    public async ValueTask RemoveDocumentsAsync(TenantTransaction transaction, IReadOnlyCollection<string> documentIds)
    {
        if (documentIds.Count == 0)
        {
            return;
        }

        var others = await transaction.ListAsync(Query.Of<IndexedRow>().In(row => row.DocumentId, documentIds));
        await knowledge.DeleteAllAsync(transaction, [.. documentIds.Except(others.Select(row => row.DocumentId!), StringComparer.Ordinal)]);
    }

    public Task HandleAsync(RowEntry work, CancellationToken ct) => RemoveAsync(work, ct);

    public Task AbandonAsync(RowEntry work, Exception error, CancellationToken ct) => store.For(work.ClientId).CommitAsync(
        transaction => transaction.UpdateAsync<RowEntry>(
            work.Id,
            stored => Leases.RequireHeld(stored, work) with
            {
                DueAt = clock.GetUtcNow() + (FirstBackoff * Math.Pow(2, Math.Min(stored.Attempts - 1, 10))),
            }),
        ct);
}
