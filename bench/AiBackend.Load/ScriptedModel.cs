using System.Diagnostics;
using System.Globalization;

namespace AiBackend.Load;

/// <summary>
/// An OpenAI-compatible chat model that streams a fixed answer at once, and notes for each request when it came in and when its
/// first delta was sent, so that the service's own part can be told from the model's.
/// </summary>
internal sealed class ScriptedModel : IAsyncDisposable
{
    private const int Deltas = 20;

    private readonly WebApplication app;

    private ScriptedModel(WebApplication app) => this.app = app;

    /// <summary>How long the model itself took from request to first delta, of the latest request.</summary>
    public TimeSpan OwnTime { get; private set; }

    public string BaseUrl => app.Urls.Single() + "/v1";

    public static async Task<ScriptedModel> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{ServerProcess.FreePort().ToString(CultureInfo.InvariantCulture)}");
        var app = builder.Build();
        var model = new ScriptedModel(app);
        app.MapPost("/v1/chat/completions", model.AnswerAsync);
        await app.StartAsync();
        return model;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        var received = Stopwatch.GetTimestamp();
        await http.Request.Body.CopyToAsync(Stream.Null);
        http.Response.ContentType = "text/event-stream";
        for (var i = 0; i < Deltas; i++)
        {
            await http.Response.WriteAsync(Chunk($$"""{"role":"assistant","content":"word{{i}} "}""", "null"));
            if (i == 0)
            {
                await http.Response.Body.FlushAsync();
                OwnTime = Stopwatch.GetElapsedTime(received);
            }
        }

        await http.Response.WriteAsync(Chunk("{}", "\"stop\""));
        await http.Response.WriteAsync(
            """data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"scripted","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":20,"total_tokens":30}}""" + "\n\n");
        await http.Response.WriteAsync("data: [DONE]\n\n");
    }

    private static string Chunk(string delta, string finish) =>
        $$"""data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"scripted","choices":[{"index":0,"delta":{{delta}},"finish_reason":{{finish}}}]}""" + "\n\n";
}
