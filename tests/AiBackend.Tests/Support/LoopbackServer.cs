using System.Net;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AiBackend.Tests.Support;

/// <summary>A real server on a loopback port that records what it is asked.</summary>
public abstract class LoopbackServer : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly Channel<RecordedRequest> arrivals = Channel.CreateUnbounded<RecordedRequest>();
    private readonly List<RecordedRequest> requests = [];

    protected LoopbackServer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        app = builder.Build();
        app.Run(HandleAsync);
    }

    /// <summary>Everything it was asked so far, oldest first.</summary>
    public IReadOnlyList<RecordedRequest> Requests
    {
        get
        {
            lock (requests)
            {
                return [.. requests];
            }
        }
    }

    protected string Address =>
        app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>Waits for the next request that nobody waited for yet.</summary>
    public async Task<RecordedRequest> NextRequestAsync(CancellationToken ct) => await arrivals.Reader.ReadAsync(ct);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        // Requests that hang on purpose are not waited for.
        using var atOnce = new CancellationTokenSource(TimeSpan.Zero);
        await app.StopAsync(atOnce.Token);
        await app.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected Task StartAsync() => app.StartAsync();

    protected abstract Task AnswerAsync(HttpContext http, RecordedRequest request);

    private async Task HandleAsync(HttpContext http)
    {
        using var body = HttpMethods.IsGet(http.Request.Method)
            ? JsonDocument.Parse("null")
            : await JsonDocument.ParseAsync(http.Request.Body, cancellationToken: http.RequestAborted);
        var aborted = new TaskCompletionSource();
        http.RequestAborted.Register(() => aborted.TrySetResult());
        var request = new RecordedRequest(
            http.Request.Path,
            http.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            body.RootElement.Clone(),
            aborted.Task);
        lock (requests)
        {
            requests.Add(request);
        }

        arrivals.Writer.TryWrite(request);
        try
        {
            await AnswerAsync(http, request);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client left, which is what such a test is about.
        }
    }
}

/// <param name="Aborted">Ends when the client leaves before the answer does.</param>
public sealed record RecordedRequest(string Path, IReadOnlyDictionary<string, string> Headers, JsonElement Body, Task Aborted)
{
    /// <summary>The texts of a chat request's messages, each after its role and a colon.</summary>
    public IReadOnlyList<string> Messages =>
    [
        .. Body.GetProperty("messages").EnumerateArray().Select(
            message => $"{message.GetProperty("role").GetString()}: {Text(message.GetProperty("content"))}"),
    ];

    private static string? Text(JsonElement content) => content.ValueKind == JsonValueKind.String
        ? content.GetString()
        : string.Concat(content.EnumerateArray().Select(part => part.GetProperty("text").GetString()));
}
