using System.Text.RegularExpressions;
using MongoDB.Driver;

namespace AiBackend.Documents.Mongo;

/// <summary>What the driver throws, in the contract's words.</summary>
internal static partial class MongoFailures
{
    private const int DuplicateKey = 11000;
    private const int WriteConflict = 112;

    /// <summary>Whether the driver throws such an exception of its own accord: a refusal, a lost connection, no server in time.</summary>
    public static bool IsDriver(Exception thrown) => thrown is MongoException or TimeoutException;

    /// <summary>
    /// An operation of a transaction failed in a way that may pass: a conflict, a lost connection, no primary just now. The
    /// server keeps nothing of the transaction, so all of it may be done again.
    /// </summary>
    public static bool IsTransient(Exception thrown) =>
        IsForgotten(thrown) || thrown is TimeoutException or MongoConnectionException or MongoConnectionPoolPausedException;

    /// <summary>The server says that it keeps nothing of the transaction; also in answer to a commit.</summary>
    public static bool IsForgotten(Exception thrown) =>
        thrown is MongoException labelled && labelled.HasErrorLabel("TransientTransactionError");

    /// <summary>The commit may or may not be done, and to ask for it again is safe.</summary>
    public static bool IsUnknownCommit(Exception thrown) => thrown switch
    {
        MongoException labelled when labelled.HasErrorLabel("UnknownTransactionCommitResult") => true,
        MongoServerException => false,
        _ => !IsForgotten(thrown),
    };

    /// <summary>Another open or later transaction wrote the same document.</summary>
    public static bool IsWriteConflict(Exception thrown) => thrown is MongoCommandException { Code: WriteConflict };

    /// <summary>The exception to leave the adapter with.</summary>
    /// <param name="collection">Where it happened.</param>
    /// <param name="thrown">Of the driver, or the end of the time that was given to it.</param>
    public static Exception Translate(string collection, Exception thrown) => thrown switch
    {
        MongoBulkWriteException { WriteErrors: [{ Code: DuplicateKey } first, ..] } => Duplicate(collection, first.Message),
        MongoWriteException { WriteError: { Code: DuplicateKey } error } => Duplicate(collection, error.Message),
        MongoCommandException { Code: DuplicateKey } refused => Duplicate(collection, refused.ErrorMessage),
        OperationCanceledException or TimeoutException or MongoConnectionException or MongoClientException =>
            new StoreUnavailableException("MongoDB cannot be reached or does not answer in time.", thrown),
        _ => new StoreUnavailableException($"MongoDB refused an operation on {collection}: {thrown.Message}", thrown),
    };

    private static DuplicateKeyException Duplicate(string collection, string message)
    {
        var index = IndexName().Match(message).Groups[1].Value;
        return new DuplicateKeyException(collection, index is "_id_" ? "id" : index);
    }

    [GeneratedRegex(" index: ([^ ]+) dup key")]
    private static partial Regex IndexName();
}
