using System.Text.Json;
using AiBackend.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace AiBackend.Tests.DataStores;

/// <summary>Answers as a vector store does, by path; and as Qdrant for the points that it was given. It asks for the key "right".</summary>
public sealed class ScriptedVectorServer : LoopbackServer
{
    private readonly Dictionary<string, (int Status, string Body)> answers = [];
    private readonly List<(string Id, string Text, string Payload, float[] Vector)> points = [];
    private readonly TaskCompletionSource stall = new();
    private bool stalls;

    /// <summary>What a client names as its url.</summary>
    public string Url => Address;

    public static async Task<ScriptedVectorServer> StartNewAsync()
    {
        var server = new ScriptedVectorServer();
        await server.StartAsync();
        return server;
    }

    public void Answer(string path, string body, int status = 200) => answers[path] = (status, body);

    /// <summary>Never answers from now on.</summary>
    public void Stall() => stalls = true;

    /// <summary>Keeps a point of the collection <c>faq</c>, whose text is in <c>body</c>.</summary>
    /// <param name="payload">Further fields, as JSON between braces without them.</param>
    public void Add(string id, string text, float[] vector, string payload = "\"lang\":\"en\"") => points.Add((id, text, payload, vector));

    protected override async Task AnswerAsync(HttpContext http, RecordedRequest request)
    {
        if (stalls)
        {
            await stall.Task.WaitAsync(http.RequestAborted);
        }

        var key = request.Headers.TryGetValue("api-key", out var own) ? own : request.Headers.GetValueOrDefault("Authorization");
        var (status, body) = key is not ("right" or "Bearer right") ? (401, """{"status":{"error":"Must provide an API key"}}""")
            : answers.TryGetValue(request.Path, out var answer) ? answer
            : request.Path switch
            {
                "/" => (200, """{"title":"qdrant - vector search engine","version":"1.15.0"}"""),
                "/collections/faq" => (200, """{"result":{"status":"green"}}"""),
                "/collections/faq/points/query" => Nearest(request.Body),
                "/collections/faq/points/scroll" => (200, Points(points.Where(point => Holds(point.Text, point.Payload, request.Body)), withVector: false)),
                _ => (404, """{"status":{"error":"Not found: Collection doesn't exist!"}}"""),
            };
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(body);
    }

    private (int Status, string Body) Nearest(JsonElement body)
    {
        var vector = body.GetProperty("query").EnumerateArray().Select(value => value.GetSingle()).ToArray();
        if (points.Find(point => point.Vector.Length != vector.Length) is { Id: not null } other)
        {
            return (400, $$$"""{"status":{"error":"Wrong input: Vector dimension error: expected dim: {{{other.Vector.Length}}}, got {{{vector.Length}}}"}}""");
        }

        var found = points.Where(point => Holds(point.Text, point.Payload, body))
            .OrderByDescending(point => point.Vector.Zip(vector, (one, two) => one * two).Sum())
            .Take(body.GetProperty("limit").GetInt32());
        return (200, Points(found, withVector: true));
    }

    private static bool Holds(string text, string payload, JsonElement body)
    {
        var fields = JsonSerializer.Deserialize<JsonElement>($"{{{payload}}}");
        return body.GetProperty("filter").GetProperty("must").EnumerateArray().All(condition =>
        {
            var (key, match) = (condition.Text("key"), condition.GetProperty("match"));
            return key == "body"
                ? text.Contains(match.Text("text"), StringComparison.OrdinalIgnoreCase)
                : fields.TryGetProperty(key, out var value) && value.GetRawText() == match.GetProperty("value").GetRawText();
        });
    }

    private static string Points(IEnumerable<(string Id, string Text, string Payload, float[] Vector)> found, bool withVector) =>
        "{\"result\":{\"points\":["
        + string.Join(',', found.Select(point =>
            $"{{\"id\":{JsonSerializer.Serialize(point.Id)},\"score\":0.5,\"payload\":{{\"body\":{JsonSerializer.Serialize(point.Text)},{point.Payload}}}"
            + (withVector ? $",\"vector\":{JsonSerializer.Serialize(point.Vector)}}}" : "}")))
        + "]}}";
}
