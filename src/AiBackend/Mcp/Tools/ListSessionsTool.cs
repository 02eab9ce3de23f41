using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using AiBackend.Chat.Sessions;
using AiBackend.Http;

namespace AiBackend.Mcp.Tools;

internal sealed record ListSessionsArguments
{
    [Description("Only those in this state.")]
    public SessionState? State { get; init; }

    [Description("Only those with this text in their title, their external id, or a participant's name or id.")]
    [Name(255)]
    public string? Q { get; init; }

    [Description("Only those with this external id, closed ones included.")]
    [Name(255)]
    public string? ExternalId { get; init; }

    [Description("Only those in which the person of this id takes part.")]
    [Name(255)]
    public string? Participant { get; init; }

    [Description("Only those created later than this.")]
    public DateTimeOffset? CreatedAfter { get; init; }

    [Description("Only those created earlier than this.")]
    public DateTimeOffset? CreatedBefore { get; init; }

    [Description("How many at most, 1 to 100.")]
    [Range(1, 100)]
    public int Limit { get; init; } = 20;

    [Description("The next_cursor of the page before.")]
    public string? Cursor { get; init; }
}

/// <summary>Lists conversations.</summary>
internal sealed class ListSessionsTool(JsonBodies bodies)
    : McpTool<ListSessionsArguments>(bodies, "list_sessions", Scopes.ChatRead)
{
    protected override string Title => "List conversations";

    protected override string Description =>
        "Lists conversations with customers, the newest first: title, state, participants, number of messages, times. Read one with read_session.";

    protected override async Task<object> CallAsync(Caller caller, ListSessionsArguments arguments, CancellationToken ct)
    {
        var filter = new SessionFilter
        {
            State = arguments.State,
            ExternalId = arguments.ExternalId,
            Participant = arguments.Participant,
            CreatedAfter = arguments.CreatedAfter,
            CreatedBefore = arguments.CreatedBefore,
            Words = arguments.Q,
        };
        return PageResponse.From(
            await filter.PageAsync(caller.Documents, new PageRequest(arguments.Limit, arguments.Cursor, IsAscending: false), ct), SessionResponse.From);
    }
}
