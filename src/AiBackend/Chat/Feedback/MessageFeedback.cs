using AiBackend.Documents;

namespace AiBackend.Chat.Feedback;

/// <summary>What somebody thinks of one message. There is one for each message and author.</summary>
internal sealed record MessageFeedback : TenantDocument
{
    public const int LowestRating = 1;
    public const int HighestRating = 5;

    public required string SessionId { get; init; }

    public required string MessageId { get; init; }

    /// <summary>The client's own id of whoever gave it; null: nobody was named. All who are not named count as one author.</summary>
    public string? AuthorId { get; init; }

    /// <summary>Makes (message, author) unique, an unnamed author too.</summary>
    public string AuthorKey => KeyOf(AuthorId);

    /// <summary>From 1, the worst, to 5, the best.</summary>
    public required int Rating { get; init; }

    public string? Comment { get; init; }

    /// <summary>The client's own JSON object.</summary>
    public RawJson Metadata { get; init; } = RawJson.EmptyObject;

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>What <see cref="AuthorKey"/> is for an author. A named one cannot have the key of the unnamed.</summary>
    public static string KeyOf(string? authorId) => authorId is null ? "-" : $"={authorId}";
}
