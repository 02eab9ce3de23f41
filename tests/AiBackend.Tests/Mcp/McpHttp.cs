using System.Text.Json;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Mcp;

/// <summary>Messages of the Model Context Protocol, as tests write and read them.</summary>
internal static class McpHttp
{
    public const string Path = "/mcp";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static Task<HttpResponseMessage> SendMcpAsync(
        this HttpClient http, string method, object? parameters = null, params (string Name, string Value)[] headers) =>
        http.PostJsonAsync(
            Path,
            new { jsonrpc = "2.0", id = 1, method, @params = parameters ?? new { } },
            [("Accept", "application/json, text/event-stream"), .. headers]);

    /// <summary>The message that answers.</summary>
    public static async Task<JsonElement> AskMcpAsync(this HttpClient http, string method, object? parameters = null)
    {
        using var response = await http.SendMcpAsync(method, parameters);
        var text = await response.Content.ReadAsStringAsync(Ct);
        Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}: {text}");
        var data = Assert.Single(text.Split('\n'), line => line.StartsWith("data: ", StringComparison.Ordinal));
        return JsonSerializer.Deserialize<JsonElement>(data["data: ".Length..]);
    }

    /// <summary>What a method answers that succeeds.</summary>
    public static async Task<JsonElement> ResultAsync(this HttpClient http, string method, object? parameters = null)
    {
        var answer = await http.AskMcpAsync(method, parameters);
        return answer.TryGetProperty("result", out var result) ? result : throw new InvalidOperationException(answer.GetRawText());
    }

    /// <summary>The code and the text of the error that a method answers.</summary>
    public static async Task<(int Code, string Message)> ErrorAsync(this HttpClient http, string method, object? parameters = null)
    {
        var error = (await http.AskMcpAsync(method, parameters)).GetProperty("error");
        return (error.GetProperty("code").GetInt32(), error.Text("message"));
    }

    /// <summary>What a tool answers that succeeds.</summary>
    public static async Task<JsonElement> CallAsync(this HttpClient http, string tool, object arguments)
    {
        var result = await http.ResultAsync("tools/call", new { name = tool, arguments });
        Assert.False(result.TryGetProperty("isError", out var isError) && isError.GetBoolean(), result.GetRawText());
        return result.GetProperty("structuredContent");
    }

    /// <summary>Why a tool did not do it.</summary>
    public static async Task<JsonElement> RefusalAsync(this HttpClient http, string tool, object arguments)
    {
        var result = await http.ResultAsync("tools/call", new { name = tool, arguments });
        Assert.True(result.GetProperty("isError").GetBoolean());
        return result.GetProperty("structuredContent").GetProperty("error");
    }

    /// <summary>The arguments that a tool complains of.</summary>
    public static async Task<string[]> InvalidArgumentsAsync(this HttpClient http, string tool, object arguments)
    {
        var error = await http.RefusalAsync(tool, arguments);
        Assert.Equal("validation_failed", error.Text("code"));
        return [.. error.GetProperty("errors").EnumerateObject().Select(field => field.Name)];
    }

    /// <summary>The text of a resource.</summary>
    public static async Task<JsonElement> ReadAsync(this HttpClient http, string uri) =>
        Assert.Single((await http.ResultAsync("resources/read", new { uri })).GetProperty("contents").EnumerateArray());

    /// <summary>A new collection.</summary>
    public static async Task<string> NewCollectionAsync(this HttpClient http, string name = "Shop") =>
        (await (await http.PostJsonAsync("/api/v1/collections", new { name })).ExpectAsync(201)).Text("id");

    /// <summary>A document that is searchable.</summary>
    public static async Task<string> NewDocumentAsync(this HttpClient http, string collection, object document)
    {
        var stored = await (await http.PostJsonAsync($"/api/v1/collections/{collection}/documents", document, ("Prefer", "wait"))).ExpectAsync(201);
        return stored.GetProperty("document").Text("id");
    }
}
