using AiBackend.Documents.Sqlite;
using AiBackend.Documents.Tests.Conformance;

namespace AiBackend.Documents.Tests;

/// <summary>A database file in a folder of its own.</summary>
public sealed class SqliteFixture : StoreFixture
{
    private readonly Lazy<DirectoryInfo> folder = new(() => Directory.CreateTempSubdirectory("aibackend-documents-"));

    public override Type StoreType => typeof(SqliteDocumentStore);

    public string Path => System.IO.Path.Combine(folder.Value.FullName, "documents.db");

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        folder.Value.Delete(recursive: true);
    }

    protected override IDocumentStore Make(DocumentCatalog catalog, bool requireServedQueries) =>
        new SqliteDocumentStore(catalog, new SqliteDocumentOptions { Path = Path, RequireServedQueries = requireServedQueries });
}
