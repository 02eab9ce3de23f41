using AiBackend.DataStores.VectorStores;
using AiBackend.Http;

namespace AiBackend.DataStores;

/// <summary>Looks into stores for those who set them up.</summary>
internal sealed class StoreReader(DataStoreDirectory directory, VectorSearch vectors, TimeProvider clock)
{
    /// <summary>Connects, and says what is wrong when it does not work.</summary>
    public async Task<StoreTestResponse> TestAsync(DataStore store, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        try
        {
            var report = store.Kind.IsVector()
                ? await vectors.TestAsync(store, ct)
                : await directory.ConnectorOf(store.Kind).TestAsync(directory.Open(store), ct);
            return new StoreTestResponse(true, report.ServerVersion, Code: null, Detail: null, Took());
        }
        catch (ConnectionException error)
        {
            return new StoreTestResponse(false, ServerVersion: null, error.Fault, error.Message, Took());
        }

        double Took() => Math.Round(clock.GetElapsedTime(started).TotalMilliseconds, 2);
    }

    /// <summary>Reads what a database holds.</summary>
    /// <exception cref="ApiException">422: it has no tables, or its owner must set something right; 503: it cannot be reached.</exception>
    public async Task<DatabaseSchema> ReadSchemaAsync(DataStore store, CancellationToken ct)
    {
        if (store.Kind.IsVector())
        {
            throw new ApiException(StatusCodes.Status422UnprocessableEntity, "no_schema", "A vector store has no tables; it can be searched.");
        }

        try
        {
            return await directory.ConnectorOf(store.Kind).ReadSchemaAsync(directory.Open(store), ct);
        }
        catch (ConnectionException error)
        {
            throw DataStoreDirectory.ProblemOf(error);
        }
    }
}
