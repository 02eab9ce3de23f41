using AiBackend.Clients;
using AiBackend.Documents;

namespace AiBackend.Orchestration;

/// <summary>One message to be answered, with all that an answer may depend on.</summary>
internal sealed record AnswerRequest
{
    /// <summary>Whose message it is (<c>cli_…</c>).</summary>
    public required string ClientId { get; init; }

    /// <summary>The client's settings as they are now.</summary>
    public required ClientSettings Settings { get; init; }

    /// <summary>The run that asks (<c>run_…</c>). An outside orchestrator gets it as its idempotency key.</summary>
    public required string RunId { get; init; }

    /// <summary>The session (<c>ses_…</c>).</summary>
    public required string SessionId { get; init; }

    /// <summary>The client's own name for the session.</summary>
    public string? ExternalSessionId { get; init; }

    /// <summary>32 hex digits.</summary>
    public required string TraceId { get; init; }

    /// <summary>From 1; above 1 the run was taken up again after a crash.</summary>
    public required int Attempt { get; init; }

    /// <summary>The message to answer.</summary>
    public required Turn Message { get; init; }

    /// <summary>What was said before on the message's branch, oldest first, without the message itself.</summary>
    public IReadOnlyList<Turn> History { get; init; } = [];

    /// <summary>Whether a person may take over (<c>reply: "auto"</c>); not so for a suggestion.</summary>
    public required bool MayHandOver { get; init; }

    /// <summary>The message's <c>data</c>.</summary>
    public RawJson? Data { get; init; }
}

/// <summary>One message of a conversation.</summary>
/// <param name="MessageId">The message (<c>msg_…</c>).</param>
/// <param name="Role"><c>user</c>, <c>assistant</c>, <c>agent</c> or <c>system</c>.</param>
/// <param name="Text">As it is shown, blank when it was deleted.</param>
/// <param name="CreatedAt">When it was said.</param>
internal sealed record Turn(string MessageId, string Role, string Text, DateTimeOffset CreatedAt);
