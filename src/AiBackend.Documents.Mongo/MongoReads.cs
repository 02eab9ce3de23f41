using MongoDB.Bson;
using MongoDB.Driver;

namespace AiBackend.Documents.Mongo;

/// <summary>How lists are asked for and read, inside transactions and outside.</summary>
internal static class MongoReads
{
    private const int LargestBatch = 1_000;

    /// <summary>Order, limit and fields of a query.</summary>
    /// <param name="fields">The stored names to read; null for all.</param>
    public static FindOptions<RawBsonDocument> Options<T>(Query<T> query, IEnumerable<string>? fields = null)
        where T : Document => new()
        {
            Sort = MongoFilters.Sort(query),
            Limit = query.Limit,
            BatchSize = Math.Min(query.Limit ?? LargestBatch, LargestBatch),
            Projection = fields is null ? null : Projection([.. fields]),
        };

    /// <summary>Every document that the cursor gives.</summary>
    public static async Task<List<TView>> AllAsync<TView>(IAsyncCursor<RawBsonDocument> cursor, CancellationToken ct)
    {
        var all = new List<TView>();
        while (await cursor.MoveNextAsync(ct))
        {
            all.AddRange(cursor.Current.Select(JsonBson.Read<TView>));
        }

        return all;
    }

    /// <summary>The id of every document that the cursor gives.</summary>
    public static async Task<List<string>> IdsAsync(IAsyncCursor<RawBsonDocument> cursor, CancellationToken ct)
    {
        var all = new List<string>();
        while (await cursor.MoveNextAsync(ct))
        {
            foreach (var document in cursor.Current)
            {
                using (document)
                {
                    all.Add(document["_id"].AsString);
                }
            }
        }

        return all;
    }

    private static BsonDocument Projection(List<string> fields)
    {
        var projection = new BsonDocument(fields.Select(field => new BsonElement(field, 1)));
        return fields.Contains("_id") ? projection : projection.Add("_id", fields.Count == 0 ? 1 : 0);
    }
}
