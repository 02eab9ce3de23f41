using AiBackend.Documents.Sqlite;
using AiBackend.Documents.Tests.Conformance;

namespace AiBackend.Documents.Tests;

/// <summary>A database file in a folder of its own.</summary>
public sealed class SqliteFixture : StoreFixture
{
    private readonly string folder = Directory.CreateTempSubdirectory("aibackend-documents-").FullName;

    public override Type StoreType => typeof(SqliteDocumentStore);

    public string Path => System.IO.Path.Combine(folder, "documents.db");

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    protected override IDocumentStore Make(DocumentCatalog catalog, bool requireServedQueries) =>
        new SqliteDocumentStore(catalog, new SqliteDocumentOptions { Path = Path, RequireServedQueries = requireServedQueries });
}
