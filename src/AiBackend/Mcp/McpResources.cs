using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Knowledge;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace AiBackend.Mcp;

/// <summary>
/// Collections, and the texts of their documents. Documents that only some people may find are left out, as they are for the tools:
/// nothing here says who asks.
/// </summary>
internal sealed class McpResources(KnowledgeDocuments knowledge)
{
    /// <summary>How many collections or documents a page lists.</summary>
    private const int PageSize = 50;

    /// <summary>How many passages of a document are read at once.</summary>
    private const int PassagesPerRead = 100;

    /// <summary>Equal ends and beginnings shorter than this are taken for chance.</summary>
    private const int ShortestOverlap = 8;

    private const string Json = "application/json";
    private const string PlainText = "text/plain";

    public static ListResourceTemplatesResult Templates() => new()
    {
        ResourceTemplates =
        [
            new()
            {
                Name = "collection",
                Title = "Collection of documents",
                Description = "A collection and a page of its documents. next leads to the next page.",
                UriTemplate = ResourceUri.CollectionTemplate,
                MimeType = Json,
            },
            new()
            {
                Name = "document",
                Title = "Text of a document",
                Description = $"The text, {PassagesPerRead} passages at a time, from the one with the number that is given (1).",
                UriTemplate = ResourceUri.DocumentTemplate,
                MimeType = PlainText,
            },
        ],
    };

    /// <summary>The collections.</summary>
    public static async ValueTask<ListResourcesResult> ListAsync(Caller caller, string? cursor, CancellationToken ct)
    {
        var page = await caller.Documents.PageAsync(Query.Of<KnowledgeCollection>().Ascending(), cursor, PageSize, ct);
        return new ListResourcesResult
        {
            Resources =
            [
                .. page.Items.Select(collection => new Resource
                {
                    Uri = ResourceUri.OfCollection(collection.Id),
                    Name = collection.Name,
                    Description = collection.Description,
                    MimeType = Json,
                }),
            ],
            NextCursor = page.NextCursor,
        };
    }

    /// <summary>A collection with a page of its documents, or the text of a document.</summary>
    /// <exception cref="McpProtocolException">There is none at this address, or it is another client's.</exception>
    public async ValueTask<ReadResourceResult> ReadAsync(Caller caller, string? uri, CancellationToken ct) => ResourceUri.Parse(uri) switch
    {
        { Kind: ResourceUri.Collections } asked => await ReadCollectionAsync(caller, uri!, asked, ct),
        { } asked => await ReadDocumentAsync(caller, uri!, asked, ct),
        null => throw NotFound(),
    };

    private static async Task<ReadResourceResult> ReadCollectionAsync(Caller caller, string uri, ResourceUri asked, CancellationToken ct)
    {
        var collection = await caller.Documents.FindAsync<KnowledgeCollection>(asked.Id, ct) ?? throw NotFound();
        var page = await caller.Documents.PageAsync(
            Query.Of<KnowledgeDocument>().Equal(document => document.CollectionId, asked.Id).Ascending(), asked.Cursor, PageSize, ct);
        var listed = new ListedCollection(
            CollectionResponse.From(collection),
            [
                .. page.Items.Where(IsOpen).Select(document => new ListedDocument(
                    ResourceUri.OfDocument(document.Id), document.Id, document.Live!.Title, document.Live.Url, document.Live.Chunks, document.UpdatedAt)),
            ],
            page.NextCursor is { } next ? ResourceUri.OfCollection(asked.Id, next) : null);
        return Contents(uri, Json, JsonSerializer.Serialize(listed, WireJson.Options), next: null);
    }

    private async Task<ReadResourceResult> ReadDocumentAsync(Caller caller, string uri, ResourceUri asked, CancellationToken ct)
    {
        var document = await knowledge.FindAsync(caller.ClientId, asked.Id, ct);
        if (document is null || !IsOpen(document) || asked.From > Math.Max(1, document.Live!.Chunks))
        {
            throw NotFound();
        }

        // One more than is shown: what the first repeats of it was shown before.
        var first = Math.Max(asked.From - 2, 0);
        var chunks = await caller.Documents.ListAsync(
            Query.Of<KnowledgeChunk>().Equal(chunk => chunk.DocumentId, document.Id).Equal(chunk => chunk.Generation, document.Live.Generation)
                .AtLeast(chunk => chunk.Ordinal, first).Ascending(chunk => chunk.Ordinal).Take(PassagesPerRead + asked.From - 1 - first),
            ct);
        var text = new StringBuilder();
        for (var i = asked.From - 1 - first; i < chunks.Count; i++)
        {
            var repeated = i == 0 ? 0 : OverlapOf(chunks[i - 1].Text, chunks[i].Text);
            text.Append(text.Length > 0 && repeated == 0 ? "\n\n" : null).Append(chunks[i].Text, repeated, chunks[i].Text.Length - repeated);
        }

        var last = asked.From - 1 + PassagesPerRead;
        return Contents(uri, PlainText, text.ToString(), last < document.Live.Chunks ? ResourceUri.OfDocument(document.Id, last + 1) : null);
    }

    /// <summary>How much of a passage's beginning the one before has ended with.</summary>
    private static int OverlapOf(string before, string passage)
    {
        for (var length = Math.Min(before.Length, passage.Length); length >= ShortestOverlap; length--)
        {
            if (before.AsSpan(before.Length - length).SequenceEqual(passage.AsSpan(0, length)))
            {
                return length;
            }
        }

        return 0;
    }

    private static bool IsOpen(KnowledgeDocument document) => document is { Live.Acl: null, Acl: null };

    private static ReadResourceResult Contents(string uri, string mediaType, string text, string? next) => new()
    {
        Contents =
        [
            new TextResourceContents
            {
                Uri = uri,
                MimeType = mediaType,
                Text = text,
                Meta = next is null ? null : new JsonObject { ["next"] = next },
            },
        ],
    };

    private static McpProtocolException NotFound() =>
        new("There is no resource at this address, or it is not yours.", McpErrorCode.ResourceNotFound);

    /// <param name="Next">The resource that the list goes on in; null at its end.</param>
    private sealed record ListedCollection(CollectionResponse Collection, IReadOnlyList<ListedDocument> Documents, string? Next);

    private sealed record ListedDocument(string Uri, string Id, string? Title, string? Url, int Passages, DateTimeOffset UpdatedAt);
}
