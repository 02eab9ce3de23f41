using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using AiBackend.Chat.Messages;
using AiBackend.Chat.Search;
using AiBackend.Http;

namespace AiBackend.Mcp.Tools;

internal sealed record SearchMessagesArguments
{
    [Description("What to look for, in words or as a question.")]
    [Name(MessageQuery.LongestText)]
    public required string Q { get; init; }

    [Description("Only messages of this conversation (ses_…).")]
    [Name(255)]
    public string? SessionId { get; init; }

    [Description("Only messages of this role.")]
    public MessageRole? Role { get; init; }

    [Description("Only messages created later than this.")]
    public DateTimeOffset? CreatedAfter { get; init; }

    [Description("Only messages created earlier than this.")]
    public DateTimeOffset? CreatedBefore { get; init; }

    [Description("How many at most, 1 to 50.")]
    [Range(1, MessageQuery.MostResults)]
    public int Limit { get; init; } = MessageQuery.UsualResults;
}

/// <summary>Finds messages of all conversations.</summary>
internal sealed class SearchMessagesTool(JsonBodies bodies, MessageSearch search)
    : McpTool<SearchMessagesArguments>(bodies, "search_messages", Scopes.ChatRead)
{
    protected override string Title => "Search messages";

    protected override string Description =>
        "Finds messages of all conversations with customers that fit a query best, by words and by meaning, the best first. Read around one with read_session.";

    protected override async Task<object> CallAsync(Caller caller, SearchMessagesArguments arguments, CancellationToken ct) =>
        await search.SearchAsync(
            caller.ClientId,
            new MessageQuery(arguments.Q)
            {
                Limit = arguments.Limit,
                Conditions = new MessageConditions
                {
                    SessionId = arguments.SessionId,
                    Role = arguments.Role,
                    CreatedAfter = arguments.CreatedAfter,
                    CreatedBefore = arguments.CreatedBefore,
                },
            },
            ct);
}
