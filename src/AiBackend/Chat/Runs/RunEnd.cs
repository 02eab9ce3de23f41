using AiBackend.Orchestration;

namespace AiBackend.Chat.Runs;

/// <summary>How an attempt at a run came out.</summary>
internal abstract record RunEnd
{
    private RunEnd()
    {
    }

    /// <summary>There is an answer.</summary>
    public sealed record Answered(AnswerPart.Completed Answer) : RunEnd;

    /// <summary>There is none, and a person should take over.</summary>
    public sealed record HandedOver(string Reason, TokenUsage? Usage) : RunEnd;

    /// <summary>There is none, and trying again would not help.</summary>
    public sealed record Failed(RunError Error) : RunEnd;

    /// <summary>Somebody asked to stop.</summary>
    public sealed record Cancelled : RunEnd;
}
