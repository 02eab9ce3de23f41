namespace AiBackend.Documents;

/// <summary>What is stored: a small immutable record with an id and a version.</summary>
public abstract record Document
{
    /// <summary>Prefixed, time-ordered (see <see cref="Ids"/>); unique in its collection.</summary>
    public required string Id { get; init; }

    /// <summary>0 before the first insert, 1 after it, one more with every write. Set by the adapter.</summary>
    public long Version { get; init; }
}

/// <summary>A document that belongs to one client. It is read and written through <see cref="TenantDocuments"/>.</summary>
public abstract record TenantDocument : Document
{
    /// <summary>The owning client (<c>cli_…</c>).</summary>
    public required string ClientId { get; init; }
}

/// <summary>
/// A document that is also a piece of work: one worker at a time takes it under a lease. A holder that dies
/// leaves <see cref="DueAt"/> in place, so the work is taken up again when the lease has run out.
/// </summary>
public abstract record LeasedDocument : TenantDocument
{
    /// <summary>When this may next be taken up; while leased, when the lease ends. Null: nothing left to do.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>Who holds the lease, or held it last; null before the first claim.</summary>
    public string? LeaseOwner { get; init; }

    /// <summary>How often this was taken up. Together with the owner it fences off a holder that lost its lease.</summary>
    public int Attempts { get; init; }

    /// <summary>
    /// In whose turn this is taken up: a thousand documents of one turn delay another turn's first by one. The client's, unless a type of work
    /// says otherwise. It follows from the other fields and never changes.
    /// </summary>
    public virtual string Turn => ClientId;
}

/// <summary>What a claim writes into the document that it takes.</summary>
/// <param name="Owner">The worker's name, unique over all processes.</param>
/// <param name="Until">When the lease ends unless the holder extends it.</param>
public sealed record Lease(string Owner, DateTimeOffset Until);
