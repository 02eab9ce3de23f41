using System.Net;

namespace AiBackend.DataStores;

/// <summary>
/// Pools of connections of the targets that were asked last. The pools themselves let a connection go some seconds after its last use, so
/// that what remains of a target that is asked no more is a small object, until others push it out.
/// </summary>
internal sealed class SourceCache<TSource> : IDisposable
    where TSource : class, IDisposable
{
    private const int Capacity = 64;

    private readonly Dictionary<(ConnectionTarget Target, IPAddress Address), (TSource Source, long Use)> sources = [];
    private long uses;

    /// <summary>The source of a target at a checked address.</summary>
    public TSource Get(ConnectionTarget target, IPAddress address, Func<TSource> make)
    {
        // The schemas that are looked at make no other connection, and are compared by reference.
        var key = (target with { Schemas = [] }, address);
        lock (sources)
        {
            var source = sources.TryGetValue(key, out var known) ? known.Source : make();
            sources[key] = (source, ++uses);
            if (sources.Count > Capacity)
            {
                var oldest = sources.MinBy(entry => entry.Value.Use);
                sources.Remove(oldest.Key);
                oldest.Value.Source.Dispose();
            }

            return source;
        }
    }

    public void Dispose()
    {
        foreach (var (source, _) in sources.Values)
        {
            source.Dispose();
        }
    }
}
