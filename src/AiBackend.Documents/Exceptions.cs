namespace AiBackend.Documents;

/// <summary>The stored version is not the one that the writer had read.</summary>
public sealed class VersionConflictException(string collection, string id)
    : Exception($"The document {id} of {collection} was changed in the meantime.")
{
    /// <summary>The collection's name.</summary>
    public string Collection { get; } = collection;

    /// <summary>The document's id.</summary>
    public string Id { get; } = id;
}

/// <summary>Another document holds the same unique key.</summary>
public sealed class DuplicateKeyException(string collection, string index)
    : Exception($"Another document of {collection} holds the same key of {index}.")
{
    /// <summary>The collection's name.</summary>
    public string Collection { get; } = collection;

    /// <summary>The name of the unique index, or <c>id</c> for the document's id.</summary>
    public string Index { get; } = index;
}

/// <summary>The cursor was not made by this list, or was damaged.</summary>
public sealed class InvalidCursorException() : Exception("The cursor is not one that this list has given.");

/// <summary>No declared index serves the query. A mistake in the program, found in tests and development.</summary>
public sealed class UnservedQueryException(string collection, string query)
    : Exception($"No declared index of {collection} serves the query {query}.");

/// <summary>The database cannot be reached or does not answer; the work was not done as far as is known.</summary>
public sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
