using Microsoft.Extensions.Options;

namespace AiBackend.Jobs;

/// <summary>
/// Does something over and over in processes that do background work, the first time soon after the start, so that a process that is
/// often restarted comes to it as well. What fails is told and tried again the next time. Several processes may do it at once.
/// </summary>
/// <param name="interval">From one time to the next.</param>
internal abstract partial class Sweeper(TimeSpan interval, IOptions<JobsOptions> jobs, TimeProvider clock, ILogger logger) : BackgroundService
{
    private static readonly TimeSpan FirstAfter = TimeSpan.FromMinutes(1);

    /// <summary>The service's clock.</summary>
    protected TimeProvider Clock => clock;

    /// <summary>Does what there is to do now.</summary>
    /// <returns>How many things were dealt with.</returns>
    public abstract Task<long> SweepAsync(CancellationToken ct);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!jobs.Value.RunsWork)
        {
            return;
        }

        var name = GetType().Name;
        using var timer = new PeriodicTimer(interval < FirstAfter ? interval : FirstAfter, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            timer.Period = interval;
            try
            {
                if (await SweepAsync(stoppingToken) is > 0 and var count)
                {
                    LogSwept(name, count);
                }
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(error, name);
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "{Sweeper} dealt with {Count}")]
    private partial void LogSwept(string sweeper, long count);

    [LoggerMessage(LogLevel.Warning, "{Sweeper} failed; it is tried again")]
    private partial void LogFailed(Exception error, string sweeper);
}
