using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using AiBackend.Ai;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace AiBackend.Tests.OpenAi;

/// <summary>The service on a real port before a scripted model server.</summary>
public class OpenAiApp : KestrelFixture
{
    public const string Model = "scripted/model-1";

    // Not those of any other timer of the service, so that a test can wait for them to be set.
    public static readonly TimeSpan FirstTokenLimit = TimeSpan.FromSeconds(61);
    public static readonly TimeSpan IdleLimit = TimeSpan.FromSeconds(31);
    public static readonly TimeSpan TotalLimit = TimeSpan.FromSeconds(307);

    private readonly ArmedClock clock = new();

    public override FakeTimeProvider Clock => clock;

    internal ArmedClock ArmedClock => clock;

    public ScriptedModelServer Server { get; private set; } = null!;

    internal virtual UpstreamPolicy Policy => new() { RetryDelay = TimeSpan.Zero, TriesToOpen = 10_000 };

    public override async ValueTask InitializeAsync()
    {
        Server ??= await ScriptedModelServer.StartNewAsync();
        await base.InitializeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected override void ConfigureServices(IServiceCollection services) => services.AddSingleton(
        new AiOptions
        {
            BaseUrl = Server.BaseUrl,
            ApiKey = "sk-operator",
            Model = Model,
            Policy = Policy,
            FirstTokenLimit = FirstTokenLimit,
            IdleLimit = IdleLimit,
            TotalLimit = TotalLimit,
        });
}

/// <summary>Requests and answers of this face.</summary>
internal static class OpenAiHttp
{
    public const string Completions = "/v1/chat/completions";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static Task<HttpResponseMessage> CompleteAsync(this HttpClient http, object body) => http.PostJsonAsync(Completions, body);

    /// <summary>A request of one message to the scripted model.</summary>
    public static Task<HttpResponseMessage> AskAsync(this HttpClient http, string text = "Hello", bool stream = false) =>
        http.CompleteAsync(new { model = OpenAiApp.Model, messages = User(text), stream });

    public static object[] User(string text) => [new { role = "user", content = text }];

    /// <summary>Fails unless the answer is an error of this status, type and code in OpenAI's form.</summary>
    public static async Task<JsonElement> ExpectErrorAsync(this HttpResponseMessage response, int status, string type, string? code, string? param = null)
    {
        var body = await response.ExpectAsync(status);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(["error"], body.EnumerateObject().Select(field => field.Name));
        var error = body.GetProperty("error");
        Assert.Equal(["message", "type", "param", "code"], error.EnumerateObject().Select(field => field.Name));
        Assert.Equal((type, param, code), (error.Text("type"), error.GetProperty("param").GetString(), error.GetProperty("code").GetString()));
        Assert.NotEmpty(error.Text("message"));
        return error;
    }

    /// <summary>Opens a stream and reads no more than its head.</summary>
    public static async Task<HttpResponseMessage> OpenAsync(this HttpClient http, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Completions)
        {
            Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json"),
        };
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Ct);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return response;
    }

    /// <summary>The data of all events of a streamed answer.</summary>
    public static async Task<List<string>> EventsAsync(this HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync(Ct);
        Assert.EndsWith("\n\n", text);
        return [.. text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(sent => sent["data: ".Length..])];
    }

    /// <summary>The text that the events add up to.</summary>
    public static string TextOf(IEnumerable<string> events) => string.Concat(
        events.Where(sent => sent != "[DONE]").Select(sent => (string?)JsonNode.Parse(sent)?["choices"]?.AsArray().FirstOrDefault()?["delta"]?["content"]));

    /// <summary>The error that ends a stream.</summary>
    public static JsonNode ErrorOf(IReadOnlyList<string> events) => JsonNode.Parse(events[^1])!["error"]!;
}
