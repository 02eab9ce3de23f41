using AiBackend.Documents;

namespace AiBackend.Http;

/// <summary>A set of documents with sealed secrets: how those of one document are sealed anew.</summary>
internal abstract class SecretHolder
{
    /// <summary>Seals anew what was sealed under the previous key.</summary>
    /// <returns>How many documents were changed.</returns>
    public abstract Task<int> ResealAsync(IDocumentStore store, CancellationToken ct);
}

/// <inheritdoc />
/// <param name="reseal">Returns an equal document when nothing in it was sealed under the previous key.</param>
internal sealed class SecretHolder<T>(Func<T, T> reseal) : SecretHolder
    where T : Document
{
    private const int BatchSize = 200;

    public override async Task<int> ResealAsync(IDocumentStore store, CancellationToken ct)
    {
        var changed = 0;
        string? cursor = null;
        do
        {
            var page = await store.PageAsync(Query.Of<T>(), cursor, BatchSize, ct);
            foreach (var document in page.Items.Where(document => !ReferenceEquals(Resealed(document), document)))
            {
                await store.CommitAsync(transaction => transaction.UpdateAsync<T>(document.Id, Resealed), ct);
                changed++;
            }

            cursor = page.NextCursor;
        }
        while (cursor is not null);

        return changed;
    }

    private T Resealed(T document)
    {
        var resealed = reseal(document);
        return resealed.Equals(document) ? document : resealed;
    }
}

/// <summary>
/// Seals all stored secrets anew on a start with <c>ENCRYPTION_KEY_PREVIOUS</c>, and says when that key can be dropped.
/// </summary>
internal sealed partial class SecretRotation(
    EncryptionOptions options, IEnumerable<SecretHolder> holders, DocumentStore store, ILogger<SecretRotation> logger) : BackgroundService
{
    /// <summary>Seals anew what was sealed under the previous key. Safe to repeat.</summary>
    /// <returns>How many documents were changed.</returns>
    public async Task<int> ResealAsync(CancellationToken ct)
    {
        var changed = 0;
        foreach (var holder in holders)
        {
            changed += await holder.ResealAsync(store.AcrossTenants, ct);
        }

        return changed;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.PreviousKey is null)
        {
            return;
        }

        try
        {
            var changed = await ResealAsync(stoppingToken);
            LogDone(changed, (int)Idempotency.Memory.TotalHours);
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            LogFailed(exception);
        }
    }

    [LoggerMessage(LogLevel.Information, "The secrets of {Count} documents were sealed anew; ENCRYPTION_KEY_PREVIOUS can be dropped in {Hours} hours, when kept answers are forgotten")]
    private partial void LogDone(int count, int hours);

    [LoggerMessage(LogLevel.Error, "Not all secrets could be sealed anew; keep ENCRYPTION_KEY_PREVIOUS, the next start tries again")]
    private partial void LogFailed(Exception exception);
}

/// <summary>Registers documents with sealed secrets.</summary>
internal static class SecretRotationExtensions
{
    /// <summary>Has the secrets of these documents sealed anew when the encryption key has changed.</summary>
    /// <param name="reseal">Returns an equal document when <see cref="SecretBox.Reseal"/> changed nothing; lists compare by instance.</param>
    public static IServiceCollection AddSealedSecrets<T>(this IServiceCollection services, Func<SecretBox, T, T> reseal)
        where T : Document =>
        services.AddSingleton<SecretHolder>(provider =>
        {
            var box = provider.GetRequiredService<SecretBox>();
            return new SecretHolder<T>(document => reseal(box, document));
        });
}
