using System.Security.Cryptography;
using System.Text;
using AiBackend.Documents;

namespace AiBackend.Http;

/// <summary>The store of requests with an <c>Idempotency-Key</c>.</summary>
internal sealed class Idempotency(DocumentStore store, SecretBox secrets, TimeProvider clock, Ids ids)
{
    /// <summary>How long after a crash a repeat may do the work instead; a request that lives renews its lease.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    /// <summary>How often a request that lives renews its lease: two renewals may fail.</summary>
    public static readonly TimeSpan Renewal = TimeSpan.FromSeconds(3);

    /// <summary>How long an answer is repeated.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromHours(24);

    public static readonly DocumentSet<IdempotencyRecord> Records = new DocumentSet<IdempotencyRecord>("idempotency")
        .Index("by_client", record => record.ClientId)
        .ExpiresAt(record => record.ForgetAt);

    /// <summary>Where it is told that a record has changed.</summary>
    public static string Topic(string recordId) => $"idempotency:{recordId}";

    public static ApiException InProgress() =>
        new(StatusCodes.Status409Conflict, "idempotency_in_progress", "The first request with this Idempotency-Key is still being worked on.")
        {
            RetryAfter = TimeSpan.FromSeconds(1),
        };

    public static ApiException Reused() => new(
        StatusCodes.Status422UnprocessableEntity,
        "idempotency_key_reused",
        "This Idempotency-Key came with another request in the last 24 hours; use a new key.");

    /// <summary>The record of a key: one for each owner and path.</summary>
    public static string RecordId(string owner, string path, string key) =>
        $"idm_{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{owner}\n{path}\n{key}")))}";

    /// <summary>Takes the key for a request, or tells what became of the one that has it.</summary>
    /// <returns>This request's reservation, or the other's record.</returns>
    /// <exception cref="ApiException">422: the key belongs to a different request.</exception>
    public async Task<(IdempotencyReservation? Own, IdempotencyRecord? Other)> ReserveAsync(
        string owner, string recordId, string fingerprint, CancellationToken ct)
    {
        var holder = ids.New("idm");
        var record = await store.AcrossTenants.CommitAsync(
            async transaction =>
            {
                var now = clock.GetUtcNow();
                var existing = await transaction.FindAsync<IdempotencyRecord>(recordId);
                if (existing is not null && existing.ForgetAt > now)
                {
                    if (existing.Fingerprint != fingerprint && existing.Fingerprint != KeptAnswers.AnyFingerprint)
                    {
                        throw Reused();
                    }

                    if (existing.Answer is not null || existing.LeaseUntil > now)
                    {
                        return existing;
                    }
                }

                var taken = new IdempotencyRecord
                {
                    Id = recordId,
                    Version = existing?.Version ?? 0,
                    ClientId = owner,
                    Fingerprint = fingerprint,
                    Holder = holder,
                    LeaseUntil = now + Lease,
                    ForgetAt = now + Memory,
                };
                if (existing is not null)
                {
                    return await transaction.ReplaceAsync(taken);
                }

                await transaction.InsertAsync(taken);
                return taken;
            },
            ct);
        return record.Holder == holder ? (new IdempotencyReservation(recordId, holder, secrets), null) : (null, record);
    }

    /// <summary>Takes the lease anew, unless the answer is stored or another request has the key.</summary>
    public Task RenewAsync(IdempotencyReservation own, CancellationToken ct) =>
        store.AcrossTenants.CommitAsync(transaction => own.RenewAsync(transaction, clock.GetUtcNow() + Lease), ct);

    /// <summary>The body of a stored answer.</summary>
    public byte[] Open(IdempotencyRecord record) => Encoding.UTF8.GetBytes(secrets.Open(record.Id, record.Answer!.SealedBody));

    /// <summary>Stores the answer of a request whose work was not stored together with it.</summary>
    public Task CompleteAsync(IdempotencyReservation own, StoredAnswer answer, CancellationToken ct) =>
        store.AcrossTenants.CommitAsync(
            async transaction =>
            {
                await own.CompleteAsync(transaction, answer);
                return true;
            },
            ct);

    /// <summary>Gives the key free, unless the work is stored already.</summary>
    public Task ReleaseAsync(IdempotencyReservation own, CancellationToken ct) =>
        store.AcrossTenants.CommitAsync(own.ReleaseAsync, ct);

    /// <summary>Waits until the record has its answer, or the limit is over.</summary>
    /// <returns>The record as it is then; null when the key was given free.</returns>
    public async Task<IdempotencyRecord?> AwaitAnswerAsync(string recordId, TimeSpan limit, CancellationToken ct)
    {
        var until = clock.GetUtcNow() + limit;
        using var changed = store.Signals.Subscribe(Topic(recordId));
        while (true)
        {
            var record = await store.AcrossTenants.FindAsync<IdempotencyRecord>(recordId, ct);
            var left = until - clock.GetUtcNow();
            if (record is null || record.Answer is not null || left <= TimeSpan.Zero)
            {
                return record;
            }

            await changed.WaitAsync(left < TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1), clock, ct);
        }
    }
}
