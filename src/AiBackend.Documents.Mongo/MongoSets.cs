using MongoDB.Bson;
using MongoDB.Driver;

namespace AiBackend.Documents.Mongo;

/// <summary>The declared sets and their collections; where asked to, refuses queries that no index serves.</summary>
internal sealed class MongoSets(DocumentCatalog catalog, IMongoDatabase database, bool requireServedQueries)
{
    // Documents carry their ids, so the driver need not look for one.
    private static readonly MongoCollectionSettings Settings = new() { AssignIdOnInsert = false };

    public IReadOnlyList<DocumentSet> All => catalog.Sets;

    public DocumentSet Of<T>()
        where T : Document => catalog.Of<T>();

    /// <summary>The set that the query looks in.</summary>
    /// <exception cref="UnservedQueryException">No declared index serves it.</exception>
    public DocumentSet Of<T>(Query<T> query, bool isOrdered)
        where T : Document
    {
        var set = catalog.Of<T>();
        if (requireServedQueries)
        {
            QueryCheck.Require(set, query, isOrdered);
        }

        return set;
    }

    /// <summary>As <see cref="Of{T}(Query{T}, bool)"/>, for a list of all that the query finds up to its limit.</summary>
    public DocumentSet ListedBy<T>(Query<T> query)
        where T : Document => Of(query, isOrdered: query.Order.Count > 0 || query.Limit is not null);

    public IMongoCollection<RawBsonDocument> Collection(DocumentSet set) =>
        database.GetCollection<RawBsonDocument>(set.Name, Settings);
}
