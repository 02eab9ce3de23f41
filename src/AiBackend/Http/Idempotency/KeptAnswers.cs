using AiBackend.Documents;

namespace AiBackend.Http;

/// <summary>Goes through the answers that are kept for repeats of requests.</summary>
internal sealed class KeptAnswers(DocumentStore store, SecretBox secrets)
{
    private const int RecordsPerPage = 50;

    /// <summary>What takes the place of the fingerprint of a request whose answer was erased: any repeat is the same request.</summary>
    public const string AnyFingerprint = "";

    /// <summary>What a repeat is answered once the answer was erased.</summary>
    public static ApiException Gone() => new(StatusCodes.Status410Gone, "erased", "What this request made was erased.");

    /// <summary>
    /// Erases those answers of a client that a test finds: a repeat within the day gets 410 <c>erased</c> instead, so that a client that
    /// sends its requests again does not bring back what is gone.
    /// </summary>
    /// <param name="isErasedAsync">Looks at the body of an answer of 2xx or 4xx.</param>
    /// <returns>How many.</returns>
    public async Task<int> EraseAsync(string clientId, Func<string, CancellationToken, Task<bool>> isErasedAsync, CancellationToken ct)
    {
        var documents = store.For(clientId);
        var erased = 0;
        string? cursor = null;
        do
        {
            var page = await documents.PageAsync(Query.Of<IdempotencyRecord>().Ascending(), cursor, RecordsPerPage, ct);
            foreach (var record in page.Items.Where(record => record.Answer is not null && record.Fingerprint != AnyFingerprint))
            {
                if (await isErasedAsync(secrets.Open(record.Id, record.Answer!.SealedBody), ct))
                {
                    await documents.CommitAsync(
                        transaction => transaction.UpdateAsync<IdempotencyRecord>(record.Id, stored => stored.Version == record.Version ? Erased(stored) : stored), ct);
                    erased++;
                }
            }

            cursor = page.NextCursor;
        }
        while (cursor is not null);

        return erased;
    }

    private IdempotencyRecord Erased(IdempotencyRecord record) => record with
    {
        Fingerprint = AnyFingerprint,
        Answer = new StoredAnswer(
            StatusCodes.Status410Gone, "application/problem+json", ETag: null, secrets.Seal(record.Id, string.Empty)),
    };
}
