using System.Collections.Concurrent;
using AiBackend.Documents;
using AiBackend.Semantics.Layers;

namespace AiBackend.Semantics.Questions;

/// <summary>The layers of a client that have a server, remembered for some seconds: each message of a chat asks for them.</summary>
internal sealed class ClientLayers(DocumentStore store, TimeProvider clock)
{
    private const int MostLayers = 5;
    private const int MostRemembered = 10_000;

    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, (IReadOnlyList<SemanticLayer> Layers, long At)> known = new(StringComparer.Ordinal);

    public ValueTask<IReadOnlyList<SemanticLayer>> OfAsync(string clientId, CancellationToken ct) =>
        known.TryGetValue(clientId, out var found) && clock.GetElapsedTime(found.At) < Freshness ? new(found.Layers) : new(ReadAsync(clientId, ct));

    private async Task<IReadOnlyList<SemanticLayer>> ReadAsync(string clientId, CancellationToken ct)
    {
        var at = clock.GetTimestamp();
        var page = await store.For(clientId).PageAsync(Query.Of<SemanticLayer>(), cursor: null, MostLayers, ct);
        IReadOnlyList<SemanticLayer> layers = [.. page.Items.Where(layer => layer.ServerId is not null)];
        if (known.Count >= MostRemembered)
        {
            known.Clear();
        }

        known[clientId] = (layers, at);
        return layers;
    }
}
