using System.Linq.Expressions;

namespace AiBackend.Documents;

/// <summary>A declared set of documents of one type: its name and the indexes that serve its queries.</summary>
public abstract class DocumentSet
{
    private readonly List<DocumentIndex> indexes = [];

    private protected DocumentSet(string name, Type documentType)
    {
        Name = name;
        DocumentType = documentType;
    }

    /// <summary>Snake case; the table or collection name in the database.</summary>
    public string Name { get; }

    /// <summary>The record that is stored here.</summary>
    public Type DocumentType { get; }

    /// <summary>In the order of their declaration.</summary>
    public IReadOnlyList<DocumentIndex> Indexes => indexes;

    /// <summary>The field after whose time a document may be removed by <see cref="IDocumentStore.RemoveExpiredAsync"/>.</summary>
    public FieldPath? ExpiryField { get; private protected set; }

    private protected void Add(DocumentIndex index)
    {
        if (indexes.Any(existing => existing.Name == index.Name))
        {
            throw new InvalidOperationException($"The set {Name} declares the index {index.Name} twice.");
        }

        indexes.Add(index with { Present = [.. PresentIn(index)] });
    }

    private IEnumerable<FieldPath> PresentIn(DocumentIndex index)
    {
        if (index.WhereExists is { } required)
        {
            yield return required;
        }

        if (index.IsUnique)
        {
            foreach (var field in index.Fields.Where(field => StoredField.Of(DocumentType, field).IsNullable))
            {
                yield return field;
            }
        }
    }
}

/// <inheritdoc />
/// <remarks>
/// Every index ends in the document's id, which need not be named. For a <see cref="TenantDocument"/> an index that
/// tenants query by starts with <c>ClientId</c>.
/// </remarks>
public sealed class DocumentSet<T>(string name) : DocumentSet(name, typeof(T))
    where T : Document
{
    /// <summary>Declares an index that serves queries: equal to its first fields, then a range or order on the next.</summary>
    public DocumentSet<T> Index(string name, params Expression<Func<T, object?>>[] fields)
    {
        Add(new DocumentIndex(name, Paths(fields), IsUnique: false, WhereExists: null, IsArray: false));
        return this;
    }

    /// <summary>As <see cref="Index"/>, over those documents only in which <paramref name="whereExists"/> is not null.</summary>
    public DocumentSet<T> PartialIndex(
        string name, Expression<Func<T, object?>> whereExists, params Expression<Func<T, object?>>[] fields)
    {
        Add(new DocumentIndex(name, Paths(fields), IsUnique: false, FieldPath.Of(whereExists), IsArray: false));
        return this;
    }

    /// <summary>
    /// Declares that no two documents share these fields. A document in which any of them is null is left out, so a
    /// rule that holds only in some state is written over a field that is null in the others.
    /// </summary>
    public DocumentSet<T> Unique(string name, params Expression<Func<T, object?>>[] fields)
    {
        Add(new DocumentIndex(name, Paths(fields), IsUnique: true, WhereExists: null, IsArray: false));
        return this;
    }

    /// <summary>Declares that queries may ask which documents contain a value in this list of strings.</summary>
    public DocumentSet<T> ArrayIndex(string name, Expression<Func<T, object?>> field)
    {
        Add(new DocumentIndex(name, Paths([field]), IsUnique: false, WhereExists: null, IsArray: true));
        return this;
    }

    /// <summary>Declares the time after which a document is no longer needed; null keeps it.</summary>
    public DocumentSet<T> ExpiresAt(Expression<Func<T, DateTimeOffset?>> field)
    {
        ExpiryField = FieldPath.Of(field);
        return this;
    }

    private static IReadOnlyList<FieldPath> Paths(Expression<Func<T, object?>>[] fields) =>
        [.. fields.Select(field => FieldPath.Of(field))];
}

/// <summary>An index of a document set.</summary>
/// <param name="Name">Unique in the collection; named by <see cref="DuplicateKeyException"/>.</param>
/// <param name="Fields">In index order; the document's id follows them unsaid.</param>
/// <param name="IsUnique">Whether two documents may not share the fields; documents with a null among them are left out.</param>
/// <param name="WhereExists">When set, only documents in which this field is not null are indexed.</param>
/// <param name="IsArray">Whether the one field is a list of strings whose entries are indexed.</param>
public sealed record DocumentIndex(
    string Name, IReadOnlyList<FieldPath> Fields, bool IsUnique, FieldPath? WhereExists, bool IsArray)
{
    /// <summary>
    /// Only documents in which all of these are not null are indexed: <see cref="WhereExists"/>, and the fields of a unique
    /// index that may be null. The index serves only queries that rule null out for them.
    /// </summary>
    public IReadOnlyList<FieldPath> Present { get; internal init; } = [];
}
