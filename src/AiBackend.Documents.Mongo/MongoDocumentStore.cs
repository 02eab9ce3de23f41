using MongoDB.Bson;
using MongoDB.Driver;

namespace AiBackend.Documents.Mongo;

/// <summary>
/// Documents in MongoDB: a collection for each set, a transaction for each commit. The server must be a replica set; one
/// node is enough.
/// </summary>
public sealed class MongoDocumentStore : IDocumentStore, IAsyncDisposable
{
    private const int ExpiredBatch = 500;
    private const string Readiness = "_readiness";

    private static readonly TimeSpan ReadinessLimit = TimeSpan.FromSeconds(2);

    private readonly MongoConnection connection;
    private readonly MongoSets sets;
    private readonly MongoCommit commit;
    private readonly TimeSpan limit;

    /// <summary>Prepares the connection; the first operation opens it.</summary>
    /// <exception cref="ArgumentException">The connection string cannot be read.</exception>
    public MongoDocumentStore(DocumentCatalog catalog, MongoOptions options)
    {
        try
        {
            connection = new MongoConnection(options);
        }
        catch (MongoConfigurationException thrown)
        {
            throw new ArgumentException($"The MongoDB connection string cannot be read: {thrown.Message}", nameof(options), thrown);
        }

        limit = options.OperationLimit;
        sets = new MongoSets(catalog, connection.Database, options.RequireServedQueries);
        commit = new MongoCommit(connection, sets, Signals, options.CommitLimit);
    }

    /// <inheritdoc />
    public CommitSignals Signals { get; } = new();

    /// <inheritdoc />
    public async Task InitializeAsync(CancellationToken ct)
    {
        var schema = new MongoSchema(connection);
        await schema.RequireTransactionsAsync(ct);
        foreach (var set in sets.All)
        {
            try
            {
                await schema.MakeAsync(set, ct);
            }
            catch (Exception thrown) when (MongoFailures.IsDriver(thrown))
            {
                throw MongoFailures.Translate(set.Name, thrown);
            }
        }
    }

    /// <inheritdoc />
    public async Task<bool> IsReadyAsync(CancellationToken ct)
    {
        var readiness = connection.Database.GetCollection<BsonDocument>(Readiness);
        try
        {
            await AskAsync(
                Readiness,
                answer => readiness.UpdateOneAsync(
                    new BsonDocument("_id", "asked"),
                    new BsonDocument("$inc", new BsonDocument("times", 1L)),
                    new UpdateOptions { IsUpsert = true },
                    answer),
                ct,
                ReadinessLimit);
            return true;
        }
        catch (StoreUnavailableException)
        {
            return false;
        }
    }

    /// <inheritdoc />
    public Task<T?> FindAsync<T>(string id, CancellationToken ct)
        where T : Document
    {
        var set = sets.Of<T>();
        return AskAsync(
            set.Name,
            async answer =>
            {
                using var found = await sets.Collection(set).FindAsync(new BsonDocument("_id", id), cancellationToken: answer);
                return await found.FirstOrDefaultAsync(answer) is { } document ? JsonBson.Read<T>(document) : null;
            },
            ct);
    }

    /// <inheritdoc />
    public Task<IReadOnlyList<T>> ListAsync<T>(Query<T> query, CancellationToken ct)
        where T : Document => ReadAsync<T>(sets.ListedBy(query), MongoFilters.Limited(query), MongoReads.Options(query), ct);

    /// <inheritdoc />
    public Task<IReadOnlyList<TView>> ListAsync<T, TView>(Query<T> query, CancellationToken ct)
        where T : Document
    {
        var fields = DocumentJson.Options.GetTypeInfo(typeof(TView)).Properties.Select(property => property.Name is "id" ? "_id" : property.Name);
        return ReadAsync<TView>(sets.ListedBy(query), MongoFilters.Limited(query), MongoReads.Options(query, fields), ct);
    }

