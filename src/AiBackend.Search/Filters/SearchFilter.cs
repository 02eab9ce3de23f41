using System.Text.Json;

namespace AiBackend.Search.Filters;

/// <summary>
/// A condition on JSON fields: <c>{"field": value}</c>, <c>{"field": {"$in": [], "$gt": …, "$gte": …, "$lt": …, "$lte": …, "$ne": …,
/// "$exists": true}}</c>, <c>{"$and": []}</c>, <c>{"$or": []}</c>, <c>{"$not": {}}</c>. Conditions beside each other must all hold.
/// </summary>
/// <remarks>
/// A dot leads into an object where no field has the whole name. A list fits where one of its entries does; <c>$ne</c> where none does.
/// Numbers compare with numbers and strings with strings, ordinally, which orders RFC 3339 times; other pairs do not compare.
/// An absent field equals null.
/// </remarks>
public sealed class SearchFilter
{
    private readonly Condition condition;

    private SearchFilter(Condition condition) => this.condition = condition;

    /// <summary>Reads a filter; the element may be disposed of afterwards.</summary>
    /// <param name="filter">The filter, an object; the empty one lets everything through.</param>
    /// <param name="path">What errors call the filter.</param>
    /// <exception cref="SearchFilterException">The filter does not follow the language.</exception>
    public static SearchFilter Parse(JsonElement filter, string path = "filter") => new(FilterParser.Parse(filter, path));

    /// <summary>Whether a document with these fields passes.</summary>
    public bool Matches(IReadOnlyDictionary<string, JsonElement> fields) => condition.Holds(path => FieldPath.Find(fields, path));

    /// <summary>Whether a JSON object passes; anything else passes only as an object without fields would.</summary>
    public bool Matches(JsonElement document) => condition.Holds(path => FieldPath.Find(document, path));
}
