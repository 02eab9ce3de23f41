using AiBackend.DataStores;

namespace AiBackend.Semantics.Models;

/// <summary>What models are generated from.</summary>
internal sealed record ModelRequest
{
    public required DatabaseSchema Schema { get; init; }

    /// <summary>Decides how identifiers are quoted and values cast.</summary>
    public required StoreKind Kind { get; init; }

    /// <summary>The <c>data_source</c> of every cube.</summary>
    public required string DataStoreId { get; init; }

    /// <summary>Goes before the names of cubes that <see cref="TakenNames"/> holds.</summary>
    public required string DataStoreName { get; init; }

    /// <summary>Patterns of tables to model; empty: all.</summary>
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>Patterns of tables to leave out.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Names of cubes and views that other stores of the layer, or people, have given.</summary>
    public IReadOnlySet<string> TakenNames { get; init; } = new HashSet<string>(StringComparer.Ordinal);
}

/// <summary>Generated models.</summary>
/// <param name="Files">Texts by file name (<c>orders.yml</c>), in ordinal order of the names.</param>
/// <param name="Tables">How many tables and views of the database they cover.</param>
internal sealed record ModelFiles(IReadOnlyDictionary<string, string> Files, int Tables);
