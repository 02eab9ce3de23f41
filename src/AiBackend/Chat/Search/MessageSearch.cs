using AiBackend.Chat.Messages;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Search.Highlighting;
using AiBackend.Search.Index;

namespace AiBackend.Chat.Search;

/// <summary>What is searched for in a client's messages.</summary>
internal sealed record MessageQuery(string Text)
{
    public const int LongestText = 4_096;
    public const int MostResults = 50;
    public const int UsualResults = 10;

    /// <summary>1 to <see cref="MostResults"/>.</summary>
    public int Limit { get; init; } = UsualResults;

    public MessageConditions Conditions { get; init; } = new();
}

/// <summary>The messages that fit best, the best first.</summary>
/// <param name="SearchedSince">Messages from before were not looked at, for want of memory; null: all were.</param>
internal sealed record FoundMessages(IReadOnlyList<FoundMessage> Data, double TookMs, DateTimeOffset? SearchedSince);

/// <summary>A message that was found.</summary>
/// <param name="Highlights">Up to three parts of the text that match, as HTML with the matches in <c>&lt;em&gt;</c>.</param>
/// <param name="Score">0 to 1; compares messages of one search only.</param>
internal sealed record FoundMessage(
    MessageResponse Message, string SessionId, IReadOnlyList<string> Highlights, double Score, MessageScores Scores);

/// <param name="Vector">The cosine; null where message or query has no word that the model knows.</param>
/// <param name="Keyword">The BM25 score; 0 where no word is shared.</param>
internal sealed record MessageScores(double? Vector, double Keyword);

/// <summary>Finds messages by words and meaning.</summary>
internal sealed class MessageSearch(DocumentStore store, MessageIndexes indexes, TimeProvider clock)
{
    /// <summary>How often what was found may turn out to be gone before the index is built again.</summary>
    private const int MaxTries = 8;

    /// <summary>Finds the messages that fit best, in all that were stored and not deleted when this was called.</summary>
    /// <exception cref="ApiException">422: the text is empty or too long.</exception>
    public async Task<FoundMessages> SearchAsync(string clientId, MessageQuery query, CancellationToken ct)
    {
        if (string.IsNullOrWhiteSpace(query.Text) || query.Text.Length > MessageQuery.LongestText)
        {
            throw ApiException.Invalid("q", $"A text of 1 to {MessageQuery.LongestText} characters is expected.");
        }

        var started = clock.GetTimestamp();
        var documents = store.For(clientId);
        for (var tries = 1; ; tries++)
        {
            var index = await indexes.GetAsync(clientId, ct);
            var hits = index.Search(query.Text, query.Conditions, query.Limit).Hits;
            var (found, gone) = await ReadAsync(documents, query, hits, ct);
            if (gone.Count == 0 || tries > MaxTries)
            {
                return new FoundMessages(found, Math.Round(clock.GetElapsedTime(started).TotalMilliseconds, 2), index.LeftOutBefore);
            }

            // Deleted since: what is behind them comes up now.
            index.Remove(gone);
            if (tries == MaxTries)
            {
                indexes.Forget(clientId);
            }
        }
    }

    private static async Task<(List<FoundMessage> Found, List<string> Gone)> ReadAsync(
        TenantDocuments documents, MessageQuery query, IReadOnlyList<SearchHit> hits, CancellationToken ct)
    {
        var (found, gone) = (new List<FoundMessage>(hits.Count), new List<string>());
        if (hits.Count == 0)
        {
            return (found, gone);
        }

        var stored = (await documents.ListAsync(Query.Of<Message>().In(message => message.Id, hits.Select(hit => hit.DocumentId)), ct))
            .ToDictionary(message => message.Id, StringComparer.Ordinal);
        foreach (var hit in hits)
        {
            if (stored.TryGetValue(hit.DocumentId, out var message) && MessageIndex.Holds(message))
            {
                found.Add(new FoundMessage(
                    MessageResponse.From(message),
                    message.SessionId,
                    [.. Highlighter.Find(query.Text, message.Text).Select(highlight => highlight.Html)],
                    hit.Score,
                    new MessageScores(hit.VectorScore, hit.KeywordScore)));
            }
            else
            {
                gone.Add(hit.DocumentId);
            }
        }

        return (found, gone);
    }
}
