using AiBackend.Ai;
using AiBackend.Clients;
using AiBackend.Clients.Usage;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Semantics.Layers;

namespace AiBackend.Semantics.Questions;

/// <summary>Holds questions that a model is asked to the client's tokens of the day, and counts what they took.</summary>
internal sealed class QuestionTokens(DocumentStore store, ClientDirectory clients, UsageLog usage, TimeProvider clock)
{
    /// <returns>The client's settings.</returns>
    /// <exception cref="ApiException">429 once the tokens of the day are used up.</exception>
    public async Task<ClientSettings> RequireAsync(string clientId, CancellationToken ct)
    {
        var settings = (await clients.FindAsync(clientId, ct) ?? throw ApiException.NotFound()).Settings;
        await Quotas.RequireTokensAsync(store.For(clientId), settings.Quotas, clock.GetUtcNow(), ct);
        return settings;
    }

    /// <summary>Counts what was used, also for who left meanwhile.</summary>
    public async Task CountAsync(SemanticLayer layer, ModelUsage? used)
    {
        if (used is not null)
        {
            var place = await usage.PlaceAsync(layer.ClientId, layer.Id, CancellationToken.None);
            await store.For(layer.ClientId).CommitAsync(
                transaction => UsageLog.AddAsync(transaction, place, new UsageCounts { InputTokens = used.InputTokens, OutputTokens = used.OutputTokens }),
                CancellationToken.None);
        }
    }
}
