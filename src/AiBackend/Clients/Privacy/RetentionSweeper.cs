using AiBackend.Documents;
using AiBackend.Jobs;
using Microsoft.Extensions.Options;

namespace AiBackend.Clients.Privacy;

/// <summary>Something that a client may have kept for some days only.</summary>
internal interface IRetentionRule
{
    /// <summary>How long the client keeps it; null: for ever.</summary>
    int? DaysOf(RetentionSettings settings);

    /// <summary>Removes some of what is older, in one or a few small commits.</summary>
    /// <param name="before">What is from before this time is to go.</param>
    /// <param name="cursor">Where the step before ended; null for the first.</param>
    Task<RetentionStep> RemoveAsync(TenantDocuments documents, DateTimeOffset before, string? cursor, CancellationToken ct);
}

/// <summary>What a step of a sweep did.</summary>
/// <param name="Removed">How many things.</param>
/// <param name="Cursor">Where to go on; null when nothing is left.</param>
internal readonly record struct RetentionStep(int Removed, string? Cursor);

/// <summary>
/// Removes what is older than clients keep it, once an hour: a step of one client, then of the next, so that one client's years do not hold
/// up the others. Several processes may sweep at once; what is gone is passed over.
/// </summary>
internal sealed class RetentionSweeper(
    DocumentStore store, ClientDirectory clients, IEnumerable<IRetentionRule> rules, IOptions<JobsOptions> jobs, TimeProvider clock, ILogger<RetentionSweeper> logger)
    : Sweeper(TimeSpan.FromHours(1), jobs, clock, logger)
{
    /// <summary>Removes what is too old now, of all clients.</summary>
    /// <returns>How many things were removed.</returns>
    public override async Task<long> SweepAsync(CancellationToken ct)
    {
        var removed = 0L;
        foreach (var rule in rules)
        {
            removed += await SweepAsync(rule, ct);
        }

        return removed;
    }

    private async Task<long> SweepAsync(IRetentionRule rule, CancellationToken ct)
    {
        var removed = 0L;
        var waiting = new Queue<Turn>(await TurnsAsync(rule, ct));
        while (waiting.TryDequeue(out var turn))
        {
            var step = await rule.RemoveAsync(store.For(turn.ClientId), turn.Before, turn.Cursor, ct);
            removed += step.Removed;
            if (step.Cursor is not null)
            {
                waiting.Enqueue(turn with { Cursor = step.Cursor });
            }
        }

        return removed;
    }

    private async Task<List<Turn>> TurnsAsync(IRetentionRule rule, CancellationToken ct)
    {
        var turns = new List<Turn>();
        await foreach (var client in clients.AllAsync(ct))
        {
            if (rule.DaysOf(client.Settings.Retention) is { } days)
            {
                turns.Add(new Turn(client.Id, Clock.GetUtcNow() - TimeSpan.FromDays(days), Cursor: null));
            }
        }

        return turns;
    }

    private sealed record Turn(string ClientId, DateTimeOffset Before, string? Cursor);
}
