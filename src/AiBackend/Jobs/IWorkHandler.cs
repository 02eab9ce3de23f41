using AiBackend.Documents;

namespace AiBackend.Jobs;

/// <summary>
/// Does one type of work. Every write to the work goes through <see cref="Leases.RequireHeld"/>, and the last one sets
/// <see cref="LeasedDocument.DueAt"/>: null when nothing is left to do, a later time to be called again.
/// </summary>
internal interface IWorkHandler<T>
    where T : LeasedDocument
{
    /// <summary>Does the work that was claimed.</summary>
    /// <param name="work">The document as it was claimed.</param>
    /// <param name="ct">
    /// Cancelled when the lease is lost, when the process drains, and when somebody asked for the work to be cancelled. In the
    /// last case the stored document says so (<see cref="ICancellableWork.CancelRequested"/>), and the handler ends it; in the
    /// others it lets the exception go.
    /// </param>
    Task HandleAsync(T work, CancellationToken ct);

    /// <summary>Called after an exception that <see cref="HandleAsync"/> did not expect: stores a failure or a later try.</summary>
    Task AbandonAsync(T work, Exception error, CancellationToken ct);
}

/// <summary>Work that can be asked to stop.</summary>
internal interface ICancellableWork
{
    /// <summary>Whether somebody asked; stored, so that a worker in another process sees it.</summary>
    bool CancelRequested { get; }
}
