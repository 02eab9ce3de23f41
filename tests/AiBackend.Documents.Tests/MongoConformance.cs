using AiBackend.Documents.Tests.Conformance;

namespace AiBackend.Documents.Tests;

public sealed class MongoStoredDocumentTests(MongoFixture fixture) : StoredDocumentTests(fixture.OrSkip()), IClassFixture<MongoFixture>;

public sealed class MongoQueryTests(MongoFixture fixture) : QueryTests(fixture.OrSkip()), IClassFixture<MongoFixture>;

public sealed class MongoPageTests(MongoFixture fixture) : PageTests(fixture.OrSkip()), IClassFixture<MongoFixture>;

public sealed class MongoUniqueTests(MongoFixture fixture) : UniqueTests(fixture.OrSkip()), IClassFixture<MongoFixture>;

public sealed class MongoCommitTests(MongoFixture fixture) : CommitTests(fixture.OrSkip()), IClassFixture<MongoFixture>;

public sealed class MongoConcurrencyTests(MongoFixture fixture) : ConcurrencyTests(fixture.OrSkip()), IClassFixture<MongoFixture>;

public sealed class MongoClaimTests(MongoFixture fixture) : ClaimTests(fixture.OrSkip()), IClassFixture<MongoFixture>;

public sealed class MongoExpiryTests(MongoFixture fixture) : ExpiryTests(fixture.OrSkip()), IClassFixture<MongoFixture>;

public sealed class MongoForgetTests(MongoFixture fixture) : ForgetTests(fixture.OrSkip()), IClassFixture<MongoFixture>;

public sealed class MongoTenantTests(MongoFixture fixture) : TenantTests(fixture.OrSkip()), IClassFixture<MongoFixture>;

public sealed class MongoServedQueryTests(MongoFixture fixture) : ServedQueryTests(fixture.OrSkip()), IClassFixture<MongoFixture>;

public sealed class MongoSchemaTests(MongoFixture fixture) : SchemaTests(fixture.OrSkip()), IClassFixture<MongoFixture>;
