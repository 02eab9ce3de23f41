using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using AiBackend.Documents;
using AiBackend.Search.Index;

namespace AiBackend.DataStores.VectorStores;

/// <summary>
/// A collection of Qdrant (1.10 or later). It has no ranking by words: a search by words finds the points whose text has them all, and a
/// hybrid one goes by vectors.
/// </summary>
internal sealed class QdrantStore(VectorHttp http) : IVectorStore
{
    /// <summary>How many that have the words are looked at, as they come in no order.</summary>
    private const int MostByWords = 200;

    public StoreKind Kind => StoreKind.Qdrant;

    public async Task<ConnectionReport> TestAsync(VectorTarget target, CancellationToken ct)
    {
        await AskAsync(target, CollectionOf(target), body: null, ct);
        var root = await AskAsync(target, string.Empty, body: null, ct);
        return new ConnectionReport($"Qdrant {TextOf(root, "version")}".TrimEnd());
    }

    public async Task<IReadOnlyList<VectorHit>> SearchAsync(VectorTarget target, VectorQuery query, CancellationToken ct)
    {
        var must = new JsonArray([.. query.Filters.Select(Match)]);
        if (query.Mode == SearchMode.Keyword || query.Vector is not { } vector)
        {
            foreach (var word in query.Words is [] ? [query.Text] : query.Words)
            {
                must.Add(new JsonObject { ["key"] = target.TextField, ["match"] = new JsonObject { ["text"] = word } });
            }

            var found = await AskAsync(
                target,
                $"{CollectionOf(target)}/points/scroll",
                new JsonObject { ["limit"] = Math.Max(query.Limit, MostByWords), ["with_payload"] = true, ["filter"] = new JsonObject { ["must"] = must } },
                ct);
            return PointsOf(found, target, vector: null);
        }

        // The vectors are asked for, because what a score is depends on the collection's distance.
        var nearest = await AskAsync(
            target,
            $"{CollectionOf(target)}/points/query",
            new JsonObject
            {
                ["query"] = new JsonArray([.. vector.Select(value => (JsonNode)value)]),
                ["limit"] = query.Limit,
                ["with_payload"] = true,
                ["with_vector"] = true,
                ["filter"] = new JsonObject { ["must"] = must },
            },
            ct);
        return PointsOf(nearest, target, vector);
    }

    private static string CollectionOf(VectorTarget target) => $"collections/{Uri.EscapeDataString(target.Collection)}";

    // Exact matches are for texts, whole numbers and truth values.
    private static JsonNode Match(FieldEquals filter) =>
        filter.Value.ValueKind == JsonValueKind.Number && !filter.Value.TryGetInt64(out _)
            ? new JsonObject { ["key"] = filter.Field, ["range"] = new JsonObject { ["gte"] = filter.Value.GetDouble(), ["lte"] = filter.Value.GetDouble() } }
            : new JsonObject { ["key"] = filter.Field, ["match"] = new JsonObject { ["value"] = JsonSerializer.SerializeToNode(filter.Value) } };

    private static List<VectorHit> PointsOf(JsonElement answer, VectorTarget target, float[]? vector)
    {
        if (!answer.TryGetProperty("result", out var result)
            || !result.TryGetProperty("points", out var points)
            || points.ValueKind != JsonValueKind.Array)
        {
            throw new ConnectionException(ConnectionFault.Failed, "The answer is not one of Qdrant's: check url, and that Qdrant is 1.10 or later.");
        }

        return [.. points.EnumerateArray().Select(point => HitOf(point, target, vector))];
    }

    private static VectorHit HitOf(JsonElement point, VectorTarget target, float[]? vector)
    {
        var rest = new JsonObject();
        var text = string.Empty;
        if (point.TryGetProperty("payload", out var payload) && payload.ValueKind == JsonValueKind.Object)
        {
            foreach (var field in payload.EnumerateObject())
            {
                if (field.Name == target.TextField && field.Value.ValueKind == JsonValueKind.String)
                {
                    text = field.Value.GetString()!;
                }
                else
                {
                    rest[field.Name] = JsonSerializer.SerializeToNode(field.Value);
                }
            }
        }

        var id = point.TryGetProperty("id", out var given) ? given.ToString() : string.Empty;
        return new VectorHit(id, text, RawJson.Parse(rest.ToJsonString()), vector is null ? null : CosineOf(point, vector));
    }

    private static double? CosineOf(JsonElement point, float[] vector)
    {
        if (point.TryGetProperty("vector", out var stored) && VectorHttp.Cosine(vector, stored) is { } cosine)
        {
            return cosine;
        }

        return point.TryGetProperty("score", out var score) && score.ValueKind == JsonValueKind.Number ? score.GetDouble() : null;
    }

    private static string? TextOf(JsonElement element, string field) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static string? WordsOf(JsonElement answer) =>
        answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("status", out var status) ? TextOf(status, "error") : null;

    private static void Sign(HttpRequestHeaders headers, string key) => headers.TryAddWithoutValidation("api-key", key);

    private Task<JsonElement> AskAsync(VectorTarget target, string path, JsonObject? body, CancellationToken ct) =>
        http.AskAsync(target, path, body is null ? null : JsonSerializer.SerializeToUtf8Bytes(body), Sign, WordsOf, ct);
}
