using System.Collections.Concurrent;
using AiBackend.Chat.Messages;
using AiBackend.Indexes;
using AiBackend.Search.Embedding;
using AiBackend.Search.Index;

namespace AiBackend.Chat.Search;

/// <summary>What a search goes by besides its words; null: no matter.</summary>
internal sealed record MessageConditions
{
    public string? SessionId { get; init; }

    public MessageRole? Role { get; init; }

    public DateTimeOffset? CreatedAfter { get; init; }

    public DateTimeOffset? CreatedBefore { get; init; }

    /// <summary>Whether the index cannot answer for the session alone.</summary>
    public bool AsksForMore => Role is not null || CreatedAfter is not null || CreatedBefore is not null;
}

/// <summary>The messages of one client, found by words and meaning. Their texts are not kept.</summary>
internal sealed class MessageIndex(ClientIndex index, StaticEmbedder embedder, string after) : IMemoryIndex
{
    // Measured: ids, entries of the tables and the text's terms, and the vector as float and as int8.
    private const int BytesPerMessage = 700;
    private const int BytesPerWord = 28;
    private const int BytesPerDimension = sizeof(float) + sizeof(sbyte);
    private const int CharactersPerWord = 7;

    private static readonly Dictionary<string, System.Text.Json.JsonElement> NoMetadata = [];

    private readonly ConcurrentDictionary<string, string> sessions = new(StringComparer.Ordinal);
    private long bytes;

    public long ApproximateBytes => Volatile.Read(ref bytes);

    public int Entries => index.DocumentCount;

    /// <summary>Events up to this id have been followed, those after it that are in <see cref="Seen"/> too.</summary>
    public string After { get; set; } = after;

    /// <summary>Events after <see cref="After"/> that have been followed.</summary>
    public HashSet<string> Seen { get; } = new(StringComparer.Ordinal);

    /// <summary>When events were followed last.</summary>
    public DateTimeOffset FollowedAt { get; set; }

    /// <summary>How many searches had begun when events were followed last.</summary>
    public long FollowedFor { get; set; }

    /// <summary>Messages created before this were left out for want of memory; null: none was.</summary>
    public DateTimeOffset? LeftOutBefore { get; set; }

    /// <summary>Whether the message has something to be found by, and is none of the service's own notices.</summary>
    public static bool Holds(Message message) =>
        message is { DeletedAt: null, Text.Length: > 0, Category: MessageCategory.Message or MessageCategory.Warning };

    /// <summary>Adds messages; those that cannot be found are left out. One after another: the other cores are for requests.</summary>
    public void Put(IReadOnlyList<Message> messages)
    {
        foreach (var message in messages.Where(Holds))
        {
            index.Put(new IndexedMessage
            {
                DocumentId = message.Id,
                CollectionId = sessions.GetOrAdd(message.SessionId, message.SessionId),
                Role = message.Role,
                CreatedAt = message.CreatedAt,
                Metadata = NoMetadata,
                Chunks = [new IndexedChunk { ChunkId = message.Id, Text = message.Text, Vector = embedder.Embed(message.Text), Model = StaticEmbedder.ModelName }],
            });
            Interlocked.Add(ref bytes, BytesOf(message.Text));
        }
    }

    /// <summary>Takes out what is stored no more.</summary>
    public void Remove(IEnumerable<string> messageIds)
    {
        foreach (var id in messageIds)
        {
            if (index.Remove(id))
            {
                Interlocked.Add(ref bytes, -BytesOf(string.Empty));
            }
        }
    }

    public SearchResults Search(string text, MessageConditions conditions, int limit) => index.Search(new SearchQuery
    {
        Text = text,
        Vectors = new Dictionary<string, QueryVector> { [StaticEmbedder.ModelName] = new(embedder.Embed(text)) },
        CollectionIds = conditions.SessionId is { } session ? [session] : null,
        Where = conditions.AsksForMore ? document => Fits((IndexedMessage)document, conditions) : null,
        Limit = limit,
    });

    private long BytesOf(string text) =>
        BytesPerMessage + ((long)embedder.Dimensions * BytesPerDimension) + ((long)text.Length / CharactersPerWord * BytesPerWord);

    private static bool Fits(IndexedMessage message, MessageConditions conditions) =>
        (conditions.Role is null || message.Role == conditions.Role)
        && (conditions.CreatedAfter is null || message.CreatedAt > conditions.CreatedAfter)
        && (conditions.CreatedBefore is null || message.CreatedAt < conditions.CreatedBefore);

    private sealed record IndexedMessage : IndexedDocument
    {
        public required MessageRole Role { get; init; }

        public required DateTimeOffset CreatedAt { get; init; }
    }
}
