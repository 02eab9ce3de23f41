namespace AiBackend.Orchestration;

/// <summary>A passage of the client's documents that may answer a question.</summary>
internal sealed record Source
{
    public required string DocumentId { get; init; }

    public required string ChunkId { get; init; }

    public string? Title { get; init; }

    public string? Url { get; init; }

    /// <summary>With its headings marked by <c>#</c>.</summary>
    public required string Text { get; init; }

    /// <summary>How well it fits among the passages found, 0 to 1.</summary>
    public required double Score { get; init; }

    /// <summary>How much of the question's weight of words it holds, 0 to 1; comparable between questions.</summary>
    public required double Coverage { get; init; }

    /// <summary>The citation of one of its sentences.</summary>
    public Citation Cite(string quote) => new(DocumentId, ChunkId, Title, Url, quote, Score);
}
