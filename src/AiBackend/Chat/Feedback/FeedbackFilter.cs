using System.Reflection;
using AiBackend.Documents;
using AiBackend.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace AiBackend.Chat.Feedback;

/// <summary>Which feedback to list over all of a client's sessions; null: no matter.</summary>
internal sealed record FeedbackFilter : IBindableFromHttpContext<FeedbackFilter>, IEndpointParameterMetadataProvider
{
    public string? SessionId { get; init; }

    public string? MessageId { get; init; }

    public string? AuthorId { get; init; }

    public int? Rating { get; init; }

    public DateTimeOffset? CreatedAfter { get; init; }

    public DateTimeOffset? CreatedBefore { get; init; }

    public Query<MessageFeedback> ToQuery(bool isAscending)
    {
        var query = Query.Of<MessageFeedback>();
        query = SessionId is not null ? query.Equal(feedback => feedback.SessionId, SessionId) : query;
        query = MessageId is not null ? query.Equal(feedback => feedback.MessageId, MessageId) : query;
        query = AuthorId is not null ? query.Equal(feedback => feedback.AuthorId, AuthorId) : query;
        query = Rating is { } rating ? query.Equal(feedback => feedback.Rating, rating) : query;
        query = CreatedAfter is { } after ? query.Greater(feedback => feedback.CreatedAt, after) : query;
        query = CreatedBefore is { } before ? query.Less(feedback => feedback.CreatedAt, before) : query;
        return isAscending ? query.Ascending(feedback => feedback.CreatedAt) : query.Descending(feedback => feedback.CreatedAt);
    }

    public static ValueTask<FeedbackFilter?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var fields = new QueryFields(context.Request.Query);
        return ValueTask.FromResult<FeedbackFilter?>(new FeedbackFilter
        {
            SessionId = fields.Text("session_id"),
            MessageId = fields.Text("message_id"),
            AuthorId = fields.Text("author_id"),
            Rating = fields.Whole("rating", MessageFeedback.LowestRating, MessageFeedback.HighestRating),
            CreatedAfter = fields.Time("created_after"),
            CreatedBefore = fields.Time("created_before"),
        });
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
    {
        builder.Metadata.Add(new QueryParameterMetadata("session_id", "Only to messages of this session.", typeof(string)));
        builder.Metadata.Add(new QueryParameterMetadata("message_id", "Only to this message.", typeof(string)));
        builder.Metadata.Add(new QueryParameterMetadata("author_id", "Only of this author.", typeof(string)));
        builder.Metadata.Add(new QueryParameterMetadata("rating", "Only of this rating, 1 to 5.", typeof(int)));
        builder.Metadata.Add(new QueryParameterMetadata("created_after", "Only what was given later than this.", typeof(DateTimeOffset)));
        builder.Metadata.Add(new QueryParameterMetadata("created_before", "Only what was given earlier than this.", typeof(DateTimeOffset)));
    }
}
