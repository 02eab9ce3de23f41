using AiBackend.DataStores;
using AiBackend.DataStores.Mongodb;
using AiBackend.Tests.Support;
using MongoDB.Bson;
using MongoDB.Driver;

namespace AiBackend.Tests.DataStores.Mongodb;

/// <summary>Against the server that <c>TEST_MONGODB_URI</c> names. What a stand-in does not do is not asked of it: users, TLS, views.</summary>
public sealed class MongodbConnectorTests : IAsyncLifetime
{
    private readonly MongoDatabase server = MongoDatabase.New();
    private readonly MongodbConnector connector = new(new DataGuard(new DataOptions { AllowPrivateNetworks = true }), new DataOptions());
    private MongoClient client = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private ConnectionTarget Target => new() { Kind = StoreKind.Mongodb, Uri = server.Uri };

    private IMongoDatabase Database => client.GetDatabase(MongoUrl.Create(server.Uri).DatabaseName);

    public ValueTask InitializeAsync()
    {
        client = new MongoClient(server.Uri);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await server.DropAsync();
    }

    [Fact]
    public async Task A_connection_that_works_tells_the_version()
    {
        await InsertAsync("t", "{ _id: 1 }");

        Assert.Matches(@"^MongoDB \d+\.\d+", (await connector.TestAsync(Target, Ct)).ServerVersion);
    }

    [Fact]
    public async Task A_database_that_is_not_there_is_told_but_not_of_the_operators_own()
    {
        await InsertAsync("t", "{ _id: 1 }");

        var error = await Assert.ThrowsAsync<ConnectionException>(() => connector.TestAsync(Target with { Database = "missing_database" }, Ct));
        await connector.TestAsync(Target with { Database = "missing_database", IsOperators = true }, Ct);

        Assert.Equal(ConnectionFault.UnknownDatabase, error.Fault);
        Assert.Contains("\"missing_database\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_schema_has_collections_in_order_with_their_fields_and_unique_indexes()
    {
        await InsertAsync(
            "orders",
            "{ _id: ObjectId('65f000000000000000000001'), number: NumberLong(1), total: NumberDecimal('1.50'), at: ISODate('2024-03-01T00:00:00Z'), to: { city: 'Bonn' }, tags: ['a'] }",
            "{ _id: ObjectId('65f000000000000000000002'), number: NumberLong(2), paid: true }");
        await InsertAsync("Customers", "{ _id: 'c1', mail: 'a@example.org' }");
        await IndexAsync("orders", new CreateIndexOptions<BsonDocument> { Unique = true, Name = "b" }, "to.city", "number");
        await IndexAsync("orders", new CreateIndexOptions<BsonDocument> { Unique = true, Sparse = true, Name = "a" }, "total");
        await IndexAsync("orders", new CreateIndexOptions<BsonDocument> { Name = "c" }, "at");

        var schema = await connector.ReadSchemaAsync(Target, Ct);

        Assert.Equal(
            """
            table Customers
              _id string Text
              mail string Text
              primary (_id)
            table orders
              _id objectId Text
              number long Integer
              total decimal Number?
              at date Time?
              to.city string Text?
              tags array Other?
              paid bool Boolean?
              primary (_id)
              unique (to.city, number)
            """,
            SchemaText.Of(schema));
        Assert.Equal([1L, 2L], schema.Tables.Select(table => table.RowEstimate));
        Assert.Equal(SchemaText.Of(schema), SchemaText.Of(await connector.ReadSchemaAsync(Target, Ct)));
    }

    [Fact]
    public async Task Fields_are_looked_for_in_the_first_and_the_last_documents()
    {
        await InsertAsync("t", [.. Enumerable.Range(0, 500).Select(i => $"{{ _id: {i}, {(i < 250 ? "old" : "young")}: 1 }}")]);

        var table = await connector.ReadTableAsync(Target, "t");

        Assert.Equal(["_id", "old", "young"], table.Columns.Select(column => column.Name));
    }

    [Fact]
    public async Task Hundreds_of_collections_are_read()
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, 200), Ct, async (i, _) => await InsertAsync($"c{i}", $"{{ _id: {i}, v: 1 }}"));

