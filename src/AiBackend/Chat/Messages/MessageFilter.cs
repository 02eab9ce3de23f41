using System.Reflection;
using AiBackend.Documents;
using AiBackend.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace AiBackend.Chat.Messages;

/// <summary>Which messages to list over all of a client's sessions; null: no matter.</summary>
internal sealed record MessageFilter : IBindableFromHttpContext<MessageFilter>, IEndpointParameterMetadataProvider
{
    public string? SessionId { get; init; }

    public string? SenderId { get; init; }

    /// <summary>The earliest time of creation.</summary>
    public DateTimeOffset? Since { get; init; }

    public Query<Message> ToQuery(bool isAscending)
    {
        var query = Query.Of<Message>();
        query = SessionId is not null ? query.Equal(message => message.SessionId, SessionId) : query;
        query = SenderId is not null ? query.Equal(message => message.Sender!.Id, SenderId) : query;
        query = Since is { } since ? query.AtLeast(message => message.CreatedAt, since) : query;
        return (SessionId is not null, isAscending) switch
        {
            (true, true) => query.Ascending(message => message.Position),
            (true, false) => query.Descending(message => message.Position),
            (false, true) => query.Ascending(message => message.CreatedAt),
            (false, false) => query.Descending(message => message.CreatedAt),
        };
    }

    public static ValueTask<MessageFilter?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var fields = new QueryFields(context.Request.Query);
        return ValueTask.FromResult<MessageFilter?>(new MessageFilter
        {
            SessionId = fields.Text("session_id"),
            SenderId = fields.Text("sender_id"),
            Since = fields.Time("since"),
        });
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
    {
        builder.Metadata.Add(new QueryParameterMetadata("session_id", "Only those of this session, on all branches.", typeof(string)));
        builder.Metadata.Add(new QueryParameterMetadata("sender_id", "Only those of a sender with this id.", typeof(string)));
        builder.Metadata.Add(new QueryParameterMetadata("since", "Only those created at this time or later.", typeof(DateTimeOffset)));
    }
}

/// <summary>Which messages of a session to list.</summary>
/// <param name="Branch">The active one by default.</param>
internal sealed record BranchChoice(BranchKind Branch) : IBindableFromHttpContext<BranchChoice>, IEndpointParameterMetadataProvider
{
    public static ValueTask<BranchChoice?> BindAsync(HttpContext context, ParameterInfo parameter) =>
        ValueTask.FromResult<BranchChoice?>(
            new BranchChoice(new QueryFields(context.Request.Query).Word<BranchKind>("branch") ?? BranchKind.Active));

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new QueryParameterMetadata(
            "branch", "active (the default): from the first message to the active leaf; all: every message.", typeof(string)));
}

/// <summary>Part of a session's tree of messages.</summary>
internal enum BranchKind
{
    /// <summary>From the first message to the active leaf.</summary>
    Active,

    /// <summary>Every message.</summary>
    All,
}
