using System.ComponentModel.DataAnnotations;
using AiBackend.Documents;
using AiBackend.Http;

namespace AiBackend.Chat.Feedback;

/// <summary>Feedback to be given. It takes the place of what the same author gave to the message before.</summary>
internal sealed record GiveFeedback
{
    /// <summary>From 1, the worst, to 5, the best.</summary>
    [Range(MessageFeedback.LowestRating, MessageFeedback.HighestRating)]
    public required int Rating { get; init; }

    [StringLength(EditFeedback.LongestComment)]
    public string? Comment { get; init; }

    /// <summary>Your own id of whoever gives it. All who are not named count as one author.</summary>
    [Name(255)]
    public string? AuthorId { get; init; }

    /// <summary>An object of your own.</summary>
    [FreeObject]
    public RawJson Metadata { get; init; } = RawJson.EmptyObject;
}

/// <summary>What can be changed of feedback.</summary>
internal sealed record EditFeedback
{
    /// <summary>In characters.</summary>
    public const int LongestComment = 4_000;

    /// <summary>From 1, the worst, to 5, the best.</summary>
    [Range(MessageFeedback.LowestRating, MessageFeedback.HighestRating)]
    public required int Rating { get; init; }

    [StringLength(LongestComment)]
    public string? Comment { get; init; }

    /// <summary>An object of your own.</summary>
    [FreeObject]
    public RawJson Metadata { get; init; } = RawJson.EmptyObject;

    public static EditFeedback Of(MessageFeedback feedback) =>
        new() { Rating = feedback.Rating, Comment = feedback.Comment, Metadata = feedback.Metadata };
}

/// <summary>What somebody thinks of one message.</summary>
internal sealed record FeedbackResponse : IVersioned
{
    public required string Id { get; init; }

    public required string SessionId { get; init; }

    public required string MessageId { get; init; }

    /// <summary>Your own id of whoever gave it; null when nobody was named.</summary>
    public required string? AuthorId { get; init; }

    /// <summary>From 1, the worst, to 5, the best.</summary>
    public required int Rating { get; init; }

    public required string? Comment { get; init; }

    public required RawJson Metadata { get; init; }

    public required long Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public static FeedbackResponse From(MessageFeedback feedback) => new()
    {
        Id = feedback.Id,
        SessionId = feedback.SessionId,
        MessageId = feedback.MessageId,
        AuthorId = feedback.AuthorId,
        Rating = feedback.Rating,
        Comment = feedback.Comment,
        Metadata = feedback.Metadata,
        Version = feedback.Version,
        CreatedAt = feedback.CreatedAt,
        UpdatedAt = feedback.UpdatedAt,
    };
}