        Assert.Equal(200, (await connector.ReadSchemaAsync(Target, Ct)).Tables.Count);
    }

    [Fact]
    public async Task Values_come_as_text_with_all_their_digits()
    {
        await InsertAsync(
            "t",
            """
            { _id: 1, text: 'a"b', id: ObjectId('65f000000000000000000001'), long: NumberLong('9223372036854775807'), real: 0.1,
              exact: NumberDecimal('12345678901234567890123456789012.34'), short: NumberDecimal('1.50'), yes: true, at: ISODate('2024-03-01T01:02:03.004Z'),
              uuid: UUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0'), bytes: BinData(0, '/wA='), list: [1, { a: 'x' }], doc: { a: { b: NumberLong(1) } }, none: null }
            """);
        var table = await connector.ReadTableAsync(Target, "t");

        var row = Assert.Single(await connector.ReadAllAsync(
            Target, table, ["_id"], size: 5, "text", "id", "long", "real", "exact", "short", "yes", "at", "uuid", "bytes", "list", "doc", "doc.a.b", "none", "missing"));

        Assert.Equal(
            [
                "a\"b", "65f000000000000000000001", "9223372036854775807", "0.1", "12345678901234567890123456789012.34", "1.50", "true",
                "2024-03-01T01:02:03.004Z", "61f0c404-5cb3-11e7-907b-a6006ad3dba0", @"\xFF00", """[1, { "a" : "x" }]""", """{ "a" : { "b" : 1 } }""",
                "1", null, null,
            ],
            row);
    }

    [Theory]
    [InlineData("ObjectId('65f00000000000000000000{0}')")]
    [InlineData("NumberLong('922337203685477580{0}')")]
    [InlineData("{0}.1")]
    [InlineData("NumberDecimal('1234567890123456789012345678.{0}')")]
    [InlineData("ISODate('2024-03-01T00:00:00.00{0}Z')")]
    [InlineData("UUID('61f0c404-5cb3-11e7-907b-a6006ad3dba{0}')")]
    [InlineData("'it\\'s \"{0}\" \\n'")]
    [InlineData("BinData(0, '/wA{0}')")]
    [InlineData("Timestamp(1700000000, {0})")]
    [InlineData("true")]
    [InlineData("null")]
    public async Task Pages_by_a_field_of_any_type_have_every_document_once(string value)
    {
        // The key tells equal values apart.
        await InsertAsync("t", [.. Enumerable.Range(1, 7).SelectMany(i => new[] { Document(i, i), Document(i, i + 100) })]);
        var table = await connector.ReadTableAsync(Target, "t");

        var whole = await connector.ReadAllAsync(Target, table, ["k", "_id"], size: 100, "k", "_id");
        var paged = await connector.ReadAllAsync(Target, table, ["k", "_id"], size: 1, "k", "_id");

        Assert.Equal(14, whole.Count);
        Assert.Equal(whole, paged);

        string Document(int i, int id) => $"{{ _id: {id}, k: {value.Replace("{0}", $"{i}", StringComparison.Ordinal)} }}";
    }

    [Fact]
    public async Task Pages_by_keys_of_several_types_have_every_document_once()
    {
        await InsertAsync(
            "t", "{ _id: null }", "{ _id: 1 }", "{ _id: NumberLong(2) }", "{ _id: 2.5 }", "{ _id: 'a' }", "{ _id: 'b' }", "{ _id: { a: 1 } }", "{ _id: { a: 2 } }",
            "{ _id: ObjectId('65f000000000000000000001') }", "{ _id: false }", "{ _id: true }", "{ _id: ISODate('2024-03-01T00:00:00Z') }");
        var table = await connector.ReadTableAsync(Target, "t");

        var whole = await connector.ReadAllAsync(Target, table, ["_id"], size: 100, "_id");
        var paged = await connector.ReadAllAsync(Target, table, ["_id"], size: 1, "_id");

        Assert.Equal(12, whole.Count);
        Assert.Equal(whole, paged);
    }

    [Fact]
    public async Task A_page_ends_early_when_its_texts_are_long()
    {
        await InsertAsync("t", [.. Enumerable.Range(1, 5).Select(i => $"{{ _id: {i}, text: '{new string('x', 100)}' }}")]);
        var small = new MongodbConnector(
            new DataGuard(new DataOptions { AllowPrivateNetworks = true }), new DataOptions { PageCharacters = 150 });
        var table = await small.ReadTableAsync(Target, "t");
        var request = new RowRequest { Table = table, Columns = ["_id", "text"], OrderBy = ["_id"], Limit = 10 };

        var first = await small.ReadRowsAsync(Target, request, Ct);

        Assert.Equal(["1", "2"], first.Rows.Select(row => row[0]));
        Assert.Equal(["1", "2", "3", "4", "5"], (await small.ReadAllAsync(Target, table, ["_id"], size: 10, "_id", "text")).Select(row => row[0]));
    }

    [Fact]
    public async Task Documents_without_the_field_that_orders_are_read_too()
    {
        await InsertAsync("t", "{ _id: 1, at: 5 }", "{ _id: 2 }", "{ _id: 3, at: null }", "{ _id: 4, at: 4 }");
        var table = await connector.ReadTableAsync(Target, "t");

        Assert.Equal(["2", "3", "4", "1"], (await connector.ReadAllAsync(Target, table, ["at", "_id"], size: 1, "_id")).Select(row => row[0]));
    }

    [Fact]
    public async Task The_place_after_the_last_document_finds_what_is_added()
    {
        await InsertAsync("t", "{ _id: 'b', at: ISODate('2024-03-01T00:00:00.001Z') }");
        var table = await connector.ReadTableAsync(Target, "t");
        var request = new RowRequest { Table = table, Columns = ["_id"], OrderBy = ["at", "_id"], Limit = 10 };
        var first = await connector.ReadRowsAsync(Target, request, Ct);
        await InsertAsync("t", "{ _id: 'a', at: ISODate('2024-03-01T00:00:00.002Z') }");

        var later = await connector.ReadRowsAsync(Target, request with { After = first.Last }, Ct);

        Assert.Null(first.Next);
        Assert.Equal("a", Assert.Single(later.Rows)[0]);
    }

    [Fact]
    public async Task Values_are_counted_the_most_common_first_without_nulls()
    {
        await InsertAsync(
            "t", "{ to: { city: 'b' } }", "{ to: { city: 'a' } }", "{ to: { city: null } }", "{ }", "{ }", "{ }", "{ to: { city: 'b' } }", "{ to: { city: 'c' } }");
        var hasty = new MongodbConnector(new DataGuard(new DataOptions { AllowPrivateNetworks = true }), new DataOptions { CountedRows = 2 });
        var name = new TableName(null, "t");

        Assert.Equal([new("b", 2), new("a", 1)], await connector.ReadValuesAsync(Target, name, "to.city", 2, Ct));
        Assert.Equal(2, (await hasty.ReadValuesAsync(Target, name, "to.city", 9, Ct)).Sum(value => value.Count));
    }

    private Task InsertAsync(string collection, params string[] documents) =>
        Database.GetCollection<BsonDocument>(collection).InsertManyAsync(documents.Select(document => BsonDocument.Parse(document)), cancellationToken: Ct);

    private Task<string> IndexAsync(string collection, CreateIndexOptions<BsonDocument> options, params string[] fields) =>
        Database.GetCollection<BsonDocument>(collection).Indexes.CreateOneAsync(
            new CreateIndexModel<BsonDocument>(new BsonDocument(fields.Select(field => new BsonElement(field, 1))), options), cancellationToken: Ct);
}
