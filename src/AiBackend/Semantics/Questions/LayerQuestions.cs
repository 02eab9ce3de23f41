using System.Text.Json;
using System.Text.Json.Nodes;
using AiBackend.Ai;
using AiBackend.Clients;
using AiBackend.Http;
using AiBackend.Semantics.Cube;
using AiBackend.Semantics.Layers;

namespace AiBackend.Semantics.Questions;

/// <summary>
/// Answers queries and questions to a layer. The parser is tried first, as it costs nothing and answers only what it understood whole; where it refuses, a
/// model that is configured is asked. Whatever made the query, it is checked against the layer and limited before it is sent.
/// </summary>
internal sealed class LayerQuestions(
    SemanticLayers layers, LayerIndexes indexes, CubeClient cube, QuestionModel? model, QuestionTokens tokens, TimeProvider clock)
{
    /// <summary>Finds members and values by word and meaning.</summary>
    /// <exception cref="ApiException">The layer has no server, or that does not answer.</exception>
    public async Task<IReadOnlyList<LayerMember>> SearchAsync(SemanticLayer layer, string query, int limit, CancellationToken ct) =>
        await InWordsAsync(async () => (await indexes.GetAsync(layer, await TargetAsync(layer, ct), ct)).Search(query, limit));

    /// <summary>Runs a query in Cube's own form.</summary>
    /// <exception cref="ApiException">422 for what is wrong with it; else as in <see cref="SearchAsync"/>.</exception>
    public Task<LayerAnswer> QueryAsync(SemanticLayer layer, JsonElement query, string? timezone, bool isPlan, CancellationToken ct) => InWordsAsync(async () =>
    {
        var read = CubeQueryJson.Read(query);
        var target = await TargetAsync(layer, ct);
        var meta = await cube.MetaAsync(target, ct);
        var asked = CubeQueryCheck.Check(read with { Timezone = read.Timezone ?? timezone }, meta);
        return await AnswerAsync(target, meta, asked, 1, "query", isPlan, ct);
    });

    /// <summary>Answers a question in words.</summary>
    /// <exception cref="ApiException">
    /// 422 <c>question_not_understood</c> with suggestions; 429 where a model would be asked and the client's tokens are used up; else as in <see cref="SearchAsync"/>.
    /// </exception>
    public Task<LayerAnswer> AskAsync(SemanticLayer layer, string question, string? timezone, bool isPlan, CancellationToken ct) => InWordsAsync(async () =>
    {
        var today = Today(timezone);
        var target = await TargetAsync(layer, ct);
        var index = await indexes.GetAsync(layer, target, ct);
        var parsed = index.Parser.Parse(question, today);
        if (parsed.Query is not null)
        {
            return await AnswerParsedAsync(target, index.Meta, parsed, timezone, isPlan, ct);
        }

        if (model is not null)
        {
            var settings = await tokens.RequireAsync(layer.ClientId, ct);
            var tally = new TokenTally();
            try
            {
                if (await MakeAsync(target, index, question, today, timezone, settings, tally, ct) is { } made)
                {
                    return await AnswerAsync(target, index.Meta, made, QuestionModel.Confidence, "model", isPlan, ct);
                }
            }
            finally
            {
                await tokens.CountAsync(layer, tally.Total);
            }
        }

        throw new ApiException(StatusCodes.Status422UnprocessableEntity, "question_not_understood", parsed.Reason ?? "The question is not understood.")
        {
            Suggestions = QuestionSuggestions.For(question, index.Lexicon, index.Parser, today),
        };
    });

    /// <summary>What the parser alone makes of a question and is at least so sure of; null for all else, failures of the server too.</summary>
    public async Task<LayerAnswer?> TryAsync(SemanticLayer layer, string question, double leastConfidence, CancellationToken ct)
    {
        try
        {
            var target = await TargetAsync(layer, ct);
            var index = await indexes.GetAsync(layer, target, ct);
            return index.Parser.Parse(question, Today(null)) is { Query: not null } parsed && parsed.Confidence >= leastConfidence
                ? await AnswerParsedAsync(target, index.Meta, parsed, timezone: null, isPlan: false, ct)
                : null;
        }
        catch (Exception error) when (error is CubeException or ApiException)
        {
            return null;
        }
    }

    /// <summary>Whether a model may be asked a question that the parser does not answer, as it plainly asks for numbers of this layer; never without a model.</summary>
    public async Task<bool> IsForModelAsync(SemanticLayer layer, string question, CancellationToken ct)
    {
        if (model is null)
        {
            return false;
        }

        try
        {
            return (await indexes.GetAsync(layer, await TargetAsync(layer, ct), ct)).Parser.AsksForNumbers(question, Today(null));
        }
        catch (Exception error) when (error is CubeException or ApiException)
        {
            return false;
        }
    }

    /// <summary>What a model makes of a question; null when it makes nothing of it, and for failures of the server too.</summary>
    /// <param name="tally">Gets what the model counted, for the caller to count.</param>
    public async Task<LayerAnswer?> TryModelAsync(SemanticLayer layer, string question, ClientSettings settings, TokenTally tally, CancellationToken ct)
    {
        try
        {
            var target = await TargetAsync(layer, ct);
            var index = await indexes.GetAsync(layer, target, ct);
            return await MakeAsync(target, index, question, Today(null), timezone: null, settings, tally, ct) is { } made
                ? await AnswerAsync(target, index.Meta, made, QuestionModel.Confidence, "model", isPlan: false, ct)
                : null;
        }
        catch (Exception error) when (error is CubeException or ApiException)
        {
            return null;
        }
    }

    private async Task<CubeQuery?> MakeAsync(
        CubeTarget target, LayerIndex index, string question, DateOnly today, string? timezone, ClientSettings settings, TokenTally tally, CancellationToken ct)
    {
        var made = await model!.AskAsync(
            index, question, today, settings.Chat.Model, query => cube.SqlAsync(target, Json(Checked(query, index.Meta, timezone)), ct), tally, ct);
        return made is null ? null : Checked(made, index.Meta, timezone);
    }

    private static CubeQuery Checked(CubeQuery query, CubeMeta meta, string? timezone) => CubeQueryCheck.Check(query with { Timezone = query.Timezone ?? timezone }, meta);

    private static JsonElement Json(CubeQuery query) => CubeQueryJson.Write(QueryTable.Parts(query)[0].Query).Deserialize<JsonElement>();

    private async Task<CubeTarget> TargetAsync(SemanticLayer layer, CancellationToken ct) => await layers.TargetOfAsync(layer, ct)
        ?? throw ApiException.Conflict("The layer has no semantic server; register one at /semantic/servers and name it as server_id of the layer.", "no_semantic_server");

    private DateOnly Today(string? timezone)
    {
        var zone = timezone is null ? TimeZoneInfo.Utc
            : TimeZoneInfo.TryFindSystemTimeZoneById(timezone, out var found) ? found
            : throw ApiException.Invalid("timezone", "There is no time zone of that name; names are such as Europe/Berlin.");
        return DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(clock.GetUtcNow(), zone).DateTime);
    }

    // "Which reviewer has the most courses" is not answered by the courses without one: where these are among the first, they are left out, and said to be.
    private async Task<LayerAnswer> AnswerParsedAsync(CubeTarget target, CubeMeta meta, ParsedQuestion parsed, string? timezone, bool isPlan, CancellationToken ct)
    {
        var (understood, query) = (parsed.Query!, Checked(parsed.Query!, meta, timezone));
        var answer = await AnswerAsync(target, meta, query, parsed.Confidence, "parser", isPlan, ct);
        return understood.Limit is null || understood.Dimensions.Count == 0 || !answer.Rows.Any(row => understood.Dimensions.All(dimension => row[dimension] is null))
            ? answer
            : await AnswerAsync(
                target, meta, query with { Filters = [.. query.Filters, new CubeFilter.Condition(query.Dimensions[0], "set", [])] }, parsed.Confidence, "parser", isPlan, ct);
    }

    private async Task<LayerAnswer> AnswerAsync(
        CubeTarget target, CubeMeta meta, CubeQuery query, double confidence, string source, bool isPlan, CancellationToken ct)
    {
        var columns = QueryTable.Columns(query, meta);
        var explanation = QueryWords.Of(query, meta);
        if (isPlan)
        {
            var plan = await cube.SqlAsync(target, Json(query), ct);
            return new LayerAnswer(query, source, confidence, explanation, columns, [], null, plan.Sql);
        }

        var rows = new List<JsonObject>();
        foreach (var (part, period) in QueryTable.Parts(query))
        {
            var found = await cube.LoadAsync(target, CubeQueryJson.Write(part).Deserialize<JsonElement>(), ct);
            rows.AddRange(QueryTable.Rows(found.Data, columns, period));
        }

        return new LayerAnswer(query, source, confidence, explanation, columns, rows, VegaChart.Of(columns, rows, explanation), null);
    }

    private static async Task<T> InWordsAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (CubeException error)
        {
            throw error.ToProblem();
        }
    }
}

/// <summary>An answer of a layer.</summary>
/// <param name="Source">Who made the query: <c>query</c> (the caller), <c>parser</c> or <c>model</c>.</param>
/// <param name="Explanation">What was asked, in words.</param>
/// <param name="Chart">Vega-Lite; null where none fits.</param>
/// <param name="Sql">When it was planned only.</param>
internal sealed record LayerAnswer(
    CubeQuery Query,
    string Source,
    double Confidence,
    string Explanation,
    IReadOnlyList<QueryColumn> Columns,
    IReadOnlyList<JsonObject> Rows,
    JsonObject? Chart,
    string? Sql);
