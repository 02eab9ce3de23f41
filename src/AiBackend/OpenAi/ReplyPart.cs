using AiBackend.Orchestration;

namespace AiBackend.OpenAi;

/// <summary>A step of an answer that is made here. Exactly one <see cref="End"/> is the last.</summary>
internal abstract record ReplyPart
{
    private ReplyPart()
    {
    }

    /// <summary>The next piece of the text.</summary>
    public sealed record Delta(string Text) : ReplyPart;

    /// <summary>The deltas so far are void.</summary>
    public sealed record Reset : ReplyPart;

    /// <summary>The end.</summary>
    /// <param name="Text">The whole text; begins with what the deltas since the last reset add up to.</param>
    public sealed record End(string Text, TokenUsage? Usage, AnswerDetails Details) : ReplyPart;
}
