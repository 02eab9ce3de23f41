using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AiBackend.Tests.Semantics.Questions;

/// <summary>A server that speaks as Cube does over the recorded shop: its models, sampled values, and what a test wants for all other queries.</summary>
public sealed class ScriptedCube : IAsyncLifetime
{
    private readonly WebApplication app;
    private readonly IReadOnlyDictionary<string, IReadOnlyList<string>> values = QuestionLayers.Values("shop");
    private readonly List<JsonNode> queries = [];
    private readonly List<JsonNode> plans = [];

    public ScriptedCube()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        app = builder.Build();
        app.MapGet("/readyz", () => "{}");
        app.MapGet("/cubejs-api/v1/meta", () => Results.Text(Meta, "application/json"));
        app.MapPost("/cubejs-api/v1/load", LoadAsync);
        app.MapPost("/cubejs-api/v1/sql", PlanAsync);
    }

    public string Url => app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>Rows or an error for a query; null: a row with 7 for each measure.</summary>
    public Func<JsonNode, JsonNode?>? Answer { get; set; }

    /// <summary>Its models.</summary>
    public string Meta { get; set; } = QuestionLayers.Meta("shop").GetRawText();

    /// <summary>Why a query cannot be planned; null: it can.</summary>
    public Func<JsonNode, string?>? Refuse { get; set; }

    /// <summary>Whether it answers queries and plans as a proxy before a server that is down does.</summary>
    public bool IsDown { get; set; }

    /// <summary>Queries that were to be planned, oldest first.</summary>
    public IReadOnlyList<JsonNode> Plans
    {
        get
        {
            lock (queries)
            {
                return [.. plans];
            }
        }
    }

    /// <summary>Queries that were no sampling of values, oldest first.</summary>
    public IReadOnlyList<JsonNode> Queries
    {
        get
        {
            lock (queries)
            {
                return [.. queries];
            }
        }
    }

    public async ValueTask InitializeAsync() => await app.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }

    private async Task<IResult> LoadAsync(HttpRequest request)
    {
        var query = (await JsonNode.ParseAsync(request.Body))!["query"]!;
        if (query["limit"]?.GetValue<int>() == 201)
        {
            var dimension = query["dimensions"]![0]!.ToString();
            return Data([.. values.GetValueOrDefault(dimension, []).Select(value => (JsonNode)new JsonObject { [dimension] = value })]);
        }

        lock (queries)
        {
            queries.Add(query);
        }

        return Answer?.Invoke(query) switch
        {
            JsonObject error => Results.Json(error, statusCode: 400),
            JsonArray rows => Data(rows),
            _ => Data([new JsonObject((query["measures"] as JsonArray ?? []).Select(measure => KeyValuePair.Create(measure!.ToString(), (JsonNode?)"7")))]),
        };
    }

    private async Task<IResult> PlanAsync(HttpRequest request)
    {
        var query = (await JsonNode.ParseAsync(request.Body))!["query"]!;
        lock (queries)
        {
            plans.Add(query);
        }

        return IsDown ? Results.Text("Bad gateway", statusCode: 502)
            : Refuse?.Invoke(query) is { } fault ? Results.Json(new { error = fault }, statusCode: 400)
            : Results.Text("""{"sql":{"sql":["SELECT 1",[]]}}""", "application/json");
    }

    private static IResult Data(JsonArray rows) => Results.Text(JsonSerializer.Serialize(new { data = rows, annotation = new { } }), "application/json");
}
