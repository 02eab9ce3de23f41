using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using AiBackend.Chat.Messages;
using AiBackend.Chat.Sessions;
using AiBackend.Http;

namespace AiBackend.Mcp.Tools;

internal sealed record ReadSessionArguments
{
    [Description("The conversation's id (ses_…).")]
    [Name(255)]
    public required string SessionId { get; init; }

    [Description("active: from the first message to the active leaf; all: the messages of other branches too.")]
    public BranchKind Branch { get; init; } = BranchKind.Active;

    [Description("How many messages at most, 1 to 100.")]
    [Range(1, 100)]
    public int Limit { get; init; } = 50;

    [Description("The next_cursor of the page before.")]
    public string? Cursor { get; init; }
}

/// <summary>A conversation and a page of its messages, oldest first.</summary>
internal sealed record ReadSession(SessionResponse Session, IReadOnlyList<MessageResponse> Data, string? NextCursor);

/// <summary>Reads a conversation.</summary>
internal sealed class ReadSessionTool(JsonBodies bodies)
    : McpTool<ReadSessionArguments>(bodies, "read_session", Scopes.ChatRead)
{
    protected override string Title => "Read a conversation";

    protected override string Description =>
        "Reads a conversation with a customer: what it is about, and its messages, the oldest first. next_cursor leads to the next page.";

    protected override async Task<object> CallAsync(Caller caller, ReadSessionArguments arguments, CancellationToken ct)
    {
        var session = await caller.Documents.FindAsync<Session>(arguments.SessionId, ct) ?? throw ApiException.NotFound();
        var page = await SessionMessages.PageAsync(
            caller.Documents, session, arguments.Branch, new PageRequest(arguments.Limit, arguments.Cursor, IsAscending: true), ct);
        return new ReadSession(SessionResponse.From(session), page.Data, page.NextCursor);
    }
}
