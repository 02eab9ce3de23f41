using System.Collections.Concurrent;
using MongoDB.Bson;
using MongoDB.Driver;

namespace AiBackend.DataStores.Mongodb;

/// <summary>
/// Tells what a database holds from the first and the last documents of each collection, by their key: up to four commands a collection, of
/// which a few run at a time.
/// </summary>
internal static class MongodbSchema
{
    private const int Samples = 100;
    private const int AtATime = 4;
    private const int Unauthorized = 13;

    private static readonly BsonDocument All = [];

    public static async Task<DatabaseSchema> ReadAsync(IMongoDatabase database, TimeSpan limit, CancellationToken ct)
    {
        var collections = await (await database.ListCollectionsAsync(cancellationToken: ct)).ToListAsync(ct);
        var tables = new ConcurrentBag<TableSchema>();
        await Parallel.ForEachAsync(
            collections.Where(collection => !collection["name"].AsString.StartsWith("system.", StringComparison.Ordinal)),
            new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = ct },
            async (collection, stop) =>
            {
                var type = collection.GetValue("type", "collection").AsString;
                var found = database.GetCollection<BsonDocument>(collection["name"].AsString);
                try
                {
                    tables.Add(type == "view" ? await ViewAsync(found, limit, stop) : await TableAsync(found, limit, stop));
                }
                catch (MongoCommandException refused) when (refused.Code == Unauthorized || type == "view")
                {
                    // One that the user may not read, or a view of what is no more.
                }
            });
        return new DatabaseSchema(tables.InOrder());
    }

    private static async Task<TableSchema> ViewAsync(IMongoCollection<BsonDocument> view, TimeSpan limit, CancellationToken ct) => new()
    {
        Name = NameOf(view),
        IsView = true,
        Columns = MongodbFields.Of(await BatchAsync(view.Find(All, In(limit)), ct)),
    };

    private static async Task<TableSchema> TableAsync(IMongoCollection<BsonDocument> collection, TimeSpan limit, CancellationToken ct)
    {
        var first = await FromAsync(1);
        var last = first.Count < Samples ? [] : await FromAsync(-1);
        var columns = MongodbFields.Of([.. first, .. last]);
        var names = columns.Select(column => column.Name).ToHashSet(StringComparer.Ordinal);
        var indexes = await (await collection.Indexes.ListAsync(ct)).ToListAsync(ct);
        return new TableSchema
        {
            Name = NameOf(collection),
            Columns = columns,
            PrimaryKey = ["_id"],
            UniqueKeys =
            [
                .. indexes.Where(IsUnique)
                    .OrderBy(index => index["name"].AsString, StringComparer.Ordinal)
                    .Select(index => index["key"].AsBsonDocument.Names.ToArray())
                    .Where(key => Array.TrueForAll(key, names.Contains)),
            ],
            RowEstimate = await collection.EstimatedDocumentCountAsync(new EstimatedDocumentCountOptions { MaxTime = limit }, ct),
        };

        Task<List<BsonDocument>> FromAsync(int direction) =>
            BatchAsync(collection.Find(All, In(limit)).Sort(new BsonDocument("_id", direction)), ct);
    }

    // Of large documents fewer: the server ends an answer at 16 MB, and no second one is asked for.
    private static async Task<List<BsonDocument>> BatchAsync(IFindFluent<BsonDocument, BsonDocument> find, CancellationToken ct)
    {
        using var cursor = await find.Limit(Samples).ToCursorAsync(ct);
        return await cursor.MoveNextAsync(ct) ? [.. cursor.Current] : [];
    }

    // Over all documents, and by their values as they are.
    private static bool IsUnique(BsonDocument index) =>
        index.GetValue("unique", false).ToBoolean() && !index.GetValue("sparse", false).ToBoolean()
        && !index.Contains("partialFilterExpression") && !index.Contains("collation")
        && index["key"].AsBsonDocument.All(part => part.Value.IsNumeric);

    private static FindOptions In(TimeSpan limit) => new() { MaxTime = limit };

    private static TableName NameOf(IMongoCollection<BsonDocument> collection) => new(Schema: null, collection.CollectionNamespace.CollectionName);
}
