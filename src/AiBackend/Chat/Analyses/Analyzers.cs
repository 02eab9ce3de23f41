using AiBackend.Ai;
using AiBackend.Chat.Analyses.Classification;
using AiBackend.Chat.Analyses.Language;
using AiBackend.Chat.Analyses.Pii;
using AiBackend.Chat.Analyses.Sentiment;
using AiBackend.Chat.Analyses.Topics;
using AiBackend.Clients;
using AiBackend.Documents;
using AiBackend.Http;

namespace AiBackend.Chat.Analyses;

/// <summary>Finds things out about texts, each in its own way.</summary>
/// <param name="nearest">Sorts texts into classes where there is no chat model.</param>
/// <param name="judge">The chat model; null when none is set up.</param>
internal sealed class Analyzers(NearestClass nearest, ModelJudge? judge)
{
    /// <summary>The name of what finds things out without asking a model.</summary>
    public const string BuiltIn = "ai-backend";

    /// <summary>Whether a chat model is asked.</summary>
    public bool AsksModel(AnalysisType type) =>
        judge is not null && type is AnalysisType.Category or AnalysisType.Intent or AnalysisType.Sentiment;

    /// <summary>Whether it may wait for a server, so that it is worth while to tell that it has begun.</summary>
    public bool TakesTime(AnalysisType type) => AsksModel(type) || type is AnalysisType.Category or AnalysisType.Intent;

    /// <param name="tally">Gets what a chat model counted, also where this fails.</param>
    /// <exception cref="AnalysisFailedException">It cannot be found out; asking again does not help.</exception>
    /// <exception cref="UpstreamException">A model gave no answer that can be used.</exception>
    public async Task<AnalysisResult> RunAsync(AnalysisType type, string text, ClientSettings settings, TokenTally tally, CancellationToken ct)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new AnalysisFailedException("no_text", "The message has no text.");
        }

        return type switch
        {
            AnalysisType.Category => await ClassifyAsync(
                text, new ClassKind("category", "taxonomy.categories", settings.Taxonomy.Categories), settings, tally, ct),
            AnalysisType.Intent => await ClassifyAsync(
                text, new ClassKind("intent", "taxonomy.intents", settings.Taxonomy.Intents), settings, tally, ct),
            AnalysisType.Sentiment => judge is null
                ? SentimentReader.Read(text)
                : await judge.FeelAsync(text, settings.Chat.Model, tally, ct),
            AnalysisType.Language => LanguageDetector.Read(text),
            AnalysisType.Topics => TopicExtractor.Read(text),
            AnalysisType.Pii => PiiScanner.Read(text),
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown analysis."),
        };
    }

    private async Task<AnalysisResult> ClassifyAsync(
        string text, ClassKind kind, ClientSettings settings, TokenTally tally, CancellationToken ct)
    {
        if (kind.Classes.Count == 0)
        {
            throw new AnalysisFailedException(
                "taxonomy_empty", $"The client's settings name no classes to choose from: give some in {kind.Setting}.");
        }

        return judge is null
            ? await nearest.ClassifyAsync(text, kind, ct)
            : await judge.ClassifyAsync(text, kind, settings.Chat.Model, tally, ct);
    }
}

/// <summary>What was found out.</summary>
/// <param name="Data">In the shape of its type.</param>
/// <param name="Confidence">0 to 1; null where it means nothing.</param>
/// <param name="Model">What found it.</param>
internal sealed record AnalysisResult(RawJson Data, double? Confidence, string Model)
{
    /// <summary>A result with its data in wire form.</summary>
    public static AnalysisResult Of<T>(T data, double? confidence, string model = Analyzers.BuiltIn) =>
        new(RawJson.Of(data, WireJson.Options), confidence, model);
}

/// <summary>It cannot be found out about this message. The message of the exception is shown.</summary>
internal sealed class AnalysisFailedException(string code, string detail) : Exception(detail)
{
    public string Code { get; } = code;
}
