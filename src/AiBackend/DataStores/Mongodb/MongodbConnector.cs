using MongoDB.Bson;
using MongoDB.Driver;

namespace AiBackend.DataStores.Mongodb;

/// <summary>
/// Reads MongoDB: a collection is a table, a field a column, one within a document by its path (<c>address.city</c>). Only commands that read
/// are sent. Connections last for one call.
/// </summary>
internal sealed class MongodbConnector(DataGuard guard, DataOptions options) : IConnector
{
    public StoreKind Kind => StoreKind.Mongodb;

    public Task<ConnectionReport> TestAsync(ConnectionTarget target, CancellationToken ct) =>
        AskAsync(target, statements: 2, (connection, stop) => TestAsync(connection, stop), ct);

    public Task<DatabaseSchema> ReadSchemaAsync(ConnectionTarget target, CancellationToken ct) =>
        AskAsync(target, statements: 10, (connection, stop) => MongodbSchema.ReadAsync(connection.Database, options.StatementLimit, stop), ct);

    public Task<RowPage> ReadRowsAsync(ConnectionTarget target, RowRequest request, CancellationToken ct) =>
        AskAsync(target, statements: 1, (connection, stop) => ReadRowsAsync(connection.Database, request, stop), ct);

    public Task<IReadOnlyList<ValueCount>> ReadValuesAsync(
        ConnectionTarget target, TableName table, string column, int limit, CancellationToken ct) =>
        AskAsync(target, statements: 1, (connection, stop) => ReadValuesAsync(connection.Database, table, column, limit, stop), ct);

    private static async Task<ConnectionReport> TestAsync(MongodbConnection connection, CancellationToken ct)
    {
        var admin = connection.Database.Client.GetDatabase("admin");
        var build = await admin.RunCommandAsync<BsonDocument>(new BsonDocument("buildInfo", 1), cancellationToken: ct);

        // A database is there from its first document on. One that the operator made for us may have none yet.
        if (!connection.Place.IsOperators)
        {
            var names = await (await connection.Database.Client.ListDatabaseNamesAsync(ct)).ToListAsync(ct);
            if (!names.Contains(connection.Place.Database!))
            {
                throw ConnectionProblem.UnknownDatabase(connection.Place, inner: null);
            }
        }

        await (await connection.Database.ListCollectionNamesAsync(cancellationToken: ct)).AnyAsync(ct);
        return new ConnectionReport($"MongoDB {build["version"]}");
    }

    private async Task<RowPage> ReadRowsAsync(IMongoDatabase database, RowRequest request, CancellationToken ct)
    {
        var fields = request.Columns.Concat(request.OrderBy).Select(path => path.Split('.')[0]).Distinct(StringComparer.Ordinal).ToList();
        var projection = new BsonDocument(fields.Select(field => new BsonElement(field, 1)));
        projection["_id"] = fields.Contains("_id") ? 1 : 0;
        using var cursor = await database.GetCollection<BsonDocument>(request.Table.Name.Name)
            .Find(MongodbPlaces.After(request.OrderBy, request.After), new FindOptions { MaxTime = options.StatementLimit })
            .Sort(new BsonDocument(request.OrderBy.Select(path => new BsonElement(path, 1))))
            .Project<BsonDocument>(projection)
            .Limit(request.Limit + 1)
            .ToCursorAsync(ct);
        var rows = new List<string?[]>();
        var characters = 0L;
        BsonDocument? final = null;
        var (hasMore, isTorn) = (false, false);
        while (!hasMore && await cursor.MoveNextAsync(ct))
        {
            foreach (var document in cursor.Current)
            {
                // One more than was asked for tells that there are more; so does a page that is full by its texts.
                hasMore = rows.Count == request.Limit || characters > options.PageCharacters;
                if (hasMore)
                {
                    isTorn = final is not null && MongodbPlaces.Of(document, request.OrderBy).SequenceEqual(MongodbPlaces.Of(final, request.OrderBy));
                    break;
                }

                rows.Add([.. request.Columns.Select(path => MongodbValues.ToText(MongodbValues.At(document, path)))]);
                characters += rows[^1].Sum(value => value?.Length ?? 0);
                final = document;
            }
        }

        var last = final is null ? null : MongodbPlaces.Of(final, request.OrderBy);
        return new RowPage(rows, hasMore ? last : null) { Last = last, IsTorn = isTorn };
    }

    private async Task<IReadOnlyList<ValueCount>> ReadValuesAsync(
        IMongoDatabase database, TableName table, string column, int limit, CancellationToken ct)
    {
        BsonDocument[] stages =
        [
            new("$match", new BsonDocument(column, new BsonDocument("$ne", BsonNull.Value))),
            new("$limit", options.CountedRows),
            new("$group", new BsonDocument { { "_id", $"${column}" }, { "count", new BsonDocument("$sum", 1) } }),
            new("$sort", new BsonDocument { { "count", -1 }, { "_id", 1 } }),
            new("$limit", limit),
        ];
        using var groups = await database.GetCollection<BsonDocument>(table.Name)
            .AggregateAsync(PipelineDefinition<BsonDocument, BsonDocument>.Create(stages), new AggregateOptions { MaxTime = options.StatementLimit }, ct);
        return
        [
            .. (await groups.ToListAsync(ct)).Select(group => (Value: MongodbValues.ToText(group["_id"]), Count: group["count"].ToInt64()))
                .Where(group => group.Value is not null)
                .Select(group => new ValueCount(group.Value!, group.Count)),
        ];
    }

    /// <summary>Connects, asks, and puts what goes wrong into words.</summary>
    /// <param name="statements">How many times the limit of one statement it may take.</param>
    private async Task<T> AskAsync<T>(
        ConnectionTarget target, int statements, Func<MongodbConnection, CancellationToken, Task<T>> ask, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        stop.CancelAfter(options.ConnectLimit + TimeSpan.FromSeconds(1));
        var place = target;
        var isConnected = false;
        try
        {
            using var connection = await MongodbConnection.OpenAsync(guard, target, options, stop.Token);
            (place, isConnected) = (connection.Place, true);

            // The server ends a statement by itself, a little earlier and with its own reason.
            stop.CancelAfter((options.StatementLimit * statements) + TimeSpan.FromSeconds(2));
            return await ask(connection, stop.Token);
        }
        catch (Exception error) when (error is not ConnectionException)
        {
            ct.ThrowIfCancellationRequested();
            if (stop.IsCancellationRequested)
            {
                throw isConnected
                    ? ConnectionProblem.StatementTimedOut(options.StatementLimit, error)
                    : ConnectionProblem.ConnectTimedOut(place, error);
            }

            if (MongodbConnection.Explain(error, place, options.StatementLimit) is { } explained)
            {
                throw explained;
            }

            throw;
        }
    }
}
