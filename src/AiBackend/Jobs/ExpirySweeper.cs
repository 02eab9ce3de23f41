using AiBackend.Documents;
using Microsoft.Extensions.Options;

namespace AiBackend.Jobs;

/// <summary>Removes documents whose time has passed, such as idempotency records after a day.</summary>
internal sealed partial class ExpirySweeper(
    DocumentStore store, IOptions<JobsOptions> jobs, TimeProvider clock, ILogger<ExpirySweeper> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!jobs.Value.RunsWork)
        {
            return;
        }

        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                var removed = await store.AcrossTenants.RemoveExpiredAsync(clock.GetUtcNow(), stoppingToken);
                LogRemoved(removed);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(error);
            }
        }
    }

    [LoggerMessage(LogLevel.Debug, "Removed {Count} expired documents")]
    private partial void LogRemoved(int count);

    [LoggerMessage(LogLevel.Warning, "Removing expired documents failed; it is tried again")]
    private partial void LogFailed(Exception error);
}
