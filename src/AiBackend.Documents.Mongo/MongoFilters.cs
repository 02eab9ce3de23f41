using MongoDB.Bson;

namespace AiBackend.Documents.Mongo;

/// <summary>Queries in MongoDB's language.</summary>
internal static class MongoFilters
{
    private static readonly BsonDocument All = [];
    private static readonly BsonDocument Nothing = new("_id", new BsonDocument("$in", new BsonArray()));

    /// <summary>What the query's conditions ask.</summary>
    public static BsonDocument Of<T>(Query<T> query)
        where T : Document => And(query.Conditions.Select(Of));

    /// <summary>As <see cref="Of{T}(Query{T})"/>, for a list: to MongoDB a limit of 0 means that there is none.</summary>
    public static BsonDocument Limited<T>(Query<T> query)
        where T : Document => query.Limit is 0 ? Nothing : Of(query);

    /// <summary>As <see cref="Of{T}(Query{T})"/>, and behind these values in the query's order.</summary>
    /// <param name="after">One value for each order field; the last is the id.</param>
    public static BsonDocument After<T>(DocumentSet set, Query<T> query, IReadOnlyList<object?> after)
        where T : Document
    {
        var order = PageCursor.OrderOf(query);
        var alternatives = new BsonArray();
        for (var i = 0; i < order.Count; i++)
        {
            var same = order.Take(i).Select((field, at) => Equal(field, after[at]));
            if (Beyond(order[i], after[i], query.IsDescending, IsNullable(set, order[i])) is { } beyond)
            {
                alternatives.Add(And([.. same, beyond]));
            }
        }

        // The alternatives alone would let the server begin its scan at the list's start.
        return And([
            .. query.Conditions.Select(Of),
            .. Bound(order[0], after[0], query.IsDescending, IsNullable(set, order[0])),
            new BsonDocument("$or", alternatives),
        ]);
    }

    /// <summary>The query's order; null (a missing field) sorts as the smallest, as MongoDB has it.</summary>
    public static BsonDocument Sort<T>(Query<T> query)
        where T : Document =>
        new(PageCursor.OrderOf(query).Select(field => new BsonElement(field.Stored(), query.IsDescending ? -1 : 1)));

    private static BsonDocument Of(Condition condition) => condition switch
    {
        Condition.Compare { Comparison: Comparison.Equal } equal => Equal(equal.Field, equal.Value),
        Condition.Compare { Value: null } => Nothing,
        Condition.Compare compare => Field(compare.Field, Operator(compare.Comparison), JsonBson.Value(compare.Value)),
        Condition.OneOf oneOf => Field(oneOf.Field, "$in", new BsonArray(oneOf.Values.Select(JsonBson.Value))),
        Condition.Exists exists => Field(exists.Field, exists.Expected ? "$ne" : "$eq", BsonNull.Value, exists.Expected),
        Condition.ArrayContains contains => Field(contains.Field, "$eq", contains.Entry),
        Condition.Any { Alternatives.Count: 0 } => Nothing,
        Condition.Any any => new BsonDocument("$or", new BsonArray(any.Alternatives.Select(all => And(all.Select(Of))))),
        _ => throw new ArgumentOutOfRangeException(nameof(condition)),
    };

    private static BsonDocument Equal(FieldPath field, object? value) => Field(field, "$eq", JsonBson.Value(value));

    private static BsonDocument? Beyond(FieldPath field, object? value, bool isDescending, bool isNullable) => (value, isDescending) switch
    {
        (null, true) => null,
        (null, false) => Field(field, "$ne", BsonNull.Value, isPresent: true),
        (_, false) => Field(field, "$gt", JsonBson.Value(value)),
        _ when isNullable => new BsonDocument("$or", new BsonArray { Field(field, "$lt", JsonBson.Value(value)), Equal(field, null) }),
        _ => Field(field, "$lt", JsonBson.Value(value)),
    };

    private static IEnumerable<BsonDocument> Bound(FieldPath field, object? value, bool isDescending, bool isNullable) => (value, isDescending) switch
    {
        (null, true) => [Equal(field, null)],
        (null, false) => [],
        (_, false) => [Field(field, "$gte", JsonBson.Value(value))],
        _ when isNullable => [],
        _ => [Field(field, "$lte", JsonBson.Value(value))],
    };

    private static bool IsNullable(DocumentSet set, FieldPath field) => StoredField.Of(set.DocumentType, field).IsNullable;

    // A partial index serves a query only when the query says $exists of the same field or compares it with a value.
    private static BsonDocument Field(FieldPath field, string comparison, BsonValue value, bool isPresent = false)
    {
        var expression = new BsonDocument(comparison, value);
        return new BsonDocument(field.Stored(), isPresent ? expression.Add("$exists", true) : expression);
    }

    private static BsonDocument And(IEnumerable<BsonDocument> conditions)
    {
        var all = new BsonArray(conditions);
        return all.Count switch
        {
            0 => All,
            1 => all[0].AsBsonDocument,
            _ => new BsonDocument("$and", all),
        };
    }

    private static string Operator(Comparison comparison) => comparison switch
    {
        Comparison.Less => "$lt",
        Comparison.LessOrEqual => "$lte",
        Comparison.Greater => "$gt",
        Comparison.GreaterOrEqual => "$gte",
        _ => throw new ArgumentOutOfRangeException(nameof(comparison)),
    };
}
