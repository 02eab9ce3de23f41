using System.Collections.Concurrent;

namespace AiBackend.Http;

/// <summary>
/// A token bucket for each key: <see cref="LimitOptions.RequestsPerSecond"/> flow in, twice as many fit in. In the memory of this
/// process, so behind a balancer each process grants its own.
/// </summary>
internal sealed class RateLimits(LimitOptions limits, TimeProvider clock)
{
    private const int MostBuckets = 100_000;
    private const int BurstSeconds = 2;

    private readonly ConcurrentDictionary<string, Bucket> buckets = new(StringComparer.Ordinal);
    private readonly int rate = limits.RequestsPerSecond;
    private long bucketCount;

    /// <summary>False with <c>RATE_LIMIT=0</c>.</summary>
    public bool AreOn => rate > 0;

    /// <summary>Takes one request from the key's bucket if it holds one.</summary>
    public RateState Take(string keyId)
    {
        var now = clock.GetTimestamp();
        var bucket = buckets.TryGetValue(keyId, out var known) ? known : Add(keyId, now);

        lock (bucket)
        {
            bucket.Tokens = Math.Min(Capacity, bucket.Tokens + (clock.GetElapsedTime(bucket.At, now).TotalSeconds * rate));
            bucket.At = now;
            var isGranted = bucket.Tokens >= 1;
            if (isGranted)
            {
                bucket.Tokens--;
            }

            return new RateState(
                isGranted, Capacity, (int)bucket.Tokens, TimeSpan.FromSeconds((Capacity - bucket.Tokens) / rate), TimeSpan.FromSeconds((1 - bucket.Tokens) / rate));
        }
    }

    private int Capacity => rate * BurstSeconds;

    // Counted here, because the dictionary would take all of its locks to count.
    private Bucket Add(string keyId, long now)
    {
        var made = new Bucket { Tokens = Capacity, At = now };
        var kept = buckets.GetOrAdd(keyId, made);
        if (ReferenceEquals(kept, made) && Interlocked.Increment(ref bucketCount) > MostBuckets)
        {
            ForgetFull(now);
        }

        return kept;
    }

    // A bucket that has had time to fill up is as good as none.
    private void ForgetFull(long now)
    {
        foreach (var (keyId, bucket) in buckets)
        {
            if (clock.GetElapsedTime(bucket.At, now).TotalSeconds > BurstSeconds && buckets.TryRemove(keyId, out _))
            {
                Interlocked.Decrement(ref bucketCount);
            }
        }
    }

    private sealed class Bucket
    {
        public double Tokens { get; set; }

        public long At { get; set; }
    }
}

/// <summary>How a key stands after a request.</summary>
/// <param name="IsGranted">Whether there was room for it.</param>
/// <param name="Limit">The most requests at once.</param>
/// <param name="Remaining">How many more would be granted now.</param>
/// <param name="Full">When the limit stands open again entirely.</param>
/// <param name="Next">When the next request is granted, after a refusal.</param>
internal readonly record struct RateState(bool IsGranted, int Limit, int Remaining, TimeSpan Full, TimeSpan Next);
