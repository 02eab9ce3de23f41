using System.Text;
using System.Text.Json;
using AiBackend.Documents;

namespace AiBackend.Http;

/// <summary>This request's hold on its <c>Idempotency-Key</c>.</summary>
/// <param name="recordId">The stored record.</param>
/// <param name="holder">Names this request in it.</param>
/// <param name="secrets">Seals the answer.</param>
internal sealed class IdempotencyReservation(string recordId, string holder, SecretBox secrets)
{
    /// <summary>The stored record.</summary>
    public string RecordId { get; } = recordId;

    /// <summary>Whether the answer is stored: set once its commit is through.</summary>
    public bool IsSettled { get; set; }

    /// <summary>Stores the answer within the commit of the work, and fails the commit when another request has taken over.</summary>
    public ValueTask CompleteAsync<TResponse>(ITransaction transaction, int status, TResponse response)
    {
        var body = JsonSerializer.Serialize(response, WireJson.Options);
        var eTag = response is IVersioned versioned ? IfMatch.ETag(versioned.Version) : null;
        return CompleteAsync(transaction, Answer(status, "application/json; charset=utf-8", eTag, body));
    }

    /// <summary>As the other, for an answer as it went out.</summary>
    public async ValueTask CompleteAsync(ITransaction transaction, StoredAnswer answer)
    {
        var stored = await transaction.UpdateAsync<IdempotencyRecord>(
            RecordId, record => record.Holder == holder ? record with { Answer = answer } : record);
        if (stored?.Holder != holder)
        {
            throw Idempotency.InProgress();
        }

        transaction.Signal(Idempotency.Topic(RecordId));
    }

    /// <summary>Moves the end of the lease, unless the answer is stored or another request has the key.</summary>
    public ValueTask<IdempotencyRecord?> RenewAsync(ITransaction transaction, DateTimeOffset until) =>
        transaction.UpdateAsync<IdempotencyRecord>(
            RecordId, record => record.Holder == holder && record.Answer is null ? record with { LeaseUntil = until } : record);

    /// <summary>Gives the key free, unless the work is stored already.</summary>
    public async ValueTask<bool> ReleaseAsync(ITransaction transaction)
    {
        var record = await transaction.FindAsync<IdempotencyRecord>(RecordId);
        if (record is null || record.Holder != holder || record.Answer is not null)
        {
            return false;
        }

        transaction.Signal(Idempotency.Topic(RecordId));
        return await transaction.DeleteAsync<IdempotencyRecord>(RecordId);
    }

    /// <summary>An answer in the form that is stored.</summary>
    public StoredAnswer Answer(int status, string? contentType, string? eTag, string body) =>
        new(status, contentType, eTag, secrets.Seal(RecordId, body));

    /// <summary>As the other, for the bytes that went out.</summary>
    public StoredAnswer Answer(int status, string? contentType, string? eTag, ReadOnlySpan<byte> body) =>
        Answer(status, contentType, eTag, Encoding.UTF8.GetString(body));
}
