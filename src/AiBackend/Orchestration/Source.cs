using AiBackend.Search.Answering;
using AiBackend.Search.Chunking;

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

    /// <summary>How much of the query's weight of words it holds, 0 to 1.</summary>
    public required double Coverage { get; init; }

    /// <summary>As the ranking of sentences takes it.</summary>
    public SourcePassage Passage => new(Title, Text);

    /// <summary>The citation of one of its sentences.</summary>
    public Citation Cite(string quote) => new(DocumentId, ChunkId, Title, Url, Quotation.Cut(quote), Score);

    /// <summary>The citation for when none of its sentences stands out: its first one that is no heading.</summary>
    public Citation CiteBeginning()
    {
        var sentences = SentenceSplitter.Split(Text).Select(range => Quotation.Of(range.Of(Text))).ToList();
        return Cite(sentences.Find(sentence => !sentence.StartsWith('#')) ?? sentences.FirstOrDefault() ?? "");
    }
}

/// <summary>What was found for one query.</summary>
/// <param name="Items">The best first.</param>
/// <param name="TermWeights">How rare the query's terms are in the client's documents.</param>
internal sealed record FoundSources(IReadOnlyList<Source> Items, IReadOnlyDictionary<string, double> TermWeights);

/// <summary>Searches the collections that the client's answers come from.</summary>
internal delegate Task<FoundSources> FindSources(AnswerRequest request, string query, CancellationToken ct);
