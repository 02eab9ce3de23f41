using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using AiBackend.Documents;
using AiBackend.Search.Index;

namespace AiBackend.DataStores.VectorStores;

/// <summary>A class of Weaviate, asked by its GraphQL: by vectors, by words (BM25) or by both.</summary>
internal sealed partial class WeaviateStore(VectorHttp http) : IVectorStore
{
    // How much of Weaviate's own hybrid ranking is by vector; as for the documents that are indexed here.
    private const string HybridAlpha = "0.3";

    private static readonly JsonSerializerOptions Strings = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // What can be asked for by name alone, and how a filter calls its values.
    private static readonly Dictionary<string, string> ValueNames = new(StringComparer.Ordinal)
    {
        ["text"] = "valueText",
        ["string"] = "valueText",
        ["uuid"] = "valueText",
        ["date"] = "valueDate",
        ["int"] = "valueInt",
        ["number"] = "valueNumber",
        ["boolean"] = "valueBoolean",
    };

    public StoreKind Kind => StoreKind.Weaviate;

    /// <summary>Whether the text can name a class: a query holds it as it is.</summary>
    public static bool IsClass(string name) => ClassName().IsMatch(name);

    /// <summary>Whether the text can name a property.</summary>
    public static bool IsProperty(string name) => PropertyName().IsMatch(name);

    public async Task<ConnectionReport> TestAsync(VectorTarget target, CancellationToken ct)
    {
        var properties = await PropertiesAsync(target, ct);
        RequireText(target, properties);
        var meta = await AskAsync(target, "v1/meta", body: null, ct);
        return new ConnectionReport($"Weaviate {TextOf(meta, "version")}".TrimEnd());
    }

    public async Task<IReadOnlyList<VectorHit>> SearchAsync(VectorTarget target, VectorQuery query, CancellationToken ct)
    {
        var properties = await PropertiesAsync(target, ct);
        RequireText(target, properties);
        var isByWords = query.Mode == SearchMode.Keyword || query.Vector is null;
        var by = isByWords ? $"bm25:{{query:{Quoted(query.Text)} properties:[{Quoted(target.TextField)}]}}"
            : query.Mode == SearchMode.Vector ? $"nearVector:{{vector:{VectorOf(query.Vector!)}}}"
            : $"hybrid:{{query:{Quoted(query.Text)} properties:[{Quoted(target.TextField)}] vector:{VectorOf(query.Vector!)} alpha:{HybridAlpha}}}";
        var graph = $"{{Get{{{target.Collection}(limit:{query.Limit.ToString(CultureInfo.InvariantCulture)} {by}{WhereOf(query.Filters, properties)})"
            + $"{{{string.Join(' ', properties.Keys)} _additional{{id{(isByWords ? null : " vector")}}}}}}}}}";
        var answer = await AskAsync(target, "v1/graphql", new JsonObject { ["query"] = graph }, ct);
        if (GraphErrorOf(answer) is { } error)
        {
            throw new ConnectionException(ConnectionFault.Unfit, $"Weaviate cannot answer the search. It says: {error[..Math.Min(error.Length, 300)]}");
        }

        return answer.TryGetProperty("data", out var data) && data.TryGetProperty("Get", out var get) && get.TryGetProperty(target.Collection, out var points)
            && points.ValueKind == JsonValueKind.Array
            ? [.. points.EnumerateArray().Select(point => HitOf(point, target, isByWords ? null : query.Vector))]
            : throw new ConnectionException(ConnectionFault.Failed, "The answer is not one of Weaviate's: check url.");
    }

    // The names and types of what can be asked for.
    private async Task<Dictionary<string, string>> PropertiesAsync(VectorTarget target, CancellationToken ct)
    {
        var schema = await AskAsync(target, $"v1/schema/{target.Collection}", body: null, ct);
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        if (schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Array)
        {
            foreach (var property in properties.EnumerateArray())
            {
                var name = TextOf(property, "name");
                var type = property.TryGetProperty("dataType", out var types) && types.ValueKind == JsonValueKind.Array && types.GetArrayLength() == 1
                    ? types[0].GetString()
                    : null;
                if (name is not null && IsProperty(name) && type is not null && ValueNames.ContainsKey(type.Replace("[]", "", StringComparison.Ordinal)))
                {
                    found[name] = type;
                }
            }
        }

        return found;
    }

