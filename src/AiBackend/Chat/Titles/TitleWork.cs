using AiBackend.Documents;
using AiBackend.Jobs;

namespace AiBackend.Chat.Titles;

/// <summary>A session that the model is to name. It is gone once that is settled.</summary>
internal sealed record TitleWork : LeasedDocument, ITracedWork
{
    public required string SessionId { get; init; }

    /// <summary>The question that the session is named after.</summary>
    public required string MessageId { get; init; }

    public string? TraceParent { get; init; }
}

/// <summary>Whether the model names sessions.</summary>
internal sealed record TitleOptions
{
    /// <summary><c>CHAT_MODEL_TITLES</c>, where there is a model.</summary>
    public bool ByModel { get; init; }
}
