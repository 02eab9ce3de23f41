using System.Text.Json;
using AiBackend.Documents;
using AiBackend.Search.Index;

namespace AiBackend.DataStores.VectorStores;

/// <summary>What is looked for in a vector store.</summary>
internal sealed record VectorQuery
{
    /// <summary>In the words of the person who asks.</summary>
    public required string Text { get; init; }

    /// <summary>The words of the text that tell something.</summary>
    public required IReadOnlyList<string> Words { get; init; }

    /// <summary>By the service's embedding model; null only for <see cref="SearchMode.Keyword"/>.</summary>
    public float[]? Vector { get; init; }

    public required SearchMode Mode { get; init; }

    /// <summary>The most hits.</summary>
    public required int Limit { get; init; }

    /// <summary>All must hold.</summary>
    public IReadOnlyList<FieldEquals> Filters { get; init; } = [];
}

/// <summary>A condition: the field has this value.</summary>
/// <param name="Value">A text, a number or a truth value.</param>
internal sealed record FieldEquals(string Field, JsonElement Value);

/// <summary>A point that was found.</summary>
/// <param name="PointId">As the store has it.</param>
/// <param name="Text">What its text field holds; empty without.</param>
/// <param name="Metadata">The rest of what is kept with it, an object.</param>
/// <param name="Cosine">Between query and point; null where the search went by words alone.</param>
internal sealed record VectorHit(string PointId, string Text, RawJson Metadata, double? Cosine);

/// <summary>Where a collection is and how to get in.</summary>
internal sealed record VectorTarget(string Url, string? ApiKey, string Collection, string TextField);

/// <summary>Speaks the API of one kind of vector store.</summary>
internal interface IVectorStore
{
    StoreKind Kind { get; }

    /// <summary>Finds out whether the collection is there.</summary>
    /// <exception cref="ConnectionException">It does not work; the text says what to set right.</exception>
    Task<ConnectionReport> TestAsync(VectorTarget target, CancellationToken ct);

    /// <summary>Finds points, the best first as the store sees it.</summary>
    /// <exception cref="ConnectionException">As for <see cref="TestAsync"/>; or the query does not fit the collection.</exception>
    Task<IReadOnlyList<VectorHit>> SearchAsync(VectorTarget target, VectorQuery query, CancellationToken ct);
}
