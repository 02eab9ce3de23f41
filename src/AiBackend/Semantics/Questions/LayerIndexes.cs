using System.Collections.Concurrent;
using System.Text.Json;
using AiBackend.Indexes;
using AiBackend.Search.Embedding;
using AiBackend.Semantics.Cube;
using AiBackend.Semantics.Layers;

namespace AiBackend.Semantics.Questions;

/// <summary>
/// The indexes of layers, built when they are asked for and again when the models change or a quarter of an hour has passed. Values are sampled of text
/// dimensions with few of them.
/// </summary>
internal sealed partial class LayerIndexes(
    IndexMemory memory, CubeClient cube, Lazy<StaticEmbedder> embedder, TimeProvider clock, ILogger<LayerIndexes> logger)
{
    /// <summary>Values of a dimension that has more of them are not sampled.</summary>
    public const int MostValues = 200;

    private const string Kind = "semantic_layer";
    private const int MostSampled = 60;
    private const int LongestValue = 100;
    private const int AtOnce = 4;

    private static readonly TimeSpan Freshness = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan SampleLimit = TimeSpan.FromSeconds(20);

    // Not of few values, and nothing that a person would ask for by value.
    private static readonly HashSet<string> Unsampled =
        [.. ((string[])["id", "email", "mail", "phone", "description", "comment", "note", "text", "body", "url", "password", "hash", "token", "secret", "address", "street", "iban"]).Select(QuestionWords.StemOf)];

    /// <exception cref="CubeException">The server does not answer.</exception>
    public async Task<LayerIndex> GetAsync(SemanticLayer layer, CubeTarget target, CancellationToken ct)
    {
        var meta = await cube.MetaAsync(target, ct);
        var place = memory.Use(Kind, layer.Id);
        if (Fresh(place, meta) is { } held)
        {
            return held;
        }

        await place.Gate.WaitAsync(ct);
        try
        {
            if (Fresh(place, meta) is { } built)
            {
                return built;
            }

            var samples = await SampleAsync(target, meta, ct);
            var index = new LayerIndex(meta, samples, embedder.Value.Embed, clock.GetTimestamp());
            place.Held = index;
            return index;
        }
        finally
        {
            place.Gate.Release();
            memory.Trim();
        }
    }

    private LayerIndex? Fresh(IndexPlace place, CubeMeta meta) => place.Held is LayerIndex index
        && clock.GetElapsedTime(index.BuiltAt) < Freshness
        && (ReferenceEquals(index.Meta, meta) || Names(index.Meta).SequenceEqual(Names(meta)))
            ? index
            : null;

    private static IEnumerable<(string, string, string?)> Names(CubeMeta meta) => meta.Cubes.SelectMany(cube =>
        cube.Measures.Concat(cube.Dimensions).Concat(cube.Segments).Select(member => (member.Name, member.Title, member.Description))
            .Prepend((cube.Name, cube.Title, cube.Description)));

    private async Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> SampleAsync(CubeTarget target, CubeMeta meta, CancellationToken ct)
    {
        var dimensions = meta.Cubes.Where(info => !info.IsView)
            .SelectMany(info => info.Dimensions.Where(IsSampled).Select(dimension => (dimension, Count: LayerNames.Count(info))))
            .Where(found => found.Count is not null)
            .Take(MostSampled);
        var samples = new ConcurrentDictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var ends = clock.CreateTimer(_ => limit.Cancel(), state: null, SampleLimit, Timeout.InfiniteTimeSpan);
        try
        {
            await Parallel.ForEachAsync(
                dimensions,
                new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = limit.Token },
                async (found, token) =>
                {
                    if (await ValuesAsync(target, found.dimension, found.Count!, token) is { Count: > 0 } values)
                    {
                        samples[found.dimension.Name] = values;
                    }
                });
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            LogSamplingEnded(target.Claims.LayerId, samples.Count);
        }

        return samples;
    }

    private static bool IsSampled(CubeMember dimension) =>
        dimension is { Type: "string", IsPrimaryKey: false } && !LayerNames.Stems(LayerNames.Words(dimension)).Overlaps(Unsampled);

    private async Task<IReadOnlyList<string>> ValuesAsync(CubeTarget target, CubeMember dimension, CubeMember count, CancellationToken ct)
    {
        var query = new CubeQuery { Dimensions = [dimension.Name], Measures = [count.Name], Limit = MostValues + 1 };
        try
        {
            var found = await cube.LoadAsync(target, CubeQueryJson.Write(query).Deserialize<JsonElement>(), ct);
            var values = found.Data.EnumerateArray()
                .Select(row => row.TryGetProperty(dimension.Name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null)
                .Where(value => value is { Length: > 0 and <= LongestValue })
                .Select(value => value!)
                .ToList();
            return found.Data.GetArrayLength() > MostValues ? [] : values;
        }
        catch (CubeException error)
        {
            // The layer is of use without the values of one dimension.
            LogNotSampled(error, dimension.Name, target.Claims.LayerId);
            return [];
        }
    }

    [LoggerMessage(LogLevel.Information, "Sampling values of {LayerId} took too long and ended after {Count} dimensions")]
    private partial void LogSamplingEnded(string? layerId, int count);

    [LoggerMessage(LogLevel.Warning, "Could not sample the values of {Dimension} of {LayerId}")]
    private partial void LogNotSampled(Exception error, string dimension, string? layerId);
}
