using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Http;
using AiBackend.Jobs;
using AiBackend.Knowledge.Indexing;

namespace AiBackend.Knowledge;

/// <summary>What a client says of a collection.</summary>
/// <param name="EmbeddingModel">Null: the model that the service runs.</param>
internal sealed record CollectionDetails(
    string Name, string? Description, RawJson Metadata, Chunking Chunking, string? EmbeddingModel);

/// <summary>Makes, changes and deletes collections.</summary>
internal sealed class KnowledgeCollections(
    DocumentStore store, KnowledgeChanges changes, EmbeddingModel model, Ids ids, TimeProvider clock)
{
    /// <summary>To be called before the commit that adds a client's first collection.</summary>
    public Task PrepareAsync(string clientId, CancellationToken ct) => changes.EnsureStateAsync(clientId, ct);

    /// <summary>Adds a collection; <see cref="PrepareAsync"/> comes before.</summary>
    /// <exception cref="ApiException">422: the service does not run this embedding model.</exception>
    public async ValueTask<KnowledgeCollection> AddAsync(TenantTransaction transaction, CollectionDetails details)
    {
        var now = clock.GetUtcNow();
        var collection = new KnowledgeCollection
        {
            Id = ids.New("col"),
            ClientId = transaction.ClientId,
            Name = details.Name,
            Description = details.Description,
            Metadata = details.Metadata,
            Chunking = details.Chunking,
            EmbeddingModel = RequireModel(details.EmbeddingModel),
            Revision = 1,
            CreatedAt = now,
            UpdatedAt = now,
        };
        await transaction.InsertAsync(collection);
        return collection;
    }

    /// <summary>Changes a collection. Chunking holds for documents that are sent from then on.</summary>
    /// <param name="change">Told what is, says what shall be, or null when it is as it shall be; may refuse.</param>
    /// <exception cref="ApiException">404; 422 as for <see cref="AddAsync"/>.</exception>
    public Task<KnowledgeCollection> ChangeAsync(
        string clientId, string collectionId, Func<KnowledgeCollection, CollectionDetails?> change, CancellationToken ct) =>
        store.For(clientId).CommitAsync(
            async transaction => await transaction.UpdateAsync<KnowledgeCollection>(
                collectionId, stored => change(stored) is { } details ? Changed(stored, details) : stored) ?? throw ApiException.NotFound(),
            ct);

    /// <summary>Deletes a collection with its documents: no search that begins after this returned finds any of them.</summary>
    /// <param name="require">Refuses a version that is not meant.</param>
    /// <exception cref="ApiException">404.</exception>
    public Task DeleteAsync(string clientId, string collectionId, Action<long> require, CancellationToken ct) =>
        store.For(clientId).CommitAsync(
            async transaction =>
            {
                var collection = await transaction.FindAsync<KnowledgeCollection>(collectionId) ?? throw ApiException.NotFound();
                require(collection.Revision);
                await changes.AppendCollectionAsync(transaction, collectionId, -collection.Documents);
                await transaction.DeleteAsync<KnowledgeCollection>(collectionId);
                await transaction.InsertAsync(new KnowledgeLeftover
                {
                    Id = ids.New("klo"),
                    ClientId = clientId,
                    CollectionId = collectionId,
                    TraceParent = EventLog.TraceParent(traceId: null),
                    DueAt = clock.GetUtcNow(),
                });
                transaction.SignalWork<KnowledgeLeftover>();
            },
            ct);

    private KnowledgeCollection Changed(KnowledgeCollection stored, CollectionDetails details) => stored with
    {
        Name = details.Name,
        Description = details.Description,
        Metadata = details.Metadata,
        Chunking = details.Chunking,
        EmbeddingModel = details.EmbeddingModel == stored.EmbeddingModel ? stored.EmbeddingModel : RequireModel(details.EmbeddingModel),
        Revision = stored.Revision + 1,
        UpdatedAt = clock.GetUtcNow(),
    };

    private string RequireModel(string? named) => named is null || named == model.Name
        ? model.Name
        : throw ApiException.Invalid("embedding_model", $"This service makes vectors with '{model.Name}'.");
}
