using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using System.Text.Json.Nodes;
using AiBackend.Events;
using AiBackend.Http;
using AiBackend.Semantics.Servers;

namespace AiBackend.Semantics.Cube;

/// <summary>Calls the REST API of Cube servers, each request with a token of its own.</summary>
internal sealed partial class CubeClient(SemanticHttp http, CubeOptions options, SecretBox box, TimeProvider clock)
{
    private const string Api = "/cubejs-api/v1";
    private const string Waiting = "Continue wait";
    private const int MaxWords = 1_000;

    /// <summary>Whether the server is up.</summary>
    /// <exception cref="CubeException">It is not.</exception>
    public async Task ReadyAsync(SemanticServer server, CancellationToken ct) =>
        await SendAsync(server, token: null, HttpMethod.Get, "/readyz", body: null, options.AnswerLimit, ct);

    /// <summary>The rows of a query in Cube's own form; waits for them as long as the limit of time allows.</summary>
    /// <param name="query">A <c>limit</c> above the limit of rows, or none, is that limit.</param>
    /// <exception cref="CubeException">The query fails.</exception>
    public async Task<CubeRows> LoadAsync(CubeTarget target, JsonElement query, CancellationToken ct)
    {
        var body = new JsonObject { ["query"] = Limited(query) };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(options.LoadLimit);
        try
        {
            while (true)
            {
                var answer = await AskAsync(target, HttpMethod.Post, "/load", body, options.LoadLimit, limit.Token);
                if (answer.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Array)
                {
                    return new CubeRows(data, answer.TryGetProperty("annotation", out var annotation) ? annotation : default);
                }

                if (ErrorOf(answer) != Waiting)
                {
                    throw NotCube(target.Server);
                }
            }
        }
        catch (OperationCanceledException error) when (!ct.IsCancellationRequested)
        {
            throw new CubeException(CubeFault.TimedOut, $"The query took longer than {options.LoadLimit.TotalSeconds:0} seconds.", error);
        }
    }

    /// <summary>The statement that Cube would run for a query.</summary>
    /// <exception cref="CubeException">The query is not right.</exception>
    public async Task<CubeSql> SqlAsync(CubeTarget target, JsonElement query, CancellationToken ct)
    {
        var answer = await AskAsync(target, HttpMethod.Post, "/sql", new JsonObject { ["query"] = Limited(query) }, options.AnswerLimit, ct);
        return answer.TryGetProperty("sql", out var outer) && outer.ValueKind == JsonValueKind.Object
            && outer.TryGetProperty("sql", out var statement) && statement.ValueKind == JsonValueKind.Array && statement.GetArrayLength() == 2
            && statement[0].ValueKind == JsonValueKind.String && statement[1].ValueKind == JsonValueKind.Array
            ? new CubeSql(statement[0].GetString()!, [.. statement[1].EnumerateArray()])
            : throw NotCube(target.Server);
    }

    private JsonObject Limited(JsonElement query)
    {
        var limited = JsonObject.Create(query) ?? throw new ArgumentException("A query is an object.", nameof(query));
        limited = limited.DeepClone().AsObject();
        var asked = limited["limit"] is JsonValue value && value.TryGetValue<int>(out var rows) && rows >= 0 ? rows : options.MaxRows;
        limited["limit"] = Math.Min(asked, options.MaxRows);
        return limited;
    }

    private Task<JsonElement> AskAsync(CubeTarget target, HttpMethod method, string path, JsonObject? body, TimeSpan limit, CancellationToken ct)
    {
        var secret = SecretOf(target.Server);
        return SendAsync(target.Server, CubeTokens.Sign(secret, target.Claims, clock.GetUtcNow()), method, Api + path, body, limit, ct);
    }

    private async Task<JsonElement> SendAsync(
        SemanticServer server, string? token, HttpMethod method, string path, JsonObject? body, TimeSpan limit, CancellationToken ct)
    {
        using var message = new HttpRequestMessage(method, server.Url.TrimEnd('/') + path);
        if (token is not null)
        {
            message.Headers.TryAddWithoutValidation("Authorization", token);
        }

        if (body is not null)
        {
            message.Content = new StringContent(body.ToJsonString(), new MediaTypeHeaderValue("application/json"));
        }

        using var within = CancellationTokenSource.CreateLinkedTokenSource(ct);
        within.CancelAfter(limit);
        try
        {
            using var response = await http.For(server.IsOperators).SendAsync(message, HttpCompletionOption.ResponseHeadersRead, within.Token);
            return await ReadAsync(server, response, isApi: token is not null, within.Token);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException or AddressRefusedException)
        {
            ct.ThrowIfCancellationRequested();
            throw Named(server, error);
        }
    }

