using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace AiBackend.Load;

/// <summary>
/// An OpenAI-compatible chat model that gives a fixed answer at once, streamed or plain as it is asked, and notes for each request when it came in and when its
/// first delta was sent, so that the service's own part can be told from the model's.
/// </summary>
internal sealed class ScriptedModel : IAsyncDisposable
{
    /// <summary>In how many pieces an answer comes.</summary>
    public const int Deltas = 20;


    private static readonly byte[] Whole = Encoding.UTF8.GetBytes(
        $$$"""{"id":"c","object":"chat.completion","created":1,"model":"scripted","choices":[{"index":0,"message":{"role":"assistant","content":"{{{string.Join(' ', Enumerable.Range(0, Deltas).Select(i => $"word{i}"))}}}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":20,"total_tokens":30}}""");

    private readonly WebApplication app;

    private ScriptedModel(WebApplication app) => this.app = app;

    /// <summary>How long the model itself took from request to first delta, of the latest request.</summary>
    public TimeSpan OwnTime { get; private set; }

    /// <summary>Whether nothing comes after the first piece of a streamed answer.</summary>
    public bool Holds { get; set; }

    public int Port => new Uri(app.Urls.Single()).Port;

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
        using var body = new MemoryStream((int)(http.Request.ContentLength ?? 0));
        await http.Request.Body.CopyToAsync(body);
        if (body.GetBuffer().AsSpan().IndexOf("\"stream\":true"u8) < 0)
        {
            http.Response.ContentType = "application/json";
            http.Response.ContentLength = Whole.Length;
            await http.Response.Body.WriteAsync(Whole);
            return;
        }

        http.Response.ContentType = "text/event-stream";
        for (var i = 0; i < Deltas; i++)
        {
            await http.Response.WriteAsync(Chunk($$"""{"role":"assistant","content":"word{{i}} "}""", "null"));
            if (i == 0)
            {
                await http.Response.Body.FlushAsync();
                OwnTime = Stopwatch.GetElapsedTime(received);
                if (Holds)
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, http.RequestAborted);
                }
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
