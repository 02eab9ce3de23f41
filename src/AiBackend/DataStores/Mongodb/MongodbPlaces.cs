using MongoDB.Bson;
using MongoDB.Bson.IO;

namespace AiBackend.DataStores.Mongodb;

/// <summary>
/// Places in the order of a collection, as text that keeps the type of each value. A field may hold values of several types: they are ordered
/// by type first, but a comparison looks at values of one type only.
/// </summary>
internal static class MongodbPlaces
{
    // As they are ordered; a field that is missing counts as null. Types that MongoDB has given up are not in it.
    private static readonly string[][] Order =
    [
        ["minKey"], ["null"], ["int", "long", "double", "decimal"], ["string"], ["object"], ["array"], ["binData", "uuid"], ["objectId"], ["bool"],
        ["date"], ["timestamp"], ["regex"], ["javascript"], ["maxKey"],
    ];

    private static readonly JsonWriterSettings Canonical = new() { OutputMode = JsonOutputMode.CanonicalExtendedJson };

    /// <summary>The place after a document.</summary>
    public static string[] Of(BsonDocument document, IReadOnlyList<string> orderBy) =>
        [.. orderBy.Select(path => new BsonDocument("v", MongodbValues.At(document, path)).ToJson(Canonical))];

    /// <summary>What is behind a place; everything when there is none.</summary>
    public static BsonDocument After(IReadOnlyList<string> orderBy, IReadOnlyList<string>? place)
    {
        if (place is null)
        {
            return [];
        }

        BsonValue[] values = [.. place.Select(text => BsonDocument.Parse(text)["v"])];
        return Or(orderBy.SelectMany((path, i) => Later(path, values[i])
            .Select(later => And([.. orderBy.Take(i).Select((equal, j) => Is(equal, values[j])), later]))));
    }

    private static IEnumerable<BsonDocument> Later(string path, BsonValue value)
    {
        if (!value.IsBsonNull)
        {
            yield return new BsonDocument(path, new BsonDocument("$gt", value));
        }

        var type = MongodbValues.TypeOf(value);
        var later = Order.SkipWhile(types => !types.Contains(type)).Skip(1).SelectMany(types => types).Where(name => name != "uuid").ToList();
        if (later.Count > 0)
        {
            yield return new BsonDocument(path, new BsonDocument("$type", new BsonArray(later)));
        }
    }

    private static BsonDocument Is(string path, BsonValue value) => new(path, new BsonDocument("$eq", value));

    private static BsonDocument And(BsonDocument[] conditions) => conditions.Length == 1 ? conditions[0] : new BsonDocument("$and", new BsonArray(conditions));

    private static BsonDocument Or(IEnumerable<BsonDocument> conditions) => new("$or", new BsonArray(conditions));
}
