using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace AiBackend.Tests.Support;

/// <summary>Requests and answers as tests write and read them.</summary>
public static class HttpExtensions
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <param name="headers">Such as <c>("Idempotency-Key", "k1")</c>.</param>
    public static Task<HttpResponseMessage> PostJsonAsync(
        this HttpClient http, string path, object? body = null, params (string Name, string Value)[] headers) =>
        http.SendJsonAsync(HttpMethod.Post, path, body, headers);

    public static Task<HttpResponseMessage> PatchJsonAsync(
        this HttpClient http, string path, object body, params (string Name, string Value)[] headers) =>
        http.SendJsonAsync(HttpMethod.Patch, path, body, headers);

    public static Task<HttpResponseMessage> SendJsonAsync(
        this HttpClient http, HttpMethod method, string path, object? body, params (string Name, string Value)[] headers) =>
        http.SendAsync(method, path, body is null ? null : JsonContent.Create(body, body.GetType(), options: Json), headers);

    /// <summary>Sends text as it is, as JSON unless another media type is named.</summary>
    public static Task<HttpResponseMessage> SendTextAsync(
        this HttpClient http, HttpMethod method, string path, string text, string mediaType = "application/json") =>
        http.SendAsync(method, path, new ByteArrayContent(Encoding.UTF8.GetBytes(text)) { Headers = { ContentType = new MediaTypeHeaderValue(mediaType) } });

    public static async Task<HttpResponseMessage> SendAsync(
        this HttpClient http, HttpMethod method, string path, HttpContent? content, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await http.SendAsync(request, Ct);
    }

    /// <summary>Reads a resource that is expected to be there.</summary>
    public static async Task<JsonElement> GetJsonAsync(this HttpClient http, string path) =>
        await (await http.GetAsync(path, Ct)).ExpectAsync(200);

    /// <summary>The body as JSON.</summary>
    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage response)
    {
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Ct));
        return document.RootElement.Clone();
    }

    /// <summary>Fails, with the body, unless the answer has this status.</summary>
    /// <returns>The body as JSON; undefined when there is none.</returns>
    public static async Task<JsonElement> ExpectAsync(this HttpResponseMessage response, int status)
    {
        var body = await response.Content.ReadAsStringAsync(Ct);
        Assert.True((int)response.StatusCode == status, $"Expected {status}, got {(int)response.StatusCode}: {body}");
        return body.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(body);
    }

    /// <summary>Fails unless the answer is a problem of this status and code.</summary>
    /// <returns>The problem.</returns>
    public static async Task<JsonElement> ExpectProblemAsync(this HttpResponseMessage response, int status, string code)
    {
        var problem = await response.ExpectAsync(status);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal((status, code), (problem.GetProperty("status").GetInt32(), problem.Text("code")));
        return problem;
    }

    /// <summary>The fields that a 422 complains of.</summary>
    public static async Task<string[]> InvalidFieldsAsync(this HttpResponseMessage response)
    {
        var problem = await response.ExpectProblemAsync(422, "validation_failed");
        return [.. problem.GetProperty("errors").EnumerateObject().Select(field => field.Name)];
    }

    /// <summary>The one value of a header; null without it.</summary>
    public static string? Header(this HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values) ? values.Single() : null;

    /// <summary>The text of a field.</summary>
    public static string Text(this JsonElement json, string field) =>
        json.GetProperty(field).GetString() ?? throw new InvalidOperationException($"{field} is null.");

    /// <summary>The entries of a page.</summary>
    public static JsonElement[] Data(this JsonElement page) => [.. page.GetProperty("data").EnumerateArray()];
}
