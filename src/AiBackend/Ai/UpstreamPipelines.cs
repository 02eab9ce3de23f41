using Microsoft.Extensions.Caching.Memory;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace AiBackend.Ai;

/// <summary>
/// Retries and a circuit breaker for each address. The circuit is shared by all calls to the address, so that a dead server fails
/// them at once instead of one time limit after another.
/// </summary>
internal sealed partial class UpstreamPipelines(TimeProvider clock, ILogger<UpstreamPipelines> logger) : IDisposable
{
    /// <summary>Clients may name addresses, so those that are no longer used are forgotten.</summary>
    private static readonly MemoryCacheEntryOptions KeptFor = new() { SlidingExpiration = TimeSpan.FromHours(1), Size = 1 };

    private readonly MemoryCache byAddress = new(new MemoryCacheOptions { SizeLimit = 10_000 });
    private readonly Lock making = new();

    /// <summary>Sends the request until it succeeds or its tries are used up.</summary>
    /// <param name="server">How messages name the server, such as "The model server".</param>
    /// <param name="send">One try. Throws <see cref="UpstreamException"/> for what may be retried or counts against the server.</param>
    /// <exception cref="UpstreamException">The last try's, or the server is being left alone.</exception>
    public async Task<T> SendAsync<T>(
        string server, Uri address, UpstreamPolicy policy, Func<CancellationToken, Task<T>> send, CancellationToken ct)
    {
        try
        {
            return await For(server, address, policy).ExecuteAsync(static async (send, ct) => await send(ct), send, ct);
        }
        catch (BrokenCircuitException)
        {
            throw new UpstreamException(UpstreamFailure.Unavailable, $"{server} failed repeatedly and is left alone for a moment.")
            {
                IsTransient = false,
            };
        }
    }

    public void Dispose() => byAddress.Dispose();

    private ResiliencePipeline For(string server, Uri address, UpstreamPolicy policy)
    {
        var key = address.AbsoluteUri;
        if (byAddress.TryGetValue(key, out ResiliencePipeline? pipeline))
        {
            return pipeline!;
        }

        lock (making)
        {
            return byAddress.TryGetValue(key, out pipeline)
                ? pipeline!
                : byAddress.Set(key, Make(server, address.Host, policy), KeptFor);
        }
    }

    private ResiliencePipeline Make(string server, string host, UpstreamPolicy policy)
    {
        var builder = new ResiliencePipelineBuilder { TimeProvider = clock };
        if (policy.Tries > 1)
        {
            builder.AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = failed => ValueTask.FromResult(
                    failed.Outcome.Exception is UpstreamException { IsTransient: true } error
                    && !(error.RetryAfter > policy.LongestRetryAfter)),
                MaxRetryAttempts = policy.Tries - 1,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = policy.RetryDelay,
                DelayGenerator = failed => ValueTask.FromResult((failed.Outcome.Exception as UpstreamException)?.RetryAfter),
                OnRetry = retry =>
                {
                    if (retry.Outcome.Exception is UpstreamException error)
                    {
                        LogRetry(server, host, retry.AttemptNumber + 1, error.Failure, error.Status, (long)retry.RetryDelay.TotalMilliseconds);
                    }

                    return default;
                },
            });
        }

        return builder
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                ShouldHandle = failed => ValueTask.FromResult(
                    failed.Outcome.Exception is UpstreamException { Failure: UpstreamFailure.Unavailable or UpstreamFailure.TimedOut }),
                FailureRatio = 0.5,
                MinimumThroughput = policy.TriesToOpen,
                SamplingDuration = TimeSpan.FromSeconds(30),
                BreakDuration = policy.OpenFor,
                OnOpened = _ =>
                {
                    LogOpened(server, host);
                    return default;
                },
            })
            .Build();
    }

    [LoggerMessage(LogLevel.Warning, "{Server} at {Host} failed on try {Try}: {Failure}, status {Status}; trying again in {Milliseconds} ms")]
    private partial void LogRetry(string server, string host, int @try, UpstreamFailure failure, int? status, long milliseconds);

    [LoggerMessage(LogLevel.Error, "{Server} at {Host} keeps failing and is left alone for a moment")]
    private partial void LogOpened(string server, string host);
}
