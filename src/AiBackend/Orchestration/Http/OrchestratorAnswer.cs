using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using AiBackend.Ai;
using AiBackend.Documents;

namespace AiBackend.Orchestration.Http;

/// <summary>
/// What an outside orchestrator answers, as it came. Nothing in it is used before <see cref="Check"/>. Described in
/// <c>docs/guides/orchestrator.md</c>.
/// </summary>
internal sealed record OrchestratorAnswer
{
    public const int MostCitations = 50;
    public const int LongestName = 200;
    public const int LongestReason = 500;
    public const int LongestQuote = 4_000;
    public const int LongestUrl = 2_048;
    public const int MostDataBytes = 16 * 1_024;

    private static readonly JsonSerializerOptions Json = MakeJson();

    public string? Text { get; init; }

    public double? Confidence { get; init; }

    public IReadOnlyList<AnsweredCitation>? Citations { get; init; }

    public AnsweredUsage? Usage { get; init; }

    public string? Model { get; init; }

    public JsonElement? Data { get; init; }

    public AnsweredHandover? Handover { get; init; }

    /// <summary>Reads a part of an answer. Fields that the service does not know are passed over.</summary>
    /// <exception cref="UpstreamException">It is no JSON, or a field has another type than it should.</exception>
    public static T Parse<T>(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Json) ?? throw Invalid("it is null");
        }
        catch (JsonException error)
        {
            throw Invalid(error.Path is { Length: > 2 } path ? $"{path[2..]} cannot be read" : "it is not the JSON that was agreed on");
        }
    }

    /// <summary>The checked end of an answer.</summary>
    /// <param name="streamed">What the deltas added up to; null for a plain answer.</param>
    /// <exception cref="UpstreamException">A value is outside its limits.</exception>
    public AnswerPart Check(string? streamed, bool mayHandOver)
    {
        Require(Confidence is null or (>= 0 and <= 1), "confidence must be from 0 to 1");
        var usage = Usage?.Check();
        if (Handover is not null)
        {
            Require(mayHandOver, "handover is not open to this message");
            Require(string.IsNullOrEmpty(Text) && string.IsNullOrEmpty(streamed), "handover and text exclude each other");
            Require(Handover.Reason is { Length: > 0 and <= LongestReason }, $"handover.reason must have 1 to {LongestReason} characters");
            return new AnswerPart.HandOver(Handover.Reason!, Confidence, usage);
        }

        var text = Text ?? streamed;
        Require(!string.IsNullOrWhiteSpace(text), "text is missing");
        Require(text!.Length <= ChatModel.LongestAnswer, $"text is longer than {ChatModel.LongestAnswer} characters");
        Require(string.IsNullOrEmpty(streamed) || text == streamed, "text is not what the deltas add up to");
        Require(Model is null or { Length: > 0 and <= LongestName }, $"model must have 1 to {LongestName} characters");
        return new AnswerPart.Completed(text, Confidence, CheckedCitations(), usage, Model, CheckedData());
    }

    /// <summary>The checked citations.</summary>
    /// <exception cref="UpstreamException">One is outside its limits, or there are too many.</exception>
    public IReadOnlyList<Citation> CheckedCitations()
    {
        Require(Citations is null or { Count: <= MostCitations }, $"citations must not be more than {MostCitations}");
        return [.. (Citations ?? []).Select((citation, index) => citation.Check(index))];
    }

    internal static void Require(bool holds, string rule)
    {
        if (!holds)
        {
            throw Invalid(rule);
        }
    }

    internal static UpstreamException Invalid(string what) =>
        new(UpstreamFailure.Invalid, $"The orchestrator's answer cannot be used: {what}.") { IsTransient = false };

    private RawJson? CheckedData()
    {
        if (Data is not { ValueKind: not JsonValueKind.Null } data)
        {
            return null;
        }

        Require(data.ValueKind == JsonValueKind.Object, "data must be an object");
        Require(System.Text.Encoding.UTF8.GetByteCount(data.GetRawText()) <= MostDataBytes, $"data is larger than {MostDataBytes} bytes");
        return RawJson.Of(data);
    }

    private static JsonSerializerOptions MakeJson()
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            AllowDuplicateProperties = false,
            MaxDepth = 64,
            TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        };
        options.MakeReadOnly();
        return options;
    }
}

internal sealed record AnsweredCitation(string? DocumentId, string? ChunkId, string? Title, string? Url, string? Quote, double? Score)
{
    public Citation Check(int index)
    {
        Require(DocumentId is null or { Length: <= OrchestratorAnswer.LongestName }, "document_id is too long");
        Require(ChunkId is null or { Length: <= OrchestratorAnswer.LongestName }, "chunk_id is too long");
        Require(Title is null or { Length: <= OrchestratorAnswer.LongestReason }, "title is too long");
        Require(Quote is null or { Length: <= OrchestratorAnswer.LongestQuote }, "quote is too long");
        Require(Score is null or (>= 0 and <= 1), "score must be from 0 to 1");
        Require(
            Url is null || (Url.Length <= OrchestratorAnswer.LongestUrl
                && Uri.TryCreate(Url, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"),
            "url must be an http or https address");
        return new Citation(DocumentId, ChunkId, Title, Url, Quote ?? "", Score);

        void Require(bool holds, string rule) => OrchestratorAnswer.Require(holds, $"citations[{index}].{rule}");
    }
}

internal sealed record AnsweredUsage(long InputTokens, long OutputTokens, decimal? Cost)
{
    public TokenUsage Check()
    {
        OrchestratorAnswer.Require(InputTokens >= 0 && OutputTokens >= 0 && Cost is null or >= 0, "usage must not be negative");
        return new TokenUsage(InputTokens, OutputTokens, Cost);
    }
}

internal sealed record AnsweredHandover(string? Reason);

internal sealed record AnsweredDelta(string? Text);
