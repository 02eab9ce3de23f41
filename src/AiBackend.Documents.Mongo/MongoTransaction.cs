using MongoDB.Bson;
using MongoDB.Driver;

namespace AiBackend.Documents.Mongo;

/// <summary>
/// One try of a commit. Inserts are held back and sent together, at the latest before an operation that would see them.
/// After a failure of the database every further operation fails alike, for the server has given up the transaction.
/// </summary>
internal sealed class MongoTransaction(
    MongoSets sets, IClientSessionHandle session, DocumentLocks locks, DocumentLocks.Held held, CancellationToken ct)
    : ITransaction
{
    private readonly Dictionary<DocumentSet, List<RawBsonDocument>> inserts = [];
    private readonly HashSet<string> topics = new(StringComparer.Ordinal);

    /// <summary>What the database answered that ended this try; null while all went well.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>The document whose operation ended this try; null when it was another operation.</summary>
    public string? FailedKey { get; private set; }

    /// <summary>The topics to raise when the commit is durable.</summary>
    public IReadOnlyCollection<string> Topics => topics;

    public async ValueTask<T?> FindAsync<T>(string id)
        where T : Document
    {
        var set = sets.Of<T>();
        await FlushAsync(set);
        return await RunAsync(set, null, async () =>
        {
            using var found = await sets.Collection(set).FindAsync(session, ById(id), cancellationToken: ct);
            return await found.FirstOrDefaultAsync(ct) is { } document ? JsonBson.Read<T>(document) : null;
        });
    }

    public async ValueTask<IReadOnlyList<T>> ListAsync<T>(Query<T> query)
        where T : Document
    {
        var set = sets.ListedBy(query);
        await FlushAsync(set);
        return await RunAsync(set, null, async () =>
        {
            using var found = await sets.Collection(set).FindAsync(session, MongoFilters.Limited(query), MongoReads.Options(query), ct);
            return await MongoReads.AllAsync<T>(found, ct);
        });
    }

    public ValueTask InsertAsync<T>(T document)
        where T : Document
    {
        var set = sets.Of<T>();
        if (!inserts.TryGetValue(set, out var waiting))
        {
            inserts.Add(set, waiting = []);
        }

        waiting.Add(JsonBson.Document(WithVersion(document, 1)));
        return ValueTask.CompletedTask;
    }

    public async ValueTask<T?> UpdateAsync<T>(string id, Func<T, T> change)
        where T : Document
    {
        var set = sets.Of<T>();
        var key = Key(set, id);
        QueueBehindOthers(key);
        await FlushAsync(set);

        // Counting the version up is the lock: whoever does so second is refused until this transaction ends.
        var before = await RunAsync(set, key, () => sets.Collection(set).FindOneAndUpdateAsync(
            session, ById(id), CountVersion(1), new FindOneAndUpdateOptions<RawBsonDocument> { ReturnDocument = ReturnDocument.Before }, ct));
        if (before is null)
        {
            return null;
        }

        var found = JsonBson.Read<T>(before);
        var changed = change(found);
        if (ReferenceEquals(changed, found))
        {
            await RunAsync(set, key, () => sets.Collection(set).UpdateOneAsync(session, ById(id), CountVersion(-1), cancellationToken: ct));
            return found;
        }

        if (changed.Id != id)
        {
            throw new InvalidOperationException($"The document {id} of {set.Name} cannot become {changed.Id}.");
        }

        changed = WithVersion(changed, found.Version + 1);
        var stored = JsonBson.Document(changed);
        await RunAsync(set, key, () => sets.Collection(set).ReplaceOneAsync(session, ById(id), stored, cancellationToken: ct));
        return changed;
    }

    public async ValueTask<T> ReplaceAsync<T>(T document)
        where T : Document
    {
        var set = sets.Of<T>();
        var key = Key(set, document.Id);
        QueueBehindOthers(key);
        await FlushAsync(set);
        var changed = WithVersion(document, document.Version + 1);
        var stored = JsonBson.Document(changed);
        var result = await RunAsync(set, key, () => sets.Collection(set).ReplaceOneAsync(
            session, ById(document.Id).Add("version", document.Version), stored, cancellationToken: ct));
        return result.MatchedCount == 1 ? changed : throw new VersionConflictException(set.Name, document.Id);
    }

    public async ValueTask<bool> DeleteAsync<T>(string id)
        where T : Document
    {
        var set = sets.Of<T>();
        var key = Key(set, id);
        QueueBehindOthers(key);
        await FlushAsync(set);
        var result = await RunAsync(set, key, () => sets.Collection(set).DeleteOneAsync(session, ById(id), cancellationToken: ct));
        return result.DeletedCount == 1;
    }

    public async ValueTask<int> DeleteAllAsync<T>(Query<T> query)
        where T : Document
    {
        var set = sets.Of(query, isOrdered: query.Limit is not null);
        await FlushAsync(set);
        var filter = MongoFilters.Limited(query);
        if (query.Limit is not null)
        {
            filter = await RunAsync(set, null, async () =>
            {
                using var found = await sets.Collection(set).FindAsync(session, filter, MongoReads.Options(query, ["_id"]), ct);
                return new BsonDocument("_id", new BsonDocument("$in", new BsonArray(await MongoReads.IdsAsync(found, ct))));
            });
        }

        var result = await RunAsync(set, null, () => sets.Collection(set).DeleteManyAsync(session, filter, cancellationToken: ct));
        return (int)result.DeletedCount;
    }

    public void Signal(string topic) => topics.Add(topic);

    /// <summary>Sends what was held back.</summary>
    public async ValueTask FinishAsync()
    {
        foreach (var set in inserts.Keys.ToList())
        {
            await FlushAsync(set);
        }

        ThrowIfFailed();
    }

    private static BsonDocument ById(string id) => new("_id", id);

    private static BsonDocument CountVersion(int by) => new("$inc", new BsonDocument("version", by));

    private static string Key(DocumentSet set, string id) => $"{set.Name}/{id}";

    private static T WithVersion<T>(T document, long version)
        where T : Document => (T)((Document)document with { Version = version });

    private async ValueTask FlushAsync(DocumentSet set)
    {
        ThrowIfFailed();
        if (inserts.Remove(set, out var waiting))
        {
            await RunAsync(set, null, async () =>
            {
                await sets.Collection(set).InsertManyAsync(session, waiting, cancellationToken: ct);
                return true;
            });
        }
    }

    /// <summary>Commits of this process wait for the document already: to go on would only be refused by the server.</summary>
    private void QueueBehindOthers(string key)
    {
        ThrowIfFailed();
        if (locks.IsTaken(key) && !held.Has(key))
        {
            Failure = new RacedException();
            FailedKey = key;
            throw Failure;
        }
    }

    private async ValueTask<TResult> RunAsync<TResult>(DocumentSet set, string? key, Func<Task<TResult>> operation)
    {
        ThrowIfFailed();
        try
        {
            return await operation();
        }
        catch (Exception thrown) when (MongoFailures.IsDriver(thrown) || thrown is OperationCanceledException)
        {
            Failure = thrown is OperationCanceledException || MongoFailures.IsTransient(thrown) ? thrown : MongoFailures.Translate(set.Name, thrown);
            FailedKey = key;
            throw Failure;
        }
    }

    private void ThrowIfFailed()
    {
        if (Failure is not null)
        {
            throw Failure;
        }
    }
}

/// <summary>The try ends because others of this process are before it at a document.</summary>
internal sealed class RacedException() : Exception("Another commit of this process writes the document.");
