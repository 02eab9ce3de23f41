using System.ComponentModel.DataAnnotations;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Semantics.Cube;
using AiBackend.Semantics.Layers;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AiBackend.Semantics.Questions;

/// <summary>What is looked for on a layer.</summary>
internal sealed record LayerSearchForm
{
    [Name(1_000)]
    public required string Query { get; init; }

    [Range(1, 100)]
    public int Limit { get; init; } = 20;
}

/// <summary>What was found, the best first.</summary>
internal sealed record LayerSearchResponse(IReadOnlyList<LayerMember> Data, double TookMs);

/// <summary>A query or a question: exactly one.</summary>
internal sealed record LayerQueryForm
{
    /// <summary>A query in Cube's own form, at most 10,000 rows, 1,000 without a limit.</summary>
    [FreeObject]
    public RawJson? Query { get; init; }

    /// <summary>In words, in English.</summary>
    [Name(1_000)]
    public string? Question { get; init; }

    /// <summary>Whether to answer with the query and its SQL without running it.</summary>
    public bool PlanOnly { get; init; }

    /// <summary>In which days begin, such as <c>Europe/Berlin</c>; null: UTC.</summary>
    [Name(64)]
    public string? Timezone { get; init; }
}

/// <summary>An answer in numbers.</summary>
/// <param name="Query">The query that was asked, in Cube's form.</param>
/// <param name="Source">Who made it: <c>query</c> (the caller), <c>parser</c> or <c>model</c>.</param>
/// <param name="Explanation">What it asks, in words.</param>
/// <param name="Rows">Objects by the columns' names; numbers are numbers.</param>
/// <param name="Chart">A Vega-Lite chart with its data; null where none fits.</param>
/// <param name="Sql">With <c>plan_only</c>.</param>
/// <param name="Confidence">How surely the question was understood, 0 to 1; 1 for a query.</param>
internal sealed record LayerQueryResponse(
    RawJson Query,
    string Source,
    string Explanation,
    IReadOnlyList<QueryColumn> Columns,
    IReadOnlyList<RawJson> Rows,
    RawJson? Chart,
    string? Sql,
    double TookMs,
    double Confidence)
{
    public static LayerQueryResponse From(LayerAnswer answer, double tookMs) => new(
        RawJson.Of(CubeQueryJson.Write(answer.Query), WireJson.Options),
        answer.Source,
        answer.Explanation,
        answer.Columns,
        [.. answer.Rows.Select(row => RawJson.Of(row, WireJson.Options))],
        answer.Chart is null ? null : RawJson.Of(answer.Chart, WireJson.Options),
        answer.Sql,
        tookMs,
        answer.Confidence);
}

internal static class QuestionEndpoints
{
    public static void MapQuestions(this IEndpointRouteBuilder api)
    {
        var layers = api.MapGroup("/semantic/layers/{layer}").WithTags("Semantic layers");
        layers.MapPost("/search", SearchAsync).RequireScope(Scopes.SemanticRead)
            .WithName("SearchSemanticLayer").WithSummary("Finds cubes, members and values of a layer by words and meaning");
        layers.MapPost("/query", QueryAsync).RequireScope(Scopes.SemanticRead)
            .WithName("QuerySemanticLayer").WithSummary("Answers a query or a question in words with numbers, and a chart");
    }

    private static async Task<Ok<LayerSearchResponse>> SearchAsync(
        string layer, Body<LayerSearchForm> body, Caller caller, LayerQuestions questions, TimeProvider clock, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        var found = await questions.SearchAsync(await SemanticLayers.GetAsync(caller, layer, ct), body.Value.Query, body.Value.Limit, ct);
        return TypedResults.Ok(new LayerSearchResponse(found, Milliseconds(clock, started)));
    }

    private static async Task<Ok<LayerQueryResponse>> QueryAsync(
        string layer, Body<LayerQueryForm> body, Caller caller, LayerQuestions questions, TimeProvider clock, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        var form = body.Value;
        var found = await SemanticLayers.GetAsync(caller, layer, ct);
        var query = form.Query is { Text: not "null" } given ? given : (RawJson?)null;
        if ((query is null) == (form.Question is null))
        {
            throw ApiException.Invalid("question", "Give either query or question.");
        }

        var answer = query is { } asked
            ? await questions.QueryAsync(found, asked.ToElement(), form.Timezone, form.PlanOnly, ct)
            : await questions.AskAsync(found, form.Question!, form.Timezone, form.PlanOnly, ct);
        return TypedResults.Ok(LayerQueryResponse.From(answer, Milliseconds(clock, started)));
    }

    private static double Milliseconds(TimeProvider clock, long started) => Math.Round(clock.GetElapsedTime(started).TotalMilliseconds, 2);
}
