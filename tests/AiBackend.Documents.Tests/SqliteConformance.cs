using AiBackend.Documents.Tests.Conformance;

namespace AiBackend.Documents.Tests;

public sealed class SqliteStoredDocumentTests(SqliteFixture fixture) : StoredDocumentTests(fixture), IClassFixture<SqliteFixture>;

public sealed class SqliteQueryTests(SqliteFixture fixture) : QueryTests(fixture), IClassFixture<SqliteFixture>;

public sealed class SqlitePageTests(SqliteFixture fixture) : PageTests(fixture), IClassFixture<SqliteFixture>;

public sealed class SqliteUniqueTests(SqliteFixture fixture) : UniqueTests(fixture), IClassFixture<SqliteFixture>;

public sealed class SqliteCommitTests(SqliteFixture fixture) : CommitTests(fixture), IClassFixture<SqliteFixture>;

public sealed class SqliteConcurrencyTests(SqliteFixture fixture) : ConcurrencyTests(fixture), IClassFixture<SqliteFixture>;

public sealed class SqliteClaimTests(SqliteFixture fixture) : ClaimTests(fixture), IClassFixture<SqliteFixture>;

public sealed class SqliteExpiryTests(SqliteFixture fixture) : ExpiryTests(fixture), IClassFixture<SqliteFixture>;

public sealed class SqliteForgetTests(SqliteFixture fixture) : ForgetTests(fixture), IClassFixture<SqliteFixture>;

public sealed class SqliteTenantTests(SqliteFixture fixture) : TenantTests(fixture), IClassFixture<SqliteFixture>;

public sealed class SqliteServedQueryTests(SqliteFixture fixture) : ServedQueryTests(fixture), IClassFixture<SqliteFixture>;

public sealed class SqliteSchemaTests(SqliteFixture fixture) : SchemaTests(fixture), IClassFixture<SqliteFixture>;
