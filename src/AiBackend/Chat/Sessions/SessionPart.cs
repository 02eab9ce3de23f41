using AiBackend.Documents;

namespace AiBackend.Chat.Sessions;

/// <summary>A set of documents that belong to sessions and go with them. Every set that names a session has one, except the events.</summary>
internal abstract class SessionPart
{
    /// <summary>The documents of the set.</summary>
    public abstract Type DocumentType { get; }

    /// <summary>Whether each document is made of the session's messages as a whole, so that it must go when one of them does.</summary>
    public bool IsMadeOfMessages { get; init; }

    /// <summary>Removes documents of a session.</summary>
    /// <param name="limit">The most to remove; null for all.</param>
    /// <returns>The ids of those that were removed.</returns>
    public abstract ValueTask<IReadOnlyList<string>> RemoveAsync(TenantTransaction transaction, string sessionId, int? limit);
}

/// <inheritdoc />
/// <param name="ofSession">The documents of a session, in an order that an index gives.</param>
internal sealed class SessionPart<T>(Func<string, Query<T>> ofSession) : SessionPart
    where T : TenantDocument
{
    public override Type DocumentType => typeof(T);

    public override async ValueTask<IReadOnlyList<string>> RemoveAsync(TenantTransaction transaction, string sessionId, int? limit)
    {
        var query = ofSession(sessionId);
        var found = await transaction.ListAsync(limit is { } most ? query.Take(most) : query);
        foreach (var document in found)
        {
            await transaction.DeleteAsync<T>(document.Id);
        }

        return [.. found.Select(document => document.Id)];
    }
}

internal static class SessionPartRegistration
{
    /// <summary>Says that the documents of a set go with the session that they belong to.</summary>
    /// <param name="ofSession">The documents of a session, in an order that an index gives.</param>
    /// <param name="isMadeOfMessages">See <see cref="SessionPart.IsMadeOfMessages"/>.</param>
    public static IServiceCollection AddSessionPart<T>(
        this IServiceCollection services, Func<string, Query<T>> ofSession, bool isMadeOfMessages = false)
        where T : TenantDocument =>
        services.AddSingleton<SessionPart>(new SessionPart<T>(ofSession) { IsMadeOfMessages = isMadeOfMessages });
}
