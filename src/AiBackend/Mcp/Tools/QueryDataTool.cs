using System.ComponentModel;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Semantics.Layers;
using AiBackend.Semantics.Questions;

namespace AiBackend.Mcp.Tools;

internal sealed record QueryDataArguments
{
    [Description("The question, in English: a measure, by what, of which, when. For example: revenue by country last year.")]
    [Name(1_000)]
    public string? Question { get; init; }

    [Description("Instead of a question, a query in Cube's REST form (measures, dimensions, filters, timeDimensions, order, limit).")]
    [FreeObject]
    public RawJson? Query { get; init; }

    [Description("The semantic layer (lay_…); leave it out when there is one only.")]
    [Name(64)]
    public string? LayerId { get; init; }

    [Description("The time zone in which days begin, such as Europe/Berlin; UTC when left out.")]
    [Name(64)]
    public string? Timezone { get; init; }
}

/// <summary>Answers with numbers. Rows beyond a few hundred are of no use to a model, and charts are not either.</summary>
internal sealed class QueryDataTool(JsonBodies bodies, LayerQuestions questions, TimeProvider clock)
    : McpTool<QueryDataArguments>(bodies, "query_data", Scopes.SemanticRead)
{
    private const int MostRows = 200;

    protected override string Title => "Query data";

    protected override string Description =>
        "Answers a question about the company's data (its databases) with numbers: rows, columns, the query and what it asks in words. A question that is "
        + "not understood is refused with what could be asked; nothing is guessed.";

    protected override async Task<object> CallAsync(Caller caller, QueryDataArguments arguments, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        if ((arguments.Question is null) == (arguments.Query is null))
        {
            throw ApiException.Invalid("question", "Give either question or query.");
        }

        var layer = arguments.LayerId is { } id ? await SemanticLayers.GetAsync(caller, id, ct) : await OnlyAsync(caller, ct);
        try
        {
            var answer = arguments.Query is { } query
                ? await questions.QueryAsync(layer, query.ToElement(), arguments.Timezone, isPlan: false, ct)
                : await questions.AskAsync(layer, arguments.Question!, arguments.Timezone, isPlan: false, ct);
            return LayerQueryResponse.From(
                answer with { Rows = [.. answer.Rows.Take(MostRows)], Chart = null }, Math.Round(clock.GetElapsedTime(started).TotalMilliseconds, 2));
        }
        catch (ApiException refused) when (refused.Suggestions is { Count: > 0 } suggestions)
        {
            throw new ApiException(refused.Status, refused.Code, $"{refused.Message} It could be asked: {string.Join(" / ", suggestions)}");
        }
    }

    private static async Task<SemanticLayer> OnlyAsync(Caller caller, CancellationToken ct)
    {
        var page = await caller.Documents.PageAsync(Documents.Query.Of<SemanticLayer>(), cursor: null, 2, ct);
        return page.Items switch
        {
            [var only] => only,
            [] => throw ApiException.Invalid("layer_id", "The client has no semantic layer."),
            _ => throw ApiException.Invalid("layer_id", "The client has several semantic layers; name one."),
        };
    }
}
