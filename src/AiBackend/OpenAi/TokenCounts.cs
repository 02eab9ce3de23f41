using System.Diagnostics.Metrics;
using AiBackend.Ai;
using AiBackend.Jobs;

namespace AiBackend.OpenAi;

/// <summary>Counts the tokens that models took for requests which were passed on to them.</summary>
internal sealed class TokenCounts : IDisposable
{
    private readonly Meter meter = new(WorkTelemetry.SourceName);
    private readonly Counter<long> tokens;

    public TokenCounts() => tokens = meter.CreateCounter<long>(
        "aibackend.openai.tokens", description: "Tokens that models counted for requests passed on by the OpenAI-compatible routes.");

    /// <summary>Counts one answer.</summary>
    /// <param name="usage">Null when the model's server did not say.</param>
    public void Add(string model, ModelUsage? usage)
    {
        if (usage is null)
        {
            return;
        }

        tokens.Add(usage.InputTokens, new("gen_ai.request.model", model), new("gen_ai.token.type", "input"));
        tokens.Add(usage.OutputTokens, new("gen_ai.request.model", model), new("gen_ai.token.type", "output"));
    }

    public void Dispose() => meter.Dispose();
}
