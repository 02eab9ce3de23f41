using System.Linq.Expressions;

namespace AiBackend.Documents;

/// <summary>Starts queries.</summary>
public static class Query
{
    /// <summary>Every document of the type, in id order, to be narrowed down.</summary>
    public static Query<T> Of<T>()
        where T : Document => Query<T>.All;
}

/// <summary>
/// An immutable query over one collection. It must be served by a declared index: some index begins with fields that the
/// query binds by <see cref="Equal"/> or <see cref="In"/>, and its next field, if any, is the range or the order.
/// Further conditions may only name fields that some index declares. In tests and development a query that breaks this
/// throws <see cref="UnservedQueryException"/>.
/// </summary>
public sealed record Query<T>
    where T : Document
{
    internal static readonly Query<T> All = new();

    private Query()
    {
    }

    /// <summary>All must hold.</summary>
    public IReadOnlyList<Condition> Conditions { get; private init; } = [];

    /// <summary>The fields to sort by; the id always decides last.</summary>
    public IReadOnlyList<FieldPath> Order { get; private init; } = [];

    /// <summary>Whether the order (the id included) runs backwards.</summary>
    public bool IsDescending { get; private init; }

    /// <summary>The most documents to return; null for all.</summary>
    public int? Limit { get; private init; }

    /// <summary>The field has this value (string, number, boolean, enum or time); null finds documents without it.</summary>
    public Query<T> Equal<TValue>(Expression<Func<T, TValue>> field, TValue value) =>
        With(new Condition.Compare(FieldPath.Of(field), Comparison.Equal, value));

    /// <summary>The field has one of these values.</summary>
    public Query<T> In<TValue>(Expression<Func<T, TValue>> field, IEnumerable<TValue> values) =>
        With(new Condition.OneOf(FieldPath.Of(field), [.. values.Cast<object?>()]));

    /// <summary>The field is less than the value; documents without the field are not found.</summary>
    public Query<T> Less<TValue>(Expression<Func<T, TValue>> field, TValue value) =>
        With(new Condition.Compare(FieldPath.Of(field), Comparison.Less, value));

    /// <summary>The field is at most the value; documents without the field are not found.</summary>
    public Query<T> AtMost<TValue>(Expression<Func<T, TValue>> field, TValue value) =>
        With(new Condition.Compare(FieldPath.Of(field), Comparison.LessOrEqual, value));

    /// <summary>The field is greater than the value; documents without the field are not found.</summary>
    public Query<T> Greater<TValue>(Expression<Func<T, TValue>> field, TValue value) =>
        With(new Condition.Compare(FieldPath.Of(field), Comparison.Greater, value));

    /// <summary>The field is at least the value; documents without the field are not found.</summary>
    public Query<T> AtLeast<TValue>(Expression<Func<T, TValue>> field, TValue value) =>
        With(new Condition.Compare(FieldPath.Of(field), Comparison.GreaterOrEqual, value));

    /// <summary>The field is there and not null, or the opposite.</summary>
    public Query<T> Exists(Expression<Func<T, object?>> field, bool exists = true) =>
        With(new Condition.Exists(FieldPath.Of(field), exists));

    /// <summary>The list of strings has this entry. The field needs an array index.</summary>
    public Query<T> Contains(Expression<Func<T, object?>> field, string entry) =>
        With(new Condition.ArrayContains(FieldPath.Of(field), entry));

    /// <summary>At least one of the alternatives holds; only their conditions count.</summary>
    public Query<T> AnyOf(params Query<T>[] alternatives) =>
        With(new Condition.Any([.. alternatives.Select(alternative => alternative.Conditions)]));

    /// <summary>Sorts by the fields, smallest first, then by id. Without fields: by id.</summary>
    public Query<T> Ascending(params Expression<Func<T, object?>>[] fields) =>
        this with { Order = [.. fields.Select(field => FieldPath.Of(field))], IsDescending = false };

    /// <summary>Sorts by the fields, largest first, then by id. Without fields: by id.</summary>
    public Query<T> Descending(params Expression<Func<T, object?>>[] fields) =>
        this with { Order = [.. fields.Select(field => FieldPath.Of(field))], IsDescending = true };

    /// <summary>Returns no more than this many documents.</summary>
    public Query<T> Take(int limit) => this with { Limit = limit };

    internal Query<T> With(Condition condition) => this with { Conditions = [.. Conditions, condition] };
}

/// <summary>What must hold of a document for a query to find it.</summary>
public abstract record Condition
{
    private Condition()
    {
    }

    /// <summary>Compares one field with a value; <see cref="Comparison.Equal"/> to null finds documents without it.</summary>
    public sealed record Compare(FieldPath Field, Comparison Comparison, object? Value) : Condition;

    /// <summary>The field has one of the values.</summary>
    public sealed record OneOf(FieldPath Field, IReadOnlyList<object?> Values) : Condition;

    /// <summary>The field is there and not null, or not.</summary>
    public sealed record Exists(FieldPath Field, bool Expected) : Condition;

    /// <summary>The list of strings has the entry.</summary>
    public sealed record ArrayContains(FieldPath Field, string Entry) : Condition;

    /// <summary>One of the lists of conditions holds entirely.</summary>
    public sealed record Any(IReadOnlyList<IReadOnlyList<Condition>> Alternatives) : Condition;
}

/// <summary>How a field relates to a value.</summary>
public enum Comparison
{
    /// <summary>Same value.</summary>
    Equal,

    /// <summary>Smaller.</summary>
    Less,

    /// <summary>Smaller or same.</summary>
    LessOrEqual,

    /// <summary>Larger.</summary>
    Greater,

    /// <summary>Larger or same.</summary>
    GreaterOrEqual,
}

/// <summary>Part of a list, and where the next part begins.</summary>
/// <param name="Items">At most as many as were asked for.</param>
/// <param name="NextCursor">Opaque; null when nothing follows.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor);
