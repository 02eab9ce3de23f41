using MongoDB.Driver;

namespace AiBackend.Documents.Mongo;

/// <summary>The driver's client with the guarantees that the contract needs, and its one database.</summary>
internal sealed class MongoConnection : IDisposable
{
    private const string DefaultDatabase = "ai_backend";

    public MongoConnection(MongoOptions options)
    {
        var url = MongoUrl.Create(options.Uri);
        var settings = MongoClientSettings.FromUrl(url);
        settings.ApplicationName ??= "ai-backend";
        settings.ServerSelectionTimeout = options.ServerSelectionLimit;
        settings.ConnectTimeout = options.ServerSelectionLimit;
        settings.WaitQueueTimeout = options.OperationLimit;
        settings.RetryReads = true;
        settings.RetryWrites = true;

        // What is acknowledged survives a failover, and nothing is read that a failover could take back: a majority has it.
        // Reads go to the primary, which has every write that it acknowledged.
        settings.WriteConcern = Durable = WriteConcern.WMajority.With(journal: true, wTimeout: options.OperationLimit);
        settings.ReadConcern = ReadConcern.Majority;
        settings.ReadPreference = ReadPreference.Primary;
        Client = new MongoClient(settings);
        Database = Client.GetDatabase(url.DatabaseName ?? DefaultDatabase);
    }

    public MongoClient Client { get; }

    public WriteConcern Durable { get; }

    public IMongoDatabase Database { get; }

    public void Dispose() => Client.Dispose();
}
