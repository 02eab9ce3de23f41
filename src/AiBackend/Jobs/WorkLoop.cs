using System.Collections.Concurrent;
using AiBackend.Documents;
using Microsoft.Extensions.Options;

namespace AiBackend.Jobs;

/// <summary>
/// Does all work of one type in this process: claims in turn, runs up to the limit at once, keeps the leases, hears
/// cancellations, and at shutdown lets running work finish for a while before it hands it back.
/// </summary>
internal sealed partial class WorkLoop<T>(
    DocumentStore store,
    IWorkHandler<T> handler,
    WorkOptions<T> options,
    IOptions<JobsOptions> jobs,
    WorkCancellation cancellation,
    WorkHealth health,
    TimeProvider clock,
    ILogger<WorkLoop<T>> logger) : BackgroundService
    where T : LeasedDocument
{
    private const int ClaimsAtOnce = 32;

    private readonly string owner = WorkerName.Value;
    private readonly FairClaims<T> claims = new(store.AcrossTenants, clock);
    private readonly ConcurrentDictionary<Task, T> running = new();
    private readonly WorkRoom room = new(options.Concurrency, options.ConcurrencyPerClient, options.ConcurrencyPerTurn);
    private readonly CancellationTokenSource drained = new();

    public override void Dispose()
    {
        drained.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!jobs.Value.RunsWork)
        {
            return;
        }

        using var alive = health.Entered(options.Name);
        using var signal = store.Signals.Subscribe(Leases.Topic<T>());
        try
        {
            while (true)
            {
                var claimed = await ClaimAsync(stoppingToken);
                foreach (var work in claimed)
                {
                    Start(work);
                }

                if (claimed.Count == 0)
                {
                    await signal.WaitAsync(jobs.Value.PollInterval, clock, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await DrainAsync();
        }
    }

    private async Task<IReadOnlyList<T>> ClaimAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        try
        {
            var free = room.Free();
            return free == 0 ? [] : await claims.NextAsync(owner, options.Lease, Math.Min(free, ClaimsAtOnce), room, ct);
        }
        catch (Exception error) when (error is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            LogClaimFailed(error, options.Name);
            return [];
        }
    }

    private void Start(T work)
    {
        var task = Task.Run(() => RunAsync(work));
        running[task] = work;
        _ = task.ContinueWith(
            ended =>
            {
                running.TryRemove(ended, out _);
                if (room.Release(work.ClientId, work.Turn))
                {
                    store.Signals.Raise(Leases.Topic<T>());
                }
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    private async Task RunAsync(T work)
    {
        using var activity = WorkTelemetry.Start(options.Name, work);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(drained.Token);
        cancellation.Started(work.Id, stop);
        using var ended = new CancellationTokenSource();
        var keeping = KeepLeaseAsync(work, stop, ended.Token);
        try
        {
            await handler.HandleAsync(work, stop.Token);
        }
        catch (LeaseLostException)
        {
            LogLeaseLost(options.Name, work.Id);
        }
        catch (OperationCanceledException) when (drained.IsCancellationRequested)
        {
            await HandBackAsync(work);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            LogStopped(options.Name, work.Id);
        }
        catch (Exception error)
        {
            LogFailed(error, options.Name, work.Id, work.Attempts);
            WorkTelemetry.Failed(options.Name, activity, error);
            await AbandonAsync(work, error);
        }
        finally
        {
            cancellation.Ended(work.Id, stop);
            await ended.CancelAsync();
            await keeping;
        }
    }

    private async Task KeepLeaseAsync(T work, CancellationTokenSource stop, CancellationToken ended)
    {
        // The end that is stored, and the one that was tried last, should it not be known whether that was stored.
        var (leaseEnd, tried) = (work.DueAt!.Value, work.DueAt.Value);
        using var timer = new PeriodicTimer(work is ICancellableWork ? jobs.Value.PollInterval : options.Lease / 3, clock);
        while (await WaitAsync(timer, ended))
        {
            try
            {
                var now = clock.GetUtcNow();
                var isDue = leaseEnd - now <= options.Lease * 2 / 3;
                DateTimeOffset[] known = [leaseEnd, tried];
                tried = isDue ? now + options.Lease : tried;
                var stored = isDue
                    ? await ExtendAsync(work, known, tried, ended)
                    : await store.AcrossTenants.FindAsync<T>(work.Id, ended);
                if (stored is null || !Leases.IsHeld(stored, work) || stored is ICancellableWork { CancelRequested: true })
                {
                    await stop.CancelAsync();
                    return;
                }

                leaseEnd = tried;
            }
            catch (OperationCanceledException) when (ended.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                // It is tried again at the next tick. Should the lease end before that, the fence refuses the work's writes.
                LogKeepFailed(error, options.Name, work.Id);
            }
        }
    }

    private static async ValueTask<bool> WaitAsync(PeriodicTimer timer, CancellationToken ended)
    {
        try
        {
            return await timer.WaitForNextTickAsync(ended);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    // A due time that is not the end of the lease was set by the handler: it has put the work off and is about to return.
    private Task<T?> ExtendAsync(T work, DateTimeOffset[] leaseEnds, DateTimeOffset extended, CancellationToken ct) =>
        store.AcrossTenants.CommitAsync(
            transaction => transaction.UpdateAsync<T>(
                work.Id,
                stored => Leases.IsHeld(stored, work) && leaseEnds.Any(end => IsSameMoment(end, stored.DueAt!.Value))
                    ? stored with { DueAt = extended }
                    : stored),
            ct);

    // Stored times have milliseconds.
    private static bool IsSameMoment(DateTimeOffset one, DateTimeOffset other) =>
        one.ToUnixTimeMilliseconds() == other.ToUnixTimeMilliseconds();

    private async Task HandBackAsync(T work)
    {
        try
        {
            await store.AcrossTenants.CommitAsync(
                transaction => transaction.UpdateAsync<T>(
                    work.Id, stored => Leases.IsHeld(stored, work) ? stored with { DueAt = clock.GetUtcNow() } : stored),
                CancellationToken.None);
            LogHandedBack(options.Name, work.Id);
        }
        catch (Exception error)
        {
            LogClaimFailed(error, options.Name);
        }
    }

    private async Task AbandonAsync(T work, Exception error)
    {
        try
        {
            await handler.AbandonAsync(work, error, CancellationToken.None);
        }
        catch (LeaseLostException)
        {
            LogLeaseLost(options.Name, work.Id);
        }
        catch (Exception second)
        {
            LogFailed(second, options.Name, work.Id, work.Attempts);
        }
    }

    private async Task DrainAsync()
    {
        LogDraining(options.Name, running.Count);
        var all = Task.WhenAll(running.Keys);
        try
        {
            await all.WaitAsync(jobs.Value.DrainLimit, TimeProvider.System);
        }
        catch (TimeoutException)
        {
            await drained.CancelAsync();
            await all;
        }
    }

    [LoggerMessage(LogLevel.Error, "Claiming {Work} failed")]
    private partial void LogClaimFailed(Exception error, string work);

    [LoggerMessage(LogLevel.Warning, "{Work} {Id} was taken over by another worker")]
    private partial void LogLeaseLost(string work, string id);

    [LoggerMessage(LogLevel.Information, "{Work} {Id} was stopped")]
    private partial void LogStopped(string work, string id);

    [LoggerMessage(LogLevel.Error, "{Work} {Id} failed at attempt {Attempt}")]
    private partial void LogFailed(Exception error, string work, string id, int attempt);

    [LoggerMessage(LogLevel.Warning, "The lease of {Work} {Id} could not be kept")]
    private partial void LogKeepFailed(Exception error, string work, string id);

    [LoggerMessage(LogLevel.Information, "{Work} {Id} was handed back for another worker")]
    private partial void LogHandedBack(string work, string id);

    [LoggerMessage(LogLevel.Information, "{Work} takes nothing new and lets {Count} finish")]
    private partial void LogDraining(string work, int count);
}
