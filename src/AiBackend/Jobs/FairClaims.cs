using AiBackend.Documents;

namespace AiBackend.Jobs;

/// <summary>
/// Claims due work by turns (<see cref="LeasedDocument.Turn"/>): after a turn's document comes that of the next turn that has one
/// due. A client with a thousand documents thus delays another by one claim, not by a thousand. Several are claimed at a time, each by a
/// commit of its own, because those are stored together.
/// </summary>
internal sealed class FairClaims<T>(IDocumentStore store, TimeProvider clock)
    where T : LeasedDocument
{
    private const int Window = 64;
    private const int TurnsPerLook = 32;
    private const int MaxTurnsPerLook = 256;
    private const int DuePerTurn = 8;

    private string lastTurn = string.Empty;
    private string lastSeen = string.Empty;

    /// <summary>The next documents, stamped with the lease; none when none is due that may run.</summary>
    /// <param name="owner">Who claims.</param>
    /// <param name="lease">For how long.</param>
    /// <param name="limit">The most to claim.</param>
    /// <param name="room">What may run; room is taken for each document that is returned.</param>
    public async Task<IReadOnlyList<T>> NextAsync(string owner, TimeSpan lease, int limit, WorkRoom room, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var due = await store.ListAsync<T, DueWork>(Query.Of<T>().AtMost(work => work.DueAt, now).Ascending(work => work.DueAt!).Take(Window), ct);
        if (due.Count == Window)
        {
            // One turn's flood may fill the window and hide the others.
            due = [.. due, .. await OfOtherTurnsAsync(due, now, ct)];
        }

        var chosen = Choose(due, limit, room);
        var claims = new Task<T?>[chosen.Count];
        for (var i = 0; i < claims.Length; i++)
        {
            claims[i] = store.ClaimAsync(
                Query.Of<T>().Equal(work => work.Id, chosen[i].Id).AtMost(work => work.DueAt, now), new Lease(owner, now + lease), ct);
        }

        return await ClaimedAsync(claims, chosen, room);
    }

    /// <summary>One of each turn, then again, starting after the turn that came last.</summary>
    private List<DueWork> Choose(IReadOnlyList<DueWork> due, int limit, WorkRoom room)
    {
        var turns = due.GroupBy(work => work.Turn, StringComparer.Ordinal)
            .OrderBy(turn => string.CompareOrdinal(turn.Key, lastTurn) <= 0)
            .ThenBy(turn => turn.Key, StringComparer.Ordinal)
            .Select(turn => new Queue<DueWork>(turn))
            .ToList();
        var chosen = new List<DueWork>(limit);
        var at = 0;
        while (turns.Count > 0 && chosen.Count < limit)
        {
            if (turns[at].TryPeek(out var next) && room.TryTake(next.ClientId, next.Turn))
            {
                chosen.Add(turns[at].Dequeue());
                lastTurn = next.Turn;
                at++;
            }
            else
            {
                turns.RemoveAt(at);
            }

            at = at >= turns.Count ? 0 : at;
        }

        return chosen;
    }

    /// <summary>What is due of turns that the window does not show. Goes on where the look before ended.</summary>
    private async Task<List<DueWork>> OfOtherTurnsAsync(IReadOnlyList<DueWork> window, DateTimeOffset now, CancellationToken ct)
    {
        var shown = window.Select(work => work.Turn).ToHashSet(StringComparer.Ordinal);
        var found = new List<DueWork>();
        for (var i = 0; i < MaxTurnsPerLook && (i < TurnsPerLook || found.Count == 0); i++)
        {
            var next = await store.ListAsync<T, DueWork>(
                Query.Of<T>().Greater(work => work.Turn, lastSeen).Exists(work => work.DueAt)
                    .Ascending(work => work.Turn, work => work.DueAt!).Take(1),
                ct);
            if (next.Count == 0)
            {
                lastSeen = string.Empty;
                break;
            }

            lastSeen = next[0].Turn;
            if (next[0].DueAt <= now && !shown.Contains(lastSeen))
            {
                found.AddRange(await store.ListAsync<T, DueWork>(
                    Query.Of<T>().Equal(work => work.Turn, lastSeen).AtMost(work => work.DueAt, now)
                        .Ascending(work => work.DueAt!).Take(DuePerTurn),
                    ct));
            }
        }

        return found;
    }

    private static async Task<IReadOnlyList<T>> ClaimedAsync(Task<T?>[] claims, List<DueWork> chosen, WorkRoom room)
    {
        var claimed = new List<T>(claims.Length);
        Exception? failure = null;
        for (var i = 0; i < claims.Length; i++)
        {
            try
            {
                if (await claims[i] is { } work)
                {
                    claimed.Add(work);
                    continue;
                }
            }
            catch (Exception error)
            {
                failure = error;
            }

            room.Release(chosen[i].ClientId, chosen[i].Turn);
        }

        return claimed.Count == 0 && failure is not null ? throw failure : claimed;
    }
}

/// <summary>What a claim needs to know of work before it takes it.</summary>
internal sealed record DueWork(string Id, string ClientId, string Turn, DateTimeOffset? DueAt);
