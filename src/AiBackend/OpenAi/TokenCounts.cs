using System.Diagnostics.Metrics;
using AiBackend.Ai;
using AiBackend.Clients.Usage;
using AiBackend.Documents;
using AiBackend.Jobs;

namespace AiBackend.OpenAi;

/// <summary>Counts the tokens that models took for requests which make no run: for the metrics, and against the client.</summary>
internal sealed partial class TokenCounts : IDisposable
{
    private readonly Meter meter = new(WorkTelemetry.SourceName);
    private readonly Counter<long> tokens;
    private readonly DocumentStore store;
    private readonly UsageLog usage;
    private readonly ILogger<TokenCounts> logger;

    public TokenCounts(DocumentStore store, UsageLog usage, ILogger<TokenCounts> logger)
    {
        (this.store, this.usage, this.logger) = (store, usage, logger);
        tokens = meter.CreateCounter<long>(
            "aibackend.openai.tokens", description: "Tokens that models counted for requests passed on by the OpenAI-compatible routes.");
    }

    /// <summary>Counts one answer. The answer is given in any case, so a failure to count is logged only.</summary>
    /// <param name="used">Null when the model's server did not say.</param>
    public async Task AddAsync(string clientId, string model, ModelUsage? used)
    {
        if (used is null)
        {
            return;
        }

        tokens.Add(used.InputTokens, new("gen_ai.request.model", model), new("gen_ai.token.type", "input"));
        tokens.Add(used.OutputTokens, new("gen_ai.request.model", model), new("gen_ai.token.type", "output"));
        try
        {
            // The tokens are spent, also when the caller has left.
            var place = await usage.PlaceAsync(clientId, model, CancellationToken.None);
            await store.For(clientId).CommitAsync(
                transaction => UsageLog.AddAsync(
                    transaction, place, new UsageCounts { InputTokens = used.InputTokens, OutputTokens = used.OutputTokens }),
                CancellationToken.None);
        }
        catch (Exception error)
        {
            LogLost(error, clientId, used.InputTokens, used.OutputTokens);
        }
    }

    public void Dispose() => meter.Dispose();

    [LoggerMessage(LogLevel.Error, "{Input} and {Output} tokens of {ClientId} could not be counted")]
    private partial void LogLost(Exception error, string clientId, long input, long output);
}
