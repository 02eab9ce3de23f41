using AiBackend.Documents;

namespace AiBackend.Orchestration;

/// <summary>
/// A step on the way to an answer. The last part is a <see cref="Completed"/> or a <see cref="HandOver"/>; a completed
/// answer's text is exactly what the deltas since the last <see cref="Reset"/> add up to.
/// </summary>
internal abstract record AnswerPart
{
    private AnswerPart()
    {
    }

    /// <summary>The sources found for the question, best first, before the answer is written. The answer may cite fewer.</summary>
    public sealed record Sources(IReadOnlyList<Citation> Items) : AnswerPart;

    /// <summary>The next piece of the answer's text; never empty.</summary>
    public sealed record Delta(string Text) : AnswerPart;

    /// <summary>The deltas so far are void: the answer starts again.</summary>
    public sealed record Reset : AnswerPart;

    /// <summary>A model is being asked, once per try.</summary>
    /// <param name="Model">The model's name, or <c>http</c> for an outside orchestrator.</param>
    /// <param name="Purpose">What for: <c>reply</c>.</param>
    /// <param name="Try">From 1 within this run's attempt.</param>
    public sealed record RequestSent(string Model, string Purpose, int Try) : AnswerPart;

    /// <summary>A model's answer has ended, well or not.</summary>
    /// <param name="Model">As in <see cref="RequestSent"/>.</param>
    /// <param name="Purpose">As in <see cref="RequestSent"/>.</param>
    /// <param name="Try">As in <see cref="RequestSent"/>.</param>
    /// <param name="Outcome"><c>completed</c> or the code of the failure.</param>
    /// <param name="Duration">From the request to the end of the answer.</param>
    /// <param name="Usage">What it took; null when the model did not say.</param>
    public sealed record ResponseReceived(
        string Model, string Purpose, int Try, string Outcome, TimeSpan Duration, TokenUsage? Usage) : AnswerPart;

    /// <summary>The answer, whole.</summary>
    /// <param name="Text">What the deltas add up to.</param>
    /// <param name="Confidence">0 to 1; null where it means nothing, which never hands over.</param>
    /// <param name="Citations">The passages that the text cites, in the order of its markers.</param>
    /// <param name="Usage">Tokens of all tries; null when no model was asked or it did not say.</param>
    /// <param name="Model">Who wrote the text.</param>
    /// <param name="Data">What an outside orchestrator wants kept with the reply.</param>
    public sealed record Completed(
        string Text,
        double? Confidence,
        IReadOnlyList<Citation> Citations,
        TokenUsage? Usage,
        string? Model,
        RawJson? Data) : AnswerPart;

    /// <summary>A person should take over; no answer is given and no delta came before.</summary>
    /// <param name="Reason">A short code: <c>low_confidence</c>, <c>nothing_found</c>, or an outside orchestrator's own words.</param>
    /// <param name="Confidence">Of the answer that was not given.</param>
    /// <param name="Usage">Tokens of all tries.</param>
    public sealed record HandOver(string Reason, double? Confidence, TokenUsage? Usage) : AnswerPart;
}

/// <summary>A passage that an answer rests on.</summary>
/// <param name="DocumentId">The document (<c>doc_…</c>); an outside orchestrator may have ids of its own, or none.</param>
/// <param name="ChunkId">The chunk (<c>chk_…</c>).</param>
/// <param name="Title">The document's.</param>
/// <param name="Url">The document's.</param>
/// <param name="Quote">The sentence of the passage that fits best.</param>
/// <param name="Score">How well the passage fits the question, 0 to 1.</param>
internal sealed record Citation(
    string? DocumentId, string? ChunkId, string? Title, string? Url, string Quote, double? Score);

/// <summary>What an answer took.</summary>
/// <param name="InputTokens">Tokens read by the model.</param>
/// <param name="OutputTokens">Tokens written by the model.</param>
/// <param name="Cost">Null when nobody said.</param>
internal sealed record TokenUsage(long InputTokens, long OutputTokens, decimal? Cost);
