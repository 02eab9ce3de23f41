using AiBackend.Documents;
using AiBackend.Jobs;

namespace AiBackend.Knowledge.Indexing;

/// <summary>Removes stored chunks and contents. Many chunks go by background work.</summary>
internal sealed class KnowledgeRemoval(Ids ids, TimeProvider clock)
{
    private const int MaxChunks = 256;

    /// <summary>Removes what is stored for a document that is deleted in this commit.</summary>
    public async ValueTask RemoveAllAsync(TenantTransaction transaction, KnowledgeDocument document)
    {
        await RemoveChunksAsync(transaction, document.Id, document.Staged + (document.Live?.Chunks ?? 0), int.MaxValue);
        await transaction.DeleteAllAsync(
            Query.Of<KnowledgeContent>().Equal(part => part.DocumentId, document.Id).Less(part => part.Upload, int.MaxValue));
    }

    /// <summary>Removes the contents before the present one.</summary>
    public static async ValueTask RemoveOldContentsAsync(TenantTransaction transaction, KnowledgeDocument document)
    {
        if (document.ContentUpload > 1)
        {
            await transaction.DeleteAllAsync(
                Query.Of<KnowledgeContent>().Equal(part => part.DocumentId, document.Id)
                    .Less(part => part.Upload, document.ContentUpload));
        }
    }

    /// <summary>Removes a document's chunks of all generations below one.</summary>
    /// <param name="count">How many they are.</param>
    public async ValueTask RemoveChunksAsync(TenantTransaction transaction, string documentId, int count, int below)
    {
        if (count > MaxChunks)
        {
            await transaction.InsertAsync(new KnowledgeLeftover
            {
                Id = ids.New("klo"),
                ClientId = transaction.ClientId,
                DocumentId = documentId,
                ChunksBelow = below,
                DueAt = clock.GetUtcNow(),
            });
            transaction.SignalWork<KnowledgeLeftover>();
        }
        else if (count > 0)
        {
            await transaction.DeleteAllAsync(
                Query.Of<KnowledgeChunk>().Equal(chunk => chunk.DocumentId, documentId).Less(chunk => chunk.Generation, below));
        }
    }
}
