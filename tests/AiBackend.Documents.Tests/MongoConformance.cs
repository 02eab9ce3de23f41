using AiBackend.Documents.Tests.Conformance;

namespace AiBackend.Documents.Tests;

public sealed class MongoStoredDocumentTests(MongoFixture fixture) : StoredDocumentTests(fixture.OrSkip()), IClassFixture<MongoFixture>;

public sealed class MongoQueryTests(MongoFixture fixture) : QueryTests(fixture.OrSkip()), IClassFixture<MongoFixture>;

public sealed class MongoPageTests(MongoFixture fixture) : PageTests(fixture.OrSkip()), IClassFixture<MongoFixture>;

public sealed class MongoUniqueTests(MongoFixture fixture) : UniqueTests(fixture.OrSkip()), IClassFixture<MongoFixture>;
