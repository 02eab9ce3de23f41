using AiBackend.Documents.Tests.Conformance;

namespace AiBackend.Documents.Tests;

public sealed class SqliteStoredDocumentTests(SqliteFixture fixture) : StoredDocumentTests(fixture), IClassFixture<SqliteFixture>;

public sealed class SqliteQueryTests(SqliteFixture fixture) : QueryTests(fixture), IClassFixture<SqliteFixture>;

public sealed class SqlitePageTests(SqliteFixture fixture) : PageTests(fixture), IClassFixture<SqliteFixture>;

public sealed class SqliteUniqueTests(SqliteFixture fixture) : UniqueTests(fixture), IClassFixture<SqliteFixture>;
