using System.Net;
using System.Text;
using AiBackend.Semantics.Cube;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AiBackend.Tests.Semantics.Cube;

/// <summary>Stands in for Cube where a test needs answers that a real one gives rarely.</summary>
internal sealed class ScriptedCube : IAsyncDisposable
{
    public const string Secret = "scripted-s3cret";
    public const string Meta = """{"cubes":[{"name":"orders","title":"Orders","measures":[{"name":"orders.count","title":"Orders Count","shortTitle":"Count","type":"number","aggType":"count"}],"dimensions":[],"segments":[]}]}""";

    private readonly WebApplication app;
    private readonly List<CubeRequest> requests = [];

    private ScriptedCube()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        app = builder.Build();
        app.Run(HandleAsync);
    }

    /// <summary>Gives status and body of an answer; null: none ever comes.</summary>
    public Func<CubeRequest, (int Status, string Body)?> Answer { get; set; } = request => request.Path switch
    {
        "/readyz" => (200, """{"health":"HEALTH"}"""),
        "/cubejs-api/v1/meta" => (200, Meta),
        _ => (404, "nothing"),
    };

    public string Url => app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    public IReadOnlyList<CubeRequest> Requests
    {
        get
        {
            lock (requests)
            {
                return [.. requests];
            }
        }
    }

    public static async Task<ScriptedCube> StartAsync()
    {
        var cube = new ScriptedCube();
        await cube.app.StartAsync();
        return cube;
    }

    public async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource(TimeSpan.Zero);
        await app.StopAsync(atOnce.Token);
        await app.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body, Encoding.UTF8);
        var request = new CubeRequest(
            http.Request.Path, http.Request.QueryString.Value ?? "", http.Request.Headers.Authorization.ToString(), await reader.ReadToEndAsync(http.RequestAborted));
        lock (requests)
        {
            requests.Add(request);
        }

        if (Answer(request) is not { } answer)
        {
            await Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return;
        }

        http.Response.StatusCode = answer.Status;
        http.Response.ContentType = "application/json";
        if (answer.Status == 302)
        {
            http.Response.Headers.Location = answer.Body;
            return;
        }

        await http.Response.WriteAsync(answer.Body, http.RequestAborted);
    }
}

/// <param name="Token">As it was sent.</param>
internal sealed record CubeRequest(string Path, string Query, string Token, string Body)
{
    /// <summary>What the token says, if it holds at this time.</summary>
    public CubeClaims? ClaimsAt(DateTimeOffset now) => CubeTokens.Verify(ScriptedCube.Secret, Token, now);
}
