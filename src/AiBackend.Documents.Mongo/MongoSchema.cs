using MongoDB.Bson;
using MongoDB.Driver;

namespace AiBackend.Documents.Mongo;

/// <summary>Makes the database look as the catalog declares.</summary>
internal sealed class MongoSchema(MongoConnection connection)
{
    private const string ExpiryIndex = "_expiry";
    private const int NamespaceExists = 48;
    private const int IndexNotFound = 27;

    private const string HowToMakeAReplicaSet =
        "Commits need transactions, which MongoDB has on a replica set only; one node is enough: start it with 'mongod --replSet rs0', "
        + "run 'rs.initiate()' once in mongosh, and put '?replicaSet=rs0' into the connection string.";

    /// <exception cref="StoreUnavailableException">No server, or one that has no transactions.</exception>
    public async Task RequireTransactionsAsync(CancellationToken ct)
    {
        BsonDocument hello;
        try
        {
            hello = await connection.Client.GetDatabase("admin").RunCommandAsync<BsonDocument>(new BsonDocument("hello", 1), cancellationToken: ct);
        }
        catch (Exception thrown) when (MongoFailures.IsDriver(thrown))
        {
            throw new StoreUnavailableException(
                $"MongoDB cannot be reached, or is not the replica set that the connection string names. {HowToMakeAReplicaSet}", thrown);
        }

        var isCluster = hello.Contains("setName") || hello.GetValue("msg", BsonNull.Value) == "isdbgrid";
        if (!isCluster)
        {
            throw new StoreUnavailableException($"The MongoDB server is not part of a replica set. {HowToMakeAReplicaSet}");
        }
    }

    /// <summary>Makes the set's collection and indexes and drops indexes that are not declared.</summary>
    public async Task MakeAsync(DocumentSet set, CancellationToken ct)
    {
        try
        {
            await connection.Database.CreateCollectionAsync(set.Name, cancellationToken: ct);
        }
        catch (MongoCommandException thrown) when (thrown.Code == NamespaceExists)
        {
            // Another process or an earlier start made it.
        }

        var indexes = connection.Database.GetCollection<BsonDocument>(set.Name).WithWriteConcern(WriteConcern.WMajority).Indexes;
        var missing = Declared(set).ToDictionary(index => index["name"].AsString);
        using var existing = await indexes.ListAsync(ct);
        foreach (var found in await existing.ToListAsync(ct))
        {
            var name = found["name"].AsString;
            if (name != "_id_" && !(missing.TryGetValue(name, out var declared) && IsSame(found, declared)))
            {
                await DropAsync(indexes, name, ct);
            }
            else
            {
                missing.Remove(name);
            }
        }

        if (missing.Count > 0)
        {
            await indexes.CreateManyAsync(missing.Values.Select(Model), ct);
        }
    }

    private static async Task DropAsync(IMongoIndexManager<BsonDocument> indexes, string name, CancellationToken ct)
    {
        try
        {
            await indexes.DropOneAsync(name, ct);
        }
        catch (MongoCommandException thrown) when (thrown.Code == IndexNotFound)
        {
            // Another process that starts now was faster.
        }
    }

    private static IEnumerable<BsonDocument> Declared(DocumentSet set)
    {
        foreach (var index in set.Indexes)
        {
            yield return Specification(index.Name, Keys(set, index), index.Present, index.IsUnique);
        }

        if (set.ExpiryField is { } expiry)
        {
            yield return Specification(ExpiryIndex, [expiry.Stored()], [expiry], isUnique: false);
        }
    }

    private static IEnumerable<string> Keys(DocumentSet set, DocumentIndex index)
    {
        var keys = index.Fields.Select(field => field.Stored());
        if (index.IsUnique)
        {
            return keys;
        }

        // An entry such as a tag is common to many clients; with the client behind it one of them is found at once.
        var isOfClients = index.IsArray && set.DocumentType.IsAssignableTo(typeof(TenantDocument));
        return (isOfClients ? keys.Append(FieldPath.ClientId.Stored()) : keys).Append("_id").Distinct();
    }

    private static BsonDocument Specification(string name, IEnumerable<string> keys, IReadOnlyList<FieldPath> present, bool isUnique)
    {
        var specification = new BsonDocument
        {
            { "name", name },
            { "key", new BsonDocument(keys.Select(key => new BsonElement(key, 1))) },
        };
        specification.Add("unique", true, isUnique);
        specification.Add(
            "partialFilterExpression",
            new BsonDocument(present.Select(field => new BsonElement(field.Stored(), new BsonDocument("$exists", true)))),
            present.Count > 0);
        return specification;
    }

    private static bool IsSame(BsonDocument found, BsonDocument declared) =>
        found["key"] == declared["key"]
        && found.GetValue("unique", false) == declared.GetValue("unique", false)
        && found.GetValue("partialFilterExpression", BsonNull.Value) == declared.GetValue("partialFilterExpression", BsonNull.Value);

    private static CreateIndexModel<BsonDocument> Model(BsonDocument specification) => new(
        specification["key"].AsBsonDocument,
        new CreateIndexOptions<BsonDocument>
        {
            Name = specification["name"].AsString,
            Unique = specification.Contains("unique") ? true : null,
            PartialFilterExpression = specification.GetValue("partialFilterExpression", null)?.AsBsonDocument,
        });
}
