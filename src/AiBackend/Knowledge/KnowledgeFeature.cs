using AiBackend.Clients.Privacy;
using AiBackend.Indexes;
using AiBackend.Jobs;
using AiBackend.Knowledge.Indexing;

namespace AiBackend.Knowledge;

/// <summary>Collections, documents and search.</summary>
internal static class KnowledgeFeature
{
    public static IServiceCollection AddKnowledge(this IServiceCollection services)
    {
        foreach (var set in KnowledgeSets.All)
        {
            services.AddSingleton(set);
        }

        services.AddExport<KnowledgeCollection, CollectionResponse>("collection", query => query.Ascending(), CollectionResponse.From)
            .AddExport<KnowledgeDocument, DocumentResponse>("document", query => query.Ascending(), DocumentResponse.From)
            .AddExport<KnowledgeContent, ExportedContent>(
                "document_content",
                query => query.Ascending(part => part.DocumentId, part => part.Upload, part => part.Ordinal),
                part => new ExportedContent(part.DocumentId, part.Upload, part.Ordinal, part.Text),
                perPage: 2)
            .LeaveOutOfExport<KnowledgeChunk>("Cut and embedded from the documents' contents, which are in the export.")
            .LeaveOutOfExport<KnowledgeState>("A counter of the search index.")
            .LeaveOutOfExport<KnowledgeChange>("Tells search indexes which document to look at again.")
            .LeaveOutOfExport<KnowledgeLeftover>("Work that removes chunks of deleted documents.");
        services.AddSingleton<EmbeddingModel>()
            .AddSingleton<KnowledgeChanges>()
            .AddSingleton<KnowledgeRemoval>()
            .AddSingleton<KnowledgeCollections>()
            .AddSingleton<DocumentWriter>()
            .AddSingleton<KnowledgeDocuments>()
            .AddSingleton<KnowledgeSearch>()
            .AddSingleton<StoreSearch>()
            .AddSingleton<DocumentUploads>()
            .AddSingleton<IndexReader>()
            .AddSingleton<ClientIndexes>()
            .AddSingleton<IndexingHandler>()
            .AddSingleton<IndexMemory>()
            .AddHostedService(provider => provider.GetRequiredService<IndexMemory>())
            .AddHostedService<IndexWarmup>();
        return services
            .AddWork<KnowledgeDocument, IndexingHandler>(options =>
            {
                options.Name = "documents";
                options.Concurrency = 4;
                options.ConcurrencyPerClient = 3;
                options.Lease = TimeSpan.FromSeconds(30);
            })
            .AddWork<KnowledgeLeftover, LeftoverHandler>(options =>
            {
                options.Name = "leftovers";
                options.Concurrency = 2;
                options.ConcurrencyPerClient = 1;
                options.Lease = TimeSpan.FromSeconds(30);
            });
    }

    public static void MapKnowledge(this IEndpointRouteBuilder api)
    {
        api.MapCollections();
        api.MapDocuments();
        api.MapSearch();
    }
}

/// <summary>A part of a document's text: in the order of their ordinals, the parts of the newest upload are the document.</summary>
internal sealed record ExportedContent(string DocumentId, int Upload, int Ordinal, string Text);
