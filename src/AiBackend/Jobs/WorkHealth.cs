using System.Collections.Concurrent;

namespace AiBackend.Jobs;

/// <summary>Which work loops run in this process, for the readiness check.</summary>
internal sealed class WorkHealth
{
    private readonly ConcurrentDictionary<string, bool> loops = new(StringComparer.Ordinal);

    /// <summary>The names of the loops that ended although the process goes on; empty when all is well.</summary>
    public IReadOnlyList<string> Stopped => [.. loops.Where(loop => !loop.Value).Select(loop => loop.Key)];

    /// <summary>The names of the loops that are running.</summary>
    public IReadOnlyList<string> Running => [.. loops.Where(loop => loop.Value).Select(loop => loop.Key)];

    public IDisposable Entered(string name)
    {
        loops[name] = true;
        return new Leaving(this, name);
    }

    private sealed class Leaving(WorkHealth health, string name) : IDisposable
    {
        public void Dispose() => health.loops[name] = false;
    }
}
