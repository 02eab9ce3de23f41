namespace AiBackend.OpenAi;

/// <summary>A token that fires when its caller's does, or when a wait that can be set anew is over.</summary>
internal sealed class TimeLimit : IDisposable
{
    private readonly CancellationTokenSource limit;
    private readonly CancellationTokenSource either;

    public TimeLimit(TimeSpan first, TimeProvider clock, CancellationToken ct)
    {
        limit = new CancellationTokenSource(first, clock);
        either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
    }

    public CancellationToken Token => either.Token;

    /// <summary>Waits so long from now.</summary>
    public void Restart(TimeSpan wait) => limit.CancelAfter(wait);

    /// <summary>Stands still until the next <see cref="Restart"/>.</summary>
    public void Pause() => limit.CancelAfter(Timeout.InfiniteTimeSpan);

    public void Dispose()
    {
        either.Dispose();
        limit.Dispose();
    }
}