    /// <inheritdoc />
    public async Task<Page<T>> PageAsync<T>(Query<T> query, string? cursor, int limit, CancellationToken ct)
        where T : Document
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var set = sets.Of(query, isOrdered: true);
        var filter = cursor is null ? MongoFilters.Of(query) : MongoFilters.After(set, query, PageCursor.Read(set, query, cursor));
        var found = await ReadAsync<T>(set, filter, MongoReads.Options(query.Take(limit + 1)), ct);
        return found.Count <= limit
            ? new Page<T>(found, null)
            : new Page<T>([.. found.Take(limit)], PageCursor.After(set, query, found[limit - 1]));
    }

    /// <inheritdoc />
    public Task<long> CountAsync<T>(Query<T> query, CancellationToken ct)
        where T : Document
    {
        var set = sets.Of(query, isOrdered: false);
        return AskAsync(
            set.Name, answer => sets.Collection(set).CountDocumentsAsync(MongoFilters.Of(query), cancellationToken: answer), ct);
    }

    /// <inheritdoc />
    public Task<TResult> CommitAsync<TResult>(Func<ITransaction, ValueTask<TResult>> work, CancellationToken ct) => commit.RunAsync(work, ct);

    /// <inheritdoc />
    public Task<T?> ClaimAsync<T>(Query<T> query, Lease lease, CancellationToken ct)
        where T : LeasedDocument
    {
        var set = sets.Of(query, isOrdered: true);
        var take = new BsonDocument
        {
            {
                "$set", new BsonDocument
                {
                    { "lease_owner", lease.Owner },
                    { "due_at", JsonBson.Value(lease.Until) },
                }
            },
            { "$inc", new BsonDocument { { "attempts", 1 }, { "version", 1 } } },
        };
        var options = new FindOneAndUpdateOptions<RawBsonDocument> { Sort = MongoFilters.Sort(query), ReturnDocument = ReturnDocument.After };
        return AskAsync(
            set.Name,
            async answer => await sets.Collection(set).FindOneAndUpdateAsync(MongoFilters.Of(query), take, options, answer) is { } taken
                ? JsonBson.Read<T>(taken)
                : null,
            ct);
    }

    /// <inheritdoc />
    /// <remarks>
    /// MongoDB has no command for it: journal, oplog and free blocks of its files lose what was removed as they are written anew
    /// (docs/guides/privacy.md says when).
    /// </remarks>
    public Task ForgetRemovedAsync(CancellationToken ct) => Task.CompletedTask;

    /// <inheritdoc />
    public async Task<int> RemoveExpiredAsync(DateTimeOffset now, CancellationToken ct)
    {
        var removed = 0L;
        foreach (var set in sets.All.Where(set => set.ExpiryField is not null))
        {
            var expired = new BsonDocument(set.ExpiryField!.Value.Stored(), new BsonDocument("$lte", JsonBson.Value(now)));
            (int Found, long Removed) batch;
            do
            {
                batch = await AskAsync(set.Name, answer => RemoveBatchAsync(set, expired, answer), ct);
                removed += batch.Removed;
            }
            while (batch.Found == ExpiredBatch);
        }

        return (int)removed;
    }

    /// <summary>Closes the connections.</summary>
    public ValueTask DisposeAsync()
    {
        connection.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<TResult> AskAsync<TResult>(
        string collection, Func<CancellationToken, Task<TResult>> operation, CancellationToken ct, TimeSpan? within = null)
    {
        using var timeout = new CancellationTokenSource(within ?? limit, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, timeout.Token);
        try
        {
            return await operation(either.Token);
        }
        catch (Exception thrown) when (MongoFailures.IsDriver(thrown) || (thrown is OperationCanceledException && !ct.IsCancellationRequested))
        {
            throw MongoFailures.Translate(collection, thrown);
        }
    }

    private Task<IReadOnlyList<TView>> ReadAsync<TView>(
        DocumentSet set, BsonDocument filter, FindOptions<RawBsonDocument> options, CancellationToken ct)
    {
        return AskAsync<IReadOnlyList<TView>>(
            set.Name,
            async answer =>
            {
                using var found = await sets.Collection(set).FindAsync(filter, options, answer);
                return await MongoReads.AllAsync<TView>(found, answer);
            },
            ct);
    }

    private async Task<(int Found, long Removed)> RemoveBatchAsync(DocumentSet set, BsonDocument expired, CancellationToken ct)
    {
        var collection = sets.Collection(set);
        var options = new FindOptions<RawBsonDocument> { Limit = ExpiredBatch, BatchSize = ExpiredBatch, Projection = new BsonDocument("_id", 1) };
        using var found = await collection.FindAsync(expired, options, ct);
        var ids = new BsonArray(await MongoReads.IdsAsync(found, ct));
        if (ids.Count == 0)
        {
            return (0, 0);
        }

        // Once more by time: one of them may have been given a later one in the meantime.
        var result = await collection.DeleteManyAsync(new BsonDocument { { "_id", new BsonDocument("$in", ids) }, expired.GetElement(0) }, ct);
        return (ids.Count, result.DeletedCount);
    }
}
