using AiBackend.Documents;

namespace AiBackend.Clients.Privacy;

/// <summary>
/// Erases an end user from what a feature holds. All that are registered run, one after another; a crash makes them run again from the
/// beginning, so what leads to the rest is erased last, and to erase twice is the same as once.
/// </summary>
internal interface IClientDataEraser
{
    /// <summary>Erases what one end user has written, and what was made of it, in small commits.</summary>
    Task EraseAsync(TenantDocuments documents, PersonErasure erasure, CancellationToken ct);
}

/// <summary>An end user who is being erased.</summary>
/// <param name="PersonId">The client's own id of him, as it was sent.</param>
/// <param name="AskedAt">When: what he writes after it is new.</param>
/// <param name="CountAsync">Adds to the number of things erased that the job shows.</param>
internal sealed record PersonErasure(string PersonId, DateTimeOffset AskedAt, Func<long, CancellationToken, Task> CountAsync);
