using System.Text.Json.Serialization;
using AiBackend.Orchestration;

namespace AiBackend.OpenAi;

/// <summary>An answer in OpenAI's form.</summary>
internal sealed record Completion(
    string Id, string Object, long Created, string Model, IReadOnlyList<CompletionChoice> Choices, CompletionUsage Usage)
{
    /// <summary>What this service knows of its own answers beyond OpenAI's form; absent from answers of other models.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AnswerDetails? AiBackend { get; init; }
}

internal sealed record CompletionChoice(int Index, CompletionMessage Message, string FinishReason);

internal sealed record CompletionMessage(string Role, string Content, string? Refusal = null);

/// <summary>The tokens that models counted; 0 where none was asked.</summary>
internal sealed record CompletionUsage(long PromptTokens, long CompletionTokens, long TotalTokens)
{
    public static CompletionUsage Of(TokenUsage? usage) =>
        new(usage?.InputTokens ?? 0, usage?.OutputTokens ?? 0, (usage?.InputTokens ?? 0) + (usage?.OutputTokens ?? 0));
}

/// <summary>One event of a streamed answer.</summary>
internal sealed record CompletionChunk(string Id, string Object, long Created, string Model, IReadOnlyList<ChunkChoice> Choices)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CompletionUsage? Usage { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AnswerDetails? AiBackend { get; init; }
}

internal sealed record ChunkChoice(int Index, ChunkDelta Delta, string? FinishReason);

internal sealed record ChunkDelta
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Role { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Content { get; init; }
}

/// <summary>Where an answer comes from, and where it is kept.</summary>
internal sealed record AnswerDetails
{
    /// <summary>The session that the conversation is kept in; null without <c>metadata.session_id</c>.</summary>
    public string? SessionId { get; init; }

    /// <summary>The user's message there.</summary>
    public string? MessageId { get; init; }

    public string? RunId { get; init; }

    /// <summary>The reply there.</summary>
    public string? ReplyMessageId { get; init; }

    /// <summary><c>replied</c> or <c>handed_over</c>: a person takes over, or has done so before.</summary>
    public required string Outcome { get; init; }

    /// <summary>0 to 1; null where it means nothing.</summary>
    public double? Confidence { get; init; }

    /// <summary>What the text cites: <c>[n]</c> is the nth.</summary>
    public IReadOnlyList<Citation> Citations { get; init; } = [];
}

/// <summary>What a request for a completion holds, as far as this service reads it; everything else is passed on to the model.</summary>
internal sealed record CompletionBody
{
    /// <summary>A chat model, or <c>ai-backend</c>.</summary>
    public required string Model { get; init; }

    /// <summary>The conversation in OpenAI's form.</summary>
    public required IReadOnlyList<Documents.RawJson> Messages { get; init; }

    public bool? Stream { get; init; }

    /// <summary><c>{"include_usage": true}</c> ends a stream with the count of tokens.</summary>
    public Documents.RawJson? StreamOptions { get; init; }

    /// <summary><c>{"session_id": "…"}</c> keeps the conversation in a session: its id, or a name of your own.</summary>
    public Documents.RawJson? Metadata { get; init; }
}
