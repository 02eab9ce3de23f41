using AiBackend.Clients;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Jobs;
using Microsoft.Extensions.Options;

namespace AiBackend.Chat.Sessions;

/// <summary>Closes conversations in which nobody has written for longer than the client's <c>threads</c> settings say.</summary>
internal static class SilentSessions
{
    /// <summary>What a session that was closed so has as its <c>close_reason</c>.</summary>
    public const string Reason = "inactivity";

    /// <summary>The latest time of a last message that counts as silence; null when the client's sessions are not closed for it.</summary>
    public static DateTimeOffset? Cutoff(ThreadSettings settings, DateTimeOffset now) =>
        settings.Enabled ? now - TimeSpan.FromMinutes(settings.InactivityMinutes) : null;

    /// <summary>Whether nobody has written after this time, and nothing is being answered.</summary>
    public static bool IsSilent(Session session, DateTimeOffset? cutoff) => cutoff is { } end && session.SilentSince < end;

    /// <summary>Closes the session if it is silent.</summary>
    /// <returns>Whether it was closed by this.</returns>
    public static async ValueTask<bool> CloseAsync(
        TenantTransaction transaction, ChatEvents events, string sessionId, DateTimeOffset? cutoff, DateTimeOffset now)
    {
        var isClosed = false;
        var session = await transaction.UpdateAsync<Session>(
            sessionId,
            stored =>
            {
                isClosed = IsSilent(stored, cutoff);
                return isClosed
                    ? stored.Raised(1) with { State = SessionState.Closed, CloseReason = Reason, UpdatedAt = now }
                    : stored;
            });
        if (isClosed)
        {
            await events.AppendAsync(transaction, session!, traceId: null, [ChatEvent.Of(EventTypes.ChatSessionClosed, session!)]);
        }

        return isClosed;
    }
}

/// <summary>Looks for silent conversations once a minute.</summary>
internal sealed class SilentSessionSweeper(
    DocumentStore store, ClientDirectory clients, ChatEvents events, IOptions<JobsOptions> jobs, TimeProvider clock, ILogger<SilentSessionSweeper> logger)
    : Sweeper(TimeSpan.FromMinutes(1), jobs, clock, logger)
{
    private const int SessionsAtOnce = 50;

    /// <summary>Closes what is silent now, of all clients.</summary>
    public override async Task<long> SweepAsync(CancellationToken ct)
    {
        var closed = 0L;
        await foreach (var client in clients.AllAsync(ct))
        {
            closed += client.Settings.Threads.Enabled ? await SweepAsync(client, ct) : 0;
        }

        return closed;
    }

    private async Task<int> SweepAsync(Client client, CancellationToken ct)
    {
        var documents = store.For(client.Id);
        var cutoff = SilentSessions.Cutoff(client.Settings.Threads, Clock.GetUtcNow());
        var silent = Query.Of<Session>().Less(session => session.SilentSince, cutoff).Ascending(session => session.SilentSince).Take(SessionsAtOnce);
        var closed = 0;
        while (true)
        {
            var found = await documents.ListAsync(silent, ct);
            foreach (var session in found)
            {
                var isClosed = await documents.CommitAsync(
                    transaction => SilentSessions.CloseAsync(transaction, events, session.Id, cutoff, Clock.GetUtcNow()), ct);
                closed += isClosed ? 1 : 0;
            }

            if (found.Count < SessionsAtOnce)
            {
                return closed;
            }
        }
    }
}
