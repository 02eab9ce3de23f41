using MongoDB.Driver;

namespace AiBackend.Tests.Support;

/// <summary>A database of its own on the server that <c>TEST_MONGODB_URI</c> names.</summary>
internal sealed class MongoDatabase
{
    private const string Missing = "TEST_MONGODB_URI is not set (eng/mongo dotnet test sets it).";

    private MongoDatabase(string? uri) => Uri = uri;

    /// <summary>Names the server and the database; null where the embedded store is tested.</summary>
    public string? Uri { get; }

    /// <summary>For tests of all features: the second store when <c>TEST_STORE=mongodb</c> asks for it.</summary>
    public static MongoDatabase ForTests() => Environment.GetEnvironmentVariable("TEST_STORE") == "mongodb" ? New() : new MongoDatabase(null);

    /// <summary>For tests that need it: skips them without a server, and fails them in CI.</summary>
    public static MongoDatabase New()
    {
        var server = Environment.GetEnvironmentVariable("TEST_MONGODB_URI");
        Assert.SkipWhen(string.IsNullOrEmpty(server) && Environment.GetEnvironmentVariable("CI") != "true", Missing);
        Assert.False(string.IsNullOrEmpty(server), Missing);
        var question = server!.IndexOf('?', StringComparison.Ordinal);
        var (address, options) = question < 0 ? (server, string.Empty) : (server[..question], server[question..]);
        return new MongoDatabase($"{address.TrimEnd('/')}/test_{Guid.NewGuid():n}{options}");
    }

    public async Task DropAsync()
    {
        if (Uri is not null)
        {
            using var client = new MongoClient(Uri);
            await client.DropDatabaseAsync(MongoUrl.Create(Uri).DatabaseName, CancellationToken.None);
        }
    }
}
