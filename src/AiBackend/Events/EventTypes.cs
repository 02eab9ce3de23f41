namespace AiBackend.Events;

/// <summary>The catalogue of event types.</summary>
internal static class EventTypes
{
    public const string ChatSessionCreated = "chat.session.created";
    public const string ChatSessionClosed = "chat.session.closed";
    public const string ChatSessionHandedOver = "chat.session.handed_over";
    public const string ChatSessionResumed = "chat.session.resumed";
    public const string ChatMessageCreated = "chat.message.created";
    public const string ChatMessageUpdated = "chat.message.updated";
    public const string ChatMessageDeleted = "chat.message.deleted";
    public const string ChatMessageAnalyzed = "chat.message.analyzed";
    public const string ChatRunStarted = "chat.run.started";
    public const string ChatRunCompleted = "chat.run.completed";
    public const string ChatRunFailed = "chat.run.failed";
    public const string ChatRunCancelled = "chat.run.cancelled";
    public const string ChatSuggestionCreated = "chat.suggestion.created";
    public const string ChatSuggestionAccepted = "chat.suggestion.accepted";
    public const string ChatSuggestionRejected = "chat.suggestion.rejected";
    public const string ChatFeedbackCreated = "chat.feedback.created";
    public const string ChatRecapCompleted = "chat.recap.completed";
    public const string ChatRecapFailed = "chat.recap.failed";
    public const string AiRequestSent = "ai.request.sent";
    public const string AiResponseReceived = "ai.response.received";
    public const string KnowledgeDocumentIndexed = "knowledge.document.indexed";
    public const string KnowledgeDocumentFailed = "knowledge.document.failed";
    public const string KnowledgeDocumentDeleted = "knowledge.document.deleted";
    public const string SemanticSyncStarted = "semantic.sync.started";
    public const string SemanticSyncCompleted = "semantic.sync.completed";
    public const string SemanticSyncFailed = "semantic.sync.failed";
    public const string SemanticSyncCancelled = "semantic.sync.cancelled";
    public const string SemanticModelChanged = "semantic.model.changed";
    public const string ClientKeyCreated = "client.key.created";
    public const string ClientKeyRotated = "client.key.rotated";
    public const string ClientKeyRevoked = "client.key.revoked";
    public const string ProcessorDisabled = "processor.disabled";

    /// <summary>Every type, in the order of the contract.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        ChatSessionCreated, ChatSessionClosed, ChatSessionHandedOver, ChatSessionResumed,
        ChatMessageCreated, ChatMessageUpdated, ChatMessageDeleted, ChatMessageAnalyzed,
        ChatRunStarted, ChatRunCompleted, ChatRunFailed, ChatRunCancelled,
        ChatSuggestionCreated, ChatSuggestionAccepted, ChatSuggestionRejected,
        ChatFeedbackCreated, ChatRecapCompleted, ChatRecapFailed,
        AiRequestSent, AiResponseReceived,
        KnowledgeDocumentIndexed, KnowledgeDocumentFailed, KnowledgeDocumentDeleted,
        SemanticSyncStarted, SemanticSyncCompleted, SemanticSyncFailed, SemanticSyncCancelled, SemanticModelChanged,
        ClientKeyCreated, ClientKeyRotated, ClientKeyRevoked,
        ProcessorDisabled,
    ];

    /// <summary>Whether some type of the catalogue matches: <c>*</c>, a group such as <c>chat.*</c>, or a type itself.</summary>
    public static bool IsPattern(string pattern) => All.Any(type => Matches(pattern, type));

    /// <summary>Whether the type falls under the pattern.</summary>
    public static bool Matches(string pattern, string type) =>
        pattern == "*"
        || pattern == type
        || (pattern.EndsWith(".*", StringComparison.Ordinal) && type.AsSpan().StartsWith(pattern.AsSpan(0, pattern.Length - 1)));
}