    private async Task<JsonElement> ReadAsync(SemanticServer server, HttpResponseMessage response, bool isApi, CancellationToken ct)
    {
        var bytes = new MemoryStream();
        await using var content = await response.Content.ReadAsStreamAsync(ct);
        var buffer = new byte[16 << 10];
        for (int count; (count = await content.ReadAsync(buffer, ct)) > 0; bytes.Write(buffer, 0, count))
        {
            if (bytes.Length + count > options.MaxBytes)
            {
                throw new CubeException(CubeFault.TooLarge, $"The answer is larger than the {options.MaxBytes >> 20} MiB that are taken: ask for fewer rows.");
            }
        }

        var answer = Parsed(bytes);
        var words = answer is { } json ? Clean(server, ErrorOf(json)) : null;
        return response.StatusCode switch
        {
            HttpStatusCode.OK when answer is { ValueKind: JsonValueKind.Object } found && (ErrorOf(found) is null or Waiting) => found,
            HttpStatusCode.OK when words is not null => throw new CubeException(CubeFault.Failed, words),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden when isApi => throw new CubeException(
                CubeFault.BadSecret, $"The server does not take our token{Said(words)}: check its api_secret and its clock."),
            HttpStatusCode.BadRequest when words is not null => throw new CubeException(CubeFault.BadQuery, words),
            HttpStatusCode.InternalServerError when words is not null => throw new CubeException(CubeFault.Failed, words),
            _ when !isApi && answer is not null => throw new CubeException(CubeFault.Unreachable, $"The server is up, but not ready{Said(words)}."),
            _ => throw NotCube(server),
        };
    }

    private static JsonElement? Parsed(MemoryStream bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes.GetBuffer().AsMemory(0, (int)bytes.Length));
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? ErrorOf(JsonElement answer) =>
        answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("error", out var error)
            ? error.ValueKind == JsonValueKind.String ? error.GetString() : error.GetRawText()
            : null;

    // The first lines are for people; after them come places in Cube's own code.
    private string? Clean(SemanticServer server, string? words)
    {
        if (words is null)
        {
            return null;
        }

        var lines = words.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .TakeWhile(line => !line.StartsWith("at ", StringComparison.Ordinal));
        var text = string.Join(' ', lines).Replace(SecretOf(server), "***", StringComparison.Ordinal);
        text = text.StartsWith("Error: ", StringComparison.Ordinal) ? text["Error: ".Length..] : text;
        return text.Length <= MaxWords ? text : $"{text[..MaxWords]}…";
    }

    private static string Said(string? words) => words is null ? string.Empty : $" ({words})";

    private string SecretOf(SemanticServer server) => box.Open(SemanticServer.SecretPurpose(server.Id), server.ApiSecret);

    private static CubeException NotCube(SemanticServer server) =>
        new(CubeFault.Unreachable, $"{new Uri(server.Url).Authority} does not answer as Cube does: check the address.");

    private static CubeException Named(SemanticServer server, Exception error)
    {
        var url = new Uri(server.Url);
        return error switch
        {
            OperationCanceledException => new CubeException(CubeFault.TimedOut, $"{url.Authority} took too long to answer.", error),
            _ when Cause<AddressRefusedException>(error) is not null => new CubeException(
                CubeFault.NotAllowed, $"The host {url.Host} is not a public address; the operator can allow such ones (DATA_ALLOW_PRIVATE_NETWORKS).", error),
            _ when Cause<AuthenticationException>(error) is not null => new CubeException(
                CubeFault.Unreachable, $"No encrypted connection to {url.Authority} could be made: its certificate is not valid, or it speaks no TLS.", error),
            _ when Cause<SocketException>(error) is { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } =>
                new CubeException(CubeFault.UnknownHost, $"The host {url.Host} is not known: check its name.", error),
            _ => new CubeException(CubeFault.Unreachable, $"{url.Authority} cannot be reached, or broke the connection off.", error),
        };
    }

    private static T? Cause<T>(Exception error)
        where T : Exception
    {
        for (var at = error; at is not null; at = at.InnerException)
        {
            if (at is T found)
            {
                return found;
            }
        }

        return null;
    }
}
