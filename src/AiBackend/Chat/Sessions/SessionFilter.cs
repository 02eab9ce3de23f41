using System.Reflection;
using AiBackend.Documents;
using AiBackend.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace AiBackend.Chat.Sessions;

/// <summary>Which conversations to list; null: no matter.</summary>
internal sealed record SessionFilter : IBindableFromHttpContext<SessionFilter>, IEndpointParameterMetadataProvider
{
    public SessionState? State { get; init; }

    public string? ChannelId { get; init; }

    public string? ExternalId { get; init; }

    public string? Participant { get; init; }

    public DateTimeOffset? CreatedAfter { get; init; }

    public DateTimeOffset? CreatedBefore { get; init; }

    /// <summary>Words in the title, the external id or the participants.</summary>
    public string? Words { get; init; }

    public Query<Session> ToQuery(bool isAscending)
    {
        var query = Query.Of<Session>();
        query = State is { } state ? query.Equal(session => session.State, state) : query;
        query = ChannelId is not null ? query.Equal(session => session.ChannelId, ChannelId) : query;
        query = ExternalId is not null ? query.Equal(session => session.ExternalId, ExternalId) : query;
        query = Participant is not null ? query.Contains(session => session.ParticipantIds, Participant) : query;
        query = CreatedAfter is { } after ? query.Greater(session => session.CreatedAt, after) : query;
        query = CreatedBefore is { } before ? query.Less(session => session.CreatedAt, before) : query;
        return isAscending ? query.Ascending(session => session.CreatedAt) : query.Descending(session => session.CreatedAt);
    }

    /// <summary>A page of them.</summary>
    public Task<Page<Session>> PageAsync(TenantDocuments documents, PageRequest page, CancellationToken ct)
    {
        var query = ToQuery(page.IsAscending);
        return Words is null
            ? documents.PageAsync(query, page.Cursor, page.Limit, ct)
            : SessionSearch.PageAsync(documents, query, Words, page.Cursor, page.Limit, ct);
    }

    public static ValueTask<SessionFilter?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var fields = new QueryFields(context.Request.Query);
        return ValueTask.FromResult<SessionFilter?>(new SessionFilter
        {
            State = fields.Word<SessionState>("state"),
            ChannelId = fields.Text("channel_id"),
            ExternalId = fields.Text("external_id"),
            Participant = fields.Text("participant"),
            CreatedAfter = fields.Time("created_after"),
            CreatedBefore = fields.Time("created_before"),
            Words = fields.Text("q"),
        });
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
    {
        builder.Metadata.Add(new QueryParameterMetadata("state", "Only those in this state: open, handed_over or closed.", typeof(string)));
        builder.Metadata.Add(new QueryParameterMetadata("channel_id", "Only those of this channel.", typeof(string)));
        builder.Metadata.Add(new QueryParameterMetadata("external_id", "Only those with this name of yours, closed ones included.", typeof(string)));
        builder.Metadata.Add(new QueryParameterMetadata("participant", "Only those in which somebody of this id takes part.", typeof(string)));
        builder.Metadata.Add(new QueryParameterMetadata("created_after", "Only those created later than this.", typeof(DateTimeOffset)));
        builder.Metadata.Add(new QueryParameterMetadata("created_before", "Only those created earlier than this.", typeof(DateTimeOffset)));
        builder.Metadata.Add(new QueryParameterMetadata(
            "q", "Only those with this text in their title, their external id, or a participant's name or id. A page may be shorter than limit and still have a next one.", typeof(string)));
    }
}
