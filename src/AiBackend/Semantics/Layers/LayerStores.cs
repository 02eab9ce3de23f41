using AiBackend.Clients;
using AiBackend.DataStores;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Knowledge;

namespace AiBackend.Semantics.Layers;

/// <summary>The data stores of layers.</summary>
internal sealed class LayerStores(SemanticLayers layers, AuditLog audit, TimeProvider clock)
{
    /// <summary>The link of a store to a layer.</summary>
    /// <exception cref="ApiException">404.</exception>
    public static async Task<LayerStore> GetAsync(Caller caller, string layerId, string dataStoreId, CancellationToken ct) =>
        await caller.Documents.FindAsync<LayerStore>(LayerStore.IdFor(layerId, dataStoreId), ct) ?? throw ApiException.NotFound();

    /// <summary>Why a data store cannot be deleted; null when it is in no layer.</summary>
    public static async ValueTask<string?> UseOfAsync(TenantTransaction transaction, string dataStoreId) =>
        await transaction.ListAsync(Query.Of<LayerStore>().Equal(link => link.DataStoreId, dataStoreId).Take(1)) is [var link]
            ? $"The semantic layer {link.LayerId} models it; take it out of there first."
            : null;

    /// <summary>Takes a data store into a layer.</summary>
    public async Task<LayerStoreResponse> CreateAsync(
        RequestCommits commits, Caller caller, Credential by, string layerId, LayerStoreForm form, CancellationToken ct)
    {
        await SemanticLayers.GetAsync(caller, layerId, ct);
        var now = clock.GetUtcNow();
        var link = Filled(
            new LayerStore
            {
                Id = LayerStore.IdFor(layerId, form.DataStoreId),
                ClientId = caller.ClientId,
                LayerId = layerId,
                DataStoreId = form.DataStoreId,
                CreatedAt = now,
                UpdatedAt = now,
            },
            form);
        try
        {
            return await commits.CommitAsync(
                caller,
                StatusCodes.Status201Created,
                async transaction =>
                {
                    // Under their locks: neither is deleted while this is stored.
                    if (await transaction.UpdateAsync<SemanticLayer>(layerId, found => found) is null)
                    {
                        throw ApiException.NotFound();
                    }

                    RequireModelled(await transaction.UpdateAsync<DataStore>(form.DataStoreId, found => found));
                    await RequireCollectionsAsync(transaction, form);
                    await transaction.InsertAsync(link);
                    await audit.AppendAsync(transaction.AcrossTenants, by, caller.ClientId, "semantic_layer_store.created", link.Id);
                    return LayerStoreResponse.From(link with { Version = 1 });
                },
                ct);
        }
        catch (DuplicateKeyException)
        {
            throw ApiException.Conflict("The data store is in this layer already.");
        }
    }

    /// <summary>Changes what the patch names.</summary>
    public Task<LayerStoreResponse> UpdateAsync(
        Caller caller, Credential by, string layerId, string dataStoreId, MergePatch<LayerStoreForm> patch, IfMatch ifMatch, CancellationToken ct) =>
        caller.Documents.CommitAsync(
            async transaction =>
            {
                LayerStore? stored = null;
                LayerStoreForm? form = null;
                var changed = await transaction.UpdateAsync<LayerStore>(
                        LayerStore.IdFor(layerId, dataStoreId), current => Changed(stored = current, patch, ifMatch, out form))
                    ?? throw ApiException.NotFound();
                if (!ReferenceEquals(stored, changed))
                {
                    await RequireCollectionsAsync(transaction, form!);
                    await audit.AppendAsync(transaction.AcrossTenants, by, caller.ClientId, "semantic_layer_store.updated", changed.Id);
                }

                return LayerStoreResponse.From(changed);
            },
            ct);

    /// <summary>Takes a data store out of its layer; its models stay in git.</summary>
    public Task DeleteAsync(Caller caller, Credential by, string layerId, string dataStoreId, IfMatch ifMatch, CancellationToken ct) =>
        caller.Documents.CommitAsync(
            async transaction =>
            {
                var found = await transaction.FindAsync<LayerStore>(LayerStore.IdFor(layerId, dataStoreId)) ?? throw ApiException.NotFound();
                ifMatch.Require(found.Version);
                await layers.RemoveAsync(transaction, found);
                await audit.AppendAsync(transaction.AcrossTenants, by, caller.ClientId, "semantic_layer_store.deleted", found.Id);
            },
            ct);

    private LayerStore Changed(LayerStore stored, MergePatch<LayerStoreForm> patch, IfMatch ifMatch, out LayerStoreForm form)
    {
        ifMatch.Require(stored.Version);
        if (!patch.Changes(LayerStoreForm.Of(stored), out form))
        {
            return stored;
        }

        return form.DataStoreId == stored.DataStoreId
            ? Filled(stored, form) with { UpdatedAt = clock.GetUtcNow() }
            : throw ApiException.Invalid("data_store_id", "The data store cannot be changed; take the other one into the layer.");
    }

    private LayerStore Filled(LayerStore link, LayerStoreForm form) => link with
    {
        Include = form.Include,
        Exclude = form.Exclude,
        Schedule = form.Schedule,
        NextSyncAt = form.Schedule == link.Schedule ? link.NextSyncAt : SyncSchedule.Next(form.Schedule, clock.GetUtcNow()),
        Documents = [.. form.Documents.Select(rows => rows.ToRows())],
    };

    private static void RequireModelled(DataStore? found)
    {
        if (found is null)
        {
            throw ApiException.Invalid("data_store_id", "There is no such data store.");
        }

        if (found.Kind is StoreKind.Qdrant or StoreKind.Weaviate)
        {
            throw ApiException.Invalid("data_store_id", "A vector store is for search only; it has no tables to model.");
        }
    }

    private static async ValueTask RequireCollectionsAsync(TenantTransaction transaction, LayerStoreForm form)
    {
        for (var i = 0; i < form.Documents.Count; i++)
        {
            if (await transaction.FindAsync<KnowledgeCollection>(form.Documents[i].CollectionId) is null)
            {
                throw ApiException.Invalid($"documents[{i}].collection_id", "There is no such collection.");
            }
        }
    }
}