    private static void RequireText(VectorTarget target, Dictionary<string, string> properties)
    {
        if (!properties.TryGetValue(target.TextField, out var type) || type is not ("text" or "string"))
        {
            throw new ConnectionException(ConnectionFault.Unfit, $"The class {target.Collection} has no property {target.TextField} of type text: check text_field.");
        }
    }

    private static string WhereOf(IReadOnlyList<FieldEquals> filters, Dictionary<string, string> properties)
    {
        if (filters.Count == 0)
        {
            return string.Empty;
        }

        return $" where:{{operator:And operands:[{string.Join(' ', filters.Select(filter => ConditionOf(filter, properties)))}]}}";
    }

    private static string ConditionOf(FieldEquals filter, Dictionary<string, string> properties)
    {
        if (!properties.TryGetValue(filter.Field, out var listed))
        {
            throw new ConnectionException(ConnectionFault.Unfit, $"The filter names {filter.Field}, which is no property of the class that can be compared.");
        }

        var type = listed.Replace("[]", "", StringComparison.Ordinal);
        var fits = filter.Value.ValueKind switch
        {
            JsonValueKind.String => type is "text" or "string" or "uuid" or "date",
            JsonValueKind.Number => type == "number" || (type == "int" && filter.Value.TryGetInt64(out _)),
            _ => type == "boolean",
        };
        return fits
            ? $"{{path:[{Quoted(filter.Field)}] operator:Equal {ValueNames[type]}:{(filter.Value.ValueKind == JsonValueKind.String ? Quoted(filter.Value.GetString()!) : filter.Value.GetRawText())}}}"
            : throw new ConnectionException(ConnectionFault.Unfit, $"The filter compares {filter.Field}, which is of type {listed}, with {filter.Value.GetRawText()}.");
    }

    private static VectorHit HitOf(JsonElement point, VectorTarget target, float[]? vector)
    {
        var rest = new JsonObject();
        foreach (var field in point.EnumerateObject().Where(field => field.Name != "_additional" && field.Name != target.TextField))
        {
            rest[field.Name] = JsonSerializer.SerializeToNode(field.Value);
        }

        var hasMore = point.TryGetProperty("_additional", out var more);
        var cosine = hasMore && vector is not null && more.TryGetProperty("vector", out var stored) ? VectorHttp.Cosine(vector, stored) : null;
        return new VectorHit(
            (hasMore ? TextOf(more, "id") : null) ?? string.Empty, TextOf(point, target.TextField) ?? string.Empty, RawJson.Parse(rest.ToJsonString()), cosine);
    }

    // A string of GraphQL is written as one of JSON.
    private static string Quoted(string text) => JsonSerializer.Serialize(text, Strings);

    private static string VectorOf(float[] vector) => $"[{string.Join(',', vector.Select(value => value.ToString("R", CultureInfo.InvariantCulture)))}]";

    private static string? TextOf(JsonElement element, string field) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static string? GraphErrorOf(JsonElement answer) =>
        answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Array
            && errors.GetArrayLength() > 0
            ? TextOf(errors[0], "message") ?? "an error without words"
            : null;

    // Refusals over HTTP are a list of errors under another name.
    private static string? WordsOf(JsonElement answer) =>
        answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("error", out var errors) && errors.ValueKind == JsonValueKind.Array
            && errors.GetArrayLength() > 0
            ? TextOf(errors[0], "message")
            : GraphErrorOf(answer);

    private static void Sign(HttpRequestHeaders headers, string key) => headers.TryAddWithoutValidation("Authorization", $"Bearer {key}");

    private Task<JsonElement> AskAsync(VectorTarget target, string path, JsonObject? body, CancellationToken ct) =>
        http.AskAsync(target, path, body is null ? null : JsonSerializer.SerializeToUtf8Bytes(body), Sign, WordsOf, ct);

    [GeneratedRegex(@"^[A-Z][_0-9A-Za-z]{0,254}\z")]
    private static partial Regex ClassName();

    [GeneratedRegex(@"^[_A-Za-z][_0-9A-Za-z]{0,230}\z")]
    private static partial Regex PropertyName();
}
