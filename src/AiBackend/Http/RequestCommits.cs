using AiBackend.Documents;

namespace AiBackend.Http;

/// <summary>The answer to the first request with the same key.</summary>
/// <param name="Status">2xx.</param>
/// <param name="Body">JSON: what the work of <see cref="RequestCommits"/> returned.</param>
internal sealed record KeptAnswer(int Status, ReadOnlyMemory<byte> Body);

/// <summary>
/// Commits the work of a POST together with the answer to it, so that a repeat with the same <c>Idempotency-Key</c> gets that
/// answer and the work is not done twice. One per request.
/// </summary>
internal sealed class RequestCommits(DocumentStore store)
{
    private IdempotencyReservation? reservation;

    /// <summary>The key in force for this request; null without one.</summary>
    public string? IdempotencyKey { get; private set; }

    /// <summary>
    /// Set when the request repeats one that is done, on a route that <see cref="ReplayExtensions.HandlesReplays"/>: the endpoint
    /// answers from it and commits nothing. Null otherwise.
    /// </summary>
    public KeptAnswer? Replay { get; set; }

    /// <summary>
    /// Does the work for a client and stores it, with the answer (its status, 2xx, and what the work returns), all or nothing. As
    /// with any commit the work may run again, so it has no effect but through the transaction.
    /// </summary>
    public Task<TResponse> CommitAsync<TResponse>(
        Caller caller, int status, Func<TenantTransaction, ValueTask<TResponse>> work, CancellationToken ct) =>
        CommitAsync(caller, _ => status, work, ct);

    /// <summary>As the other, where the status follows from what the work returns.</summary>
    public Task<TResponse> CommitAsync<TResponse>(
        Caller caller, Func<TResponse, int> statusOf, Func<TenantTransaction, ValueTask<TResponse>> work, CancellationToken ct) =>
        reservation is null
            ? caller.Documents.CommitAsync(work, ct)
            : GuardedAsync(reservation, caller.Documents.CommitAsync, work, transaction => transaction.AcrossTenants, statusOf, ct);

    /// <summary>As the other, for what belongs to no client.</summary>
    public Task<TResponse> CommitAsync<TResponse>(int status, Func<ITransaction, ValueTask<TResponse>> work, CancellationToken ct) =>
        reservation is null
            ? store.AcrossTenants.CommitAsync(work, ct)
            : GuardedAsync(reservation, store.AcrossTenants.CommitAsync, work, transaction => transaction, _ => status, ct);

    /// <summary>Puts a key in force.</summary>
    public void Guard(string key, IdempotencyReservation held)
    {
        IdempotencyKey = key;
        reservation = held;
    }

    private static async Task<TResponse> GuardedAsync<TTransaction, TResponse>(
        IdempotencyReservation held,
        Func<Func<TTransaction, ValueTask<TResponse>>, CancellationToken, Task<TResponse>> commitAsync,
        Func<TTransaction, ValueTask<TResponse>> work,
        Func<TTransaction, ITransaction> across,
        Func<TResponse, int> statusOf,
        CancellationToken ct)
    {
        var response = await commitAsync(
            async transaction =>
            {
                var response = await work(transaction);
                await held.CompleteAsync(across(transaction), statusOf(response), response);
                return response;
            },
            ct);
        held.IsSettled = true;
        return response;
    }
}
