namespace AiBackend.Search.Answering;

/// <summary>What speaks for a sentence as the answer to a question.</summary>
internal readonly record struct AnswerSigns
{
    /// <summary>The share of the question's words that the sentence holds.</summary>
    public required float Coverage { get; init; }

    /// <summary>The same, with what title and neighbouring sentences say.</summary>
    public required float CoverageWithSurroundings { get; init; }

    public required float Cosine { get; init; }

    public required float PassageCosine { get; init; }

    /// <summary>Whether the question asks for a time or a price.</summary>
    public required bool AsksForKind { get; init; }

    /// <summary>Whether the sentence tells one, as asked.</summary>
    public required bool TellsKind { get; init; }

    /// <summary>0..1. The factors are those of the fit, rounded; <c>bench/RESULTS.md</c> tells what they achieve.</summary>
    public double Probability()
    {
        var kind = (TellsKind ? 4.1 : 0) - (AsksForKind ? 2.7 : 0);
        var sum = (3.1 * Coverage) + (1.8 * CoverageWithSurroundings) + (6.4 * Cosine) + (1.7 * PassageCosine)
            + (kind * CoverageWithSurroundings) - 5.8;
        return 1 / (1 + Math.Exp(-sum));
    }
}
