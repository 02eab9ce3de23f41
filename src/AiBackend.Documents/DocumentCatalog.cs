namespace AiBackend.Documents;

/// <summary>All declared document sets, by document type. An adapter makes its tables and indexes from it.</summary>
public sealed class DocumentCatalog
{
    private readonly Dictionary<Type, DocumentSet> byType;

    /// <summary>Collects the sets.</summary>
    /// <exception cref="InvalidOperationException">A name or a type is declared twice.</exception>
    public DocumentCatalog(IEnumerable<DocumentSet> sets)
    {
        Sets = [.. sets];
        byType = [];
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var set in Sets)
        {
            if (!byType.TryAdd(set.DocumentType, set) || !names.Add(set.Name))
            {
                throw new InvalidOperationException($"The document set {set.Name} of {set.DocumentType.Name} is declared twice.");
            }
        }
    }

    /// <summary>In the order of their declaration.</summary>
    public IReadOnlyList<DocumentSet> Sets { get; }

    /// <summary>The set that holds documents of this type.</summary>
    /// <exception cref="InvalidOperationException">The type was not declared.</exception>
    public DocumentSet Of<T>()
        where T : Document =>
        byType.TryGetValue(typeof(T), out var set)
            ? set
            : throw new InvalidOperationException($"No document set is declared for {typeof(T).Name}.");
}
