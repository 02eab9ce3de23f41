using AiBackend.Documents;

namespace AiBackend.Knowledge.Indexing;

/// <summary>How often what searches of a client can find has changed. One a client.</summary>
internal sealed record KnowledgeState : TenantDocument
{
    /// <summary>The number of the latest <see cref="KnowledgeChange"/>.</summary>
    public long Sequence { get; init; }

    /// <summary>The client's documents over all collections.</summary>
    public long Documents { get; init; }

    public static string IdOf(string clientId) => Ids.Follow("kst", clientId);
}

/// <summary>
/// Says that a document, or a whole collection, has to be looked at again. Stored in the commit of the change, numbered without
/// gaps in the order of the commits, so that the index of any process can follow.
/// </summary>
internal sealed record KnowledgeChange : TenantDocument
{
    public required long Sequence { get; init; }

    /// <summary>What was indexed or deleted; null when <see cref="CollectionId"/> was deleted with all that it held.</summary>
    public string? DocumentId { get; init; }

    public string? CollectionId { get; init; }

    /// <summary>An index that is further behind is built anew.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>Writes the log that indexes follow.</summary>
internal sealed class KnowledgeChanges(DocumentStore store, Ids ids, TimeProvider clock)
{
    private static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    /// <summary>Makes the client's state if it has none yet; to be called before the first commit that counts in it.</summary>
    public async Task EnsureStateAsync(string clientId, CancellationToken ct)
    {
        var documents = store.For(clientId);
        var id = KnowledgeState.IdOf(clientId);
        if (await documents.FindAsync<KnowledgeState>(id, ct) is not null)
        {
            return;
        }

        try
        {
            await documents.CommitAsync(
                transaction => transaction.InsertAsync(new KnowledgeState { Id = id, ClientId = clientId }), ct);
        }
        catch (DuplicateKeyException)
        {
            // Another request made it in the same moment.
        }
    }

    /// <summary>
    /// Counts documents that came or went. Comes first in a commit, before collections and documents, so that all commits of a
    /// client take their locks in one order.
    /// </summary>
    public static async ValueTask<KnowledgeState> CountAsync(TenantTransaction transaction, long documents) =>
        await transaction.UpdateAsync<KnowledgeState>(
            KnowledgeState.IdOf(transaction.ClientId), state => state with { Documents = state.Documents + documents })
        ?? throw Missing(transaction);

    /// <summary>Announces that a document is to be looked at again, and counts documents that came or went.</summary>
    public ValueTask AppendAsync(TenantTransaction transaction, string documentId, long documents) =>
        AppendAsync(transaction, documentId, collectionId: null, documents);

    /// <summary>Announces that a collection went with its documents.</summary>
    public ValueTask AppendCollectionAsync(TenantTransaction transaction, string collectionId, long documents) =>
        AppendAsync(transaction, documentId: null, collectionId, documents);

    private async ValueTask AppendAsync(TenantTransaction transaction, string? documentId, string? collectionId, long documents)
    {
        var state = await transaction.UpdateAsync<KnowledgeState>(
            KnowledgeState.IdOf(transaction.ClientId),
            stored => stored with { Sequence = stored.Sequence + 1, Documents = stored.Documents + documents })
            ?? throw Missing(transaction);
        await transaction.InsertAsync(new KnowledgeChange
        {
            Id = ids.New("kch"),
            ClientId = transaction.ClientId,
            Sequence = state.Sequence,
            DocumentId = documentId,
            CollectionId = collectionId,
            ExpiresAt = clock.GetUtcNow() + Kept,
        });
    }

    private static InvalidOperationException Missing(TenantTransaction transaction) =>
        new($"The client {transaction.ClientId} has no knowledge state.");
}
