using AiBackend.Documents;

namespace AiBackend.Jobs;

/// <summary>Fences off a worker that lost its lease, and declares what claims need.</summary>
internal static class Leases
{
    /// <summary>Called inside each update of claimed work: passes the stored document on if its lease is still this one.</summary>
    /// <exception cref="LeaseLostException">Another worker took the work since, or it was ended.</exception>
    public static T RequireHeld<T>(T stored, T held)
        where T : LeasedDocument =>
        IsHeld(stored, held) ? stored : throw new LeaseLostException(held.Id);

    /// <summary>Whether the stored document still is under the lease of the one that was claimed.</summary>
    public static bool IsHeld<T>(T stored, T held)
        where T : LeasedDocument =>
        stored.DueAt is not null && stored.LeaseOwner == held.LeaseOwner && stored.Attempts == held.Attempts;

    /// <summary>The indexes by which work is claimed: oldest first, and by turns.</summary>
    public static DocumentSet<T> WithDueIndexes<T>(this DocumentSet<T> set)
        where T : LeasedDocument =>
        set.PartialIndex("due", work => work.DueAt, work => work.DueAt)
            .PartialIndex("due_by_turn", work => work.DueAt, work => work.Turn, work => work.DueAt);

    /// <summary>Wakes the workers of this process that do <typeparamref name="T"/>, once the commit is durable.</summary>
    public static void SignalWork<T>(this TenantTransaction transaction)
        where T : LeasedDocument =>
        transaction.Signal(Topic<T>());

    public static string Topic<T>()
        where T : LeasedDocument => $"work:{typeof(T).Name}";
}

/// <summary>The worker no longer holds the work; whatever it was about to store is void.</summary>
internal sealed class LeaseLostException(string id) : Exception($"The lease of {id} was lost.");
