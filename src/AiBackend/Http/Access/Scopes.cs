namespace AiBackend.Http;

/// <summary>What a client's key may be allowed to do.</summary>
internal static class Scopes
{
    public const string ChatRead = "chat:read";
    public const string ChatWrite = "chat:write";
    public const string KnowledgeRead = "knowledge:read";
    public const string KnowledgeWrite = "knowledge:write";
    public const string SemanticRead = "semantic:read";
    public const string SemanticWrite = "semantic:write";
    public const string EventsRead = "events:read";
    public const string EventsWrite = "events:write";
    public const string ClientAdmin = "client:admin";

    /// <summary>All there are.</summary>
    public static IReadOnlyList<string> All { get; } =
        [ChatRead, ChatWrite, KnowledgeRead, KnowledgeWrite, SemanticRead, SemanticWrite, EventsRead, EventsWrite, ClientAdmin];
}
