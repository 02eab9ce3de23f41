using AiBackend.Documents;
using AiBackend.Jobs;
using AiBackend.Knowledge.Indexing;

namespace AiBackend.Knowledge;

internal static class KnowledgeSets
{
    /// <summary>The unique index that a second document of the same external id meets.</summary>
    public const string ExternalIdIndex = "external_id";

    public static readonly DocumentSet<KnowledgeCollection> Collections =
        new DocumentSet<KnowledgeCollection>("collections").Index("by_client", collection => collection.ClientId);

    public static readonly DocumentSet<KnowledgeDocument> Documents =
        new DocumentSet<KnowledgeDocument>("documents")
            .WithDueIndexes()
            .Index("by_client", document => document.ClientId)
            .Index("by_collection", document => document.ClientId, document => document.CollectionId)
            .Index("by_status", document => document.ClientId, document => document.CollectionId, document => document.Status)
            .Unique(ExternalIdIndex, document => document.ClientId, document => document.CollectionId, document => document.ExternalId);

    public static readonly DocumentSet<KnowledgeContent> Contents =
        new DocumentSet<KnowledgeContent>("document_contents").Index(
            "by_document", part => part.ClientId, part => part.DocumentId, part => part.Upload, part => part.Ordinal);

    public static readonly DocumentSet<KnowledgeChunk> Chunks =
        new DocumentSet<KnowledgeChunk>("chunks").Index(
            "by_document", chunk => chunk.ClientId, chunk => chunk.DocumentId, chunk => chunk.Generation, chunk => chunk.Ordinal);

    public static readonly DocumentSet<KnowledgeState> States =
        new DocumentSet<KnowledgeState>("knowledge_states").Index("by_client", state => state.ClientId);

    public static readonly DocumentSet<KnowledgeChange> Changes =
        new DocumentSet<KnowledgeChange>("knowledge_changes")
            .Index("by_client", change => change.ClientId)
            .Unique("sequence", change => change.ClientId, change => change.Sequence)
            .ExpiresAt(change => change.ExpiresAt);

    public static readonly DocumentSet<KnowledgeLeftover> Leftovers =
        new DocumentSet<KnowledgeLeftover>("knowledge_leftovers")
            .WithDueIndexes()
            .Index("by_client", leftover => leftover.ClientId);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<DocumentSet> All { get; } =
        [Collections, Documents, Contents, Chunks, States, Changes, Leftovers];
}
