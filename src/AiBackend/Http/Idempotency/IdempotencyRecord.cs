using AiBackend.Documents;

namespace AiBackend.Http;

/// <summary>
/// What became of a request with an <c>Idempotency-Key</c>: first a reservation under a lease, then the answer. Its id follows from
/// whose key it is, the route and the key.
/// </summary>
internal sealed record IdempotencyRecord : TenantDocument
{
    /// <summary>What stands for the client where the admin key acts for none.</summary>
    public const string NoClient = "admin";

    /// <summary>SHA-256 of the query and the body, in hex: what makes a repeat the same request.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Names the one request that holds the lease.</summary>
    public required string Holder { get; init; }

    /// <summary>Until then repeats wait for the holder; after it one of them may do the work.</summary>
    public required DateTimeOffset LeaseUntil { get; init; }

    /// <summary>The answer to repeat; null until the work is stored.</summary>
    public StoredAnswer? Answer { get; init; }

    /// <summary>When the key is forgotten.</summary>
    public required DateTimeOffset ForgetAt { get; init; }
}

/// <summary>An answer as it was given.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="ContentType">Null when it had no body.</param>
/// <param name="ETag">Null when it had none.</param>
/// <param name="SealedBody">Sealed, because it may hold a secret that is shown once.</param>
internal sealed record StoredAnswer(int Status, string? ContentType, string? ETag, string SealedBody);
