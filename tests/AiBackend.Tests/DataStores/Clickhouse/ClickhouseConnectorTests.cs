using AiBackend.DataStores;
using AiBackend.DataStores.Clickhouse;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.DataStores.Clickhouse;

public sealed class ClickhouseConnectorTests(ClickhouseServer clickhouse) : IDisposable
{
    private readonly ClickhouseConnector connector = new(new DataGuard(new DataOptions { AllowPrivateNetworks = true }), new DataOptions());

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_schema_has_tables_views_types_comments_and_keys()
    {
        var database = await clickhouse.CreateDatabaseAsync(
            """
            CREATE TABLE orders (
              id UInt64 COMMENT 'The number', customer LowCardinality(Nullable(String)), country FixedString(2), price Decimal(10, 2), paid Bool,
              at DateTime64(6, 'Europe/Berlin'), day Date, state Enum8('new' = 1, 'it''s, done' = 2), tags Array(String), extra Map(String, Int32),
              pair Tuple(Int32, String), place Point, ip IPv4, uid UUID, total SimpleAggregateFunction(sum, Int64), doc JSON,
              wide UInt256, ratio Nullable(Float32), unread Int32 EPHEMERAL)
            ENGINE = ReplacingMergeTree ORDER BY (id, country) COMMENT 'What was ordered'
            """,
            "CREATE TABLE events (id UInt64, at DateTime) ENGINE = MergeTree ORDER BY (id, toDate(at))",
            "CREATE TABLE folded (id UInt64) ENGINE = ReplacingMergeTree ORDER BY cityHash64(id)",
            "CREATE VIEW open AS SELECT id, price FROM orders",
            "CREATE VIEW asked AS SELECT id FROM orders WHERE id = {wanted:UInt64}",
            "CREATE MATERIALIZED VIEW daily ENGINE = SummingMergeTree ORDER BY day AS SELECT day, count() AS n FROM orders GROUP BY day");

        var schema = await connector.ReadSchemaAsync(database.Target, Ct);

        Assert.Equal(
            $"""
            view {database.Name}.daily
              day Date Date
              n UInt64 Integer
            table {database.Name}.events
              id UInt64 Integer
              at DateTime Time
            table {database.Name}.folded
              id UInt64 Integer
            view {database.Name}.open
              id UInt64 Integer
              price Decimal(10, 2) Number
            table {database.Name}.orders -- What was ordered
              id UInt64 Integer -- The number
              customer LowCardinality(Nullable(String)) Text?
              country FixedString(2) Text
              price Decimal(10, 2) Number
              paid Bool Boolean
              at DateTime64(6, 'Europe/Berlin') Time
              day Date Date
              state Enum8('new' = 1, 'it\'s, done' = 2) Text
              tags Array(String) Other
              extra Map(String, Int32) Json
              pair Tuple(Int32, String) Other
              place Point Other
              ip IPv4 Text
              uid UUID Text
              total SimpleAggregateFunction(sum, Int64) Integer
              doc JSON Json
              wide UInt256 Integer
              ratio Nullable(Float32) Number?
              primary (id, country)
            """,
            SchemaText.Of(schema));
        Assert.Equal(SchemaText.Of(schema), SchemaText.Of(await connector.ReadSchemaAsync(database.Target, Ct)));
    }

    [Fact]
    public async Task Schemas_are_databases()
    {
        var (one, two, other) = (await CreateAsync(), await CreateAsync(), await CreateAsync());

        var named = await connector.ReadSchemaAsync(one.Target with { Schemas = [two.Name, one.Name, "it's\\"] }, Ct);
        var all = await connector.ReadSchemaAsync(one.Target with { Database = null }, Ct);

        Assert.Equal(new[] { one.Name, two.Name }.Order(StringComparer.Ordinal), named.Tables.Select(table => table.Name.Schema));
        Assert.Contains(all.Tables, table => table.Name.Schema == other.Name);
        Assert.DoesNotContain(all.Tables, table => table.Name.Schema is "system" or "information_schema" or "INFORMATION_SCHEMA");

        Task<ClickhouseDatabase> CreateAsync() => clickhouse.CreateDatabaseAsync("CREATE TABLE t (id Int32) ENGINE = MergeTree ORDER BY id");
    }

    [Fact]
    public async Task Rows_are_estimated()
    {
        var database = await clickhouse.CreateDatabaseAsync(
            "CREATE TABLE t (id UInt64) ENGINE = MergeTree ORDER BY id", "INSERT INTO t SELECT number FROM numbers(1234)", "CREATE VIEW v AS SELECT * FROM t");

        var schema = await connector.ReadSchemaAsync(database.Target, Ct);

        Assert.Equal([1234, null], schema.Tables.Select(table => table.RowEstimate));
    }

    [Fact]
    public async Task Names_of_any_kind_are_quoted()
    {
        var database = await clickhouse.CreateDatabaseAsync(
            @"CREATE TABLE `it's ``a` (`se``lect` Int32, `back\\slash` String, `@p1 {p1:Int8}` String, `#-- x` Int32) ENGINE = MergeTree ORDER BY `se``lect`",
            @"INSERT INTO `it's ``a` VALUES (1, 'a', 'b', 3), (2, 'c', 'd', 4)");
        var table = Assert.Single((await connector.ReadSchemaAsync(database.Target, Ct)).Tables);

        var rows = await connector.ReadAllAsync(database.Target, table, ["se`lect", "@p1 {p1:Int8}"], size: 1);

        Assert.Equal(["1,a,b,3", "2,c,d,4"], rows.Select(row => string.Join(',', row)));
        Assert.Equal([new ValueCount("a", 1), new ValueCount("c", 1)], await connector.ReadValuesAsync(database.Target, table.Name, @"back\slash", 5, Ct));
    }

    [Fact]
    public async Task Values_come_as_text_with_all_their_digits()
    {
        var database = await clickhouse.CreateDatabaseAsync(
            """
            CREATE TABLE t (
              id UInt8, big UInt256, exact Decimal(76, 20), single Float32, real Float64, yes Bool, code FixedString(4), at DateTime('Asia/Tokyo'),
              fine DateTime64(9, 'America/New_York'), day Date32, state Enum8('new' = 1), tags Array(String), extra Map(String, Int32), pair Tuple(Int32, String),
              ip6 IPv6, uid UUID, doc JSON, nothing Nullable(Int32), low LowCardinality(Nullable(String)), bytes String, sums AggregateFunction(sum, Int32),
              any Variant(Int32, String), dyn Dynamic)
            ENGINE = MergeTree ORDER BY id
            """,
            """
            INSERT INTO t SELECT 1, toUInt256('115792089237316195423570985008687907853269984665640564039457584007913129639935'),
              toDecimal256('12345678901234567890123456789012345.00000000000000000001', 20), 0.1, 0.1, true, 'ab', toDateTime('2024-03-01 09:00:00', 'Asia/Tokyo'),
              toDateTime64('2024-03-01 00:00:00.123456789', 9, 'UTC'), '1925-01-01', 'new', ['a', 'b'], map('k', 1), (1, 'x'), '::1',
              '61f0c404-5cb3-11e7-907b-a6006ad3dba0', '{"a":{"b":1}}', NULL, 'l', unhex('ff00'), initializeAggregation('sumState', toInt32(7)), 5::Int32, 'd'
            """);
        var table = await connector.ReadTableAsync(database.Target, "t");

        var row = Assert.Single(await connector.ReadAllAsync(database.Target, table, ["id"], size: 5));

        Assert.Equal(
            [
                "1", "115792089237316195423570985008687907853269984665640564039457584007913129639935",
                "12345678901234567890123456789012345.00000000000000000001", "0.1", "0.1", "true", "ab", "2024-03-01T00:00:00Z",
                "2024-03-01T00:00:00.123456789Z", "1925-01-01", "new", "['a','b']", """{"k":1}""", "(1,'x')", "::1",
                "61f0c404-5cb3-11e7-907b-a6006ad3dba0", """{"a":{"b":1}}""", null, "l", @"\xFF00", "7", "5", "d",
            ],
            row);
    }

    [Theory]
    [InlineData("UInt64", "18446744073709551615 - number")]
    [InlineData("Int128", "toInt128(number) - 3")]
    [InlineData("Decimal(38, 10)", "toDecimal128('1234567890123456789012345678.0000000001', 10) + number")]
    [InlineData("Float64", "number / 3 - 0.1")]
    [InlineData("Float32", "number / 3 - 0.1")]
    [InlineData("Bool", "number % 2 = 0", 2)]
    [InlineData("String", @"arrayElement(['', 'a', 'a\tb', 'it''s', '\\', '\\x41', 'ü\n', unhex('ff00'), 'x\0y'], number + 1)")]
    [InlineData("LowCardinality(String)", "concat('k', toString(number))")]
    [InlineData("FixedString(3)", @"arrayElement(['', 'a', 'ab', 'abc', 'a\0b', unhex('ff'), '\\x', 'b', 'c'], number + 1)")]
    [InlineData("UUID", "reinterpretAsUUID(reverse(sipHash128(number)))")]
    [InlineData("IPv4", "toIPv4(concat('10.0.0.', toString(number)))")]
    [InlineData("IPv6", "toIPv6(concat('fe80::', toString(number)))")]
    [InlineData("Date", "toDate('2024-01-01') + number")]
    [InlineData("Date32", "toDate32('1910-01-01') + number")]
    [InlineData("DateTime", "toDateTime('2024-10-27 00:00:00', 'UTC') + number * 1200")]
    [InlineData("DateTime('Europe/Berlin')", "toDateTime('2024-10-27 00:00:00', 'UTC') + number * 1200")]
    [InlineData("DateTime64(9, 'Europe/Berlin')", "addNanoseconds(toDateTime64('2024-10-27 00:59:59.999999997', 9, 'UTC'), number)")]
    [InlineData("DateTime64(3)", "addMilliseconds(toDateTime64('1935-01-01 00:00:00.001', 3, 'UTC'), number)")]
    [InlineData("Enum8('z' = 1, 'a' = 2, 'it''s {p1:Int8}' = 3)", "number % 3 + 1", 3)]
    [InlineData("SimpleAggregateFunction(max, Int64)", "number")]
    public async Task Pages_by_a_key_of_any_type_have_every_row_once(string type, string value, int distinct = 9)
    {
        // The second column tells equal keys apart.
        var database = await clickhouse.CreateDatabaseAsync(
            $"CREATE TABLE t (k {type}, id UInt32) ENGINE = MergeTree ORDER BY tuple()",
            $"INSERT INTO t SELECT {value}, number FROM numbers(9)",
            $"INSERT INTO t SELECT {value}, number + 100 FROM numbers(9)");
        var table = await connector.ReadTableAsync(database.Target, "t");

        var whole = await connector.ReadAllAsync(database.Target, table, ["k", "id"], size: 100);
        var paged = await connector.ReadAllAsync(database.Target, table, ["k", "id"], size: 1);

        Assert.Equal(18, whole.Count);
        Assert.Equal(distinct, whole.Select(row => row[0]).Distinct().Count());
        Assert.Equal(whole, paged);
    }

    [Fact]
    public async Task Of_a_table_that_keeps_the_last_row_of_a_key_that_one_is_read()
    {
        var database = await clickhouse.CreateDatabaseAsync(
            "CREATE TABLE t (id UInt32, version UInt32) ENGINE = ReplacingMergeTree(version) ORDER BY id",
            "INSERT INTO t SELECT number, 1 FROM numbers(5)",
            "INSERT INTO t SELECT number, 2 FROM numbers(3)");
        var table = await connector.ReadTableAsync(database.Target, "t");

        var rows = await connector.ReadAllAsync(database.Target, table, table.PrimaryKey, size: 2);

        Assert.Equal(["0,2", "1,2", "2,2", "3,1", "4,1"], rows.Select(row => string.Join(',', row)));
    }

    [Fact]
    public async Task The_place_after_the_last_row_finds_what_is_added()
    {
        var database = await clickhouse.CreateDatabaseAsync(
            "CREATE TABLE t (at DateTime64(6), id UInt32) ENGINE = MergeTree ORDER BY id", "INSERT INTO t VALUES ('2024-01-01 00:00:00.000001', 1)");
        var table = await connector.ReadTableAsync(database.Target, "t");
        var request = new RowRequest { Table = table, Columns = ["id"], OrderBy = ["at", "id"], Limit = 10 };
        var first = await connector.ReadRowsAsync(database.Target, request, Ct);
        await database.ExecuteAsync("INSERT INTO t VALUES ('2024-01-01 00:00:00.000002', 0)");

        var later = await connector.ReadRowsAsync(database.Target, request with { After = first.Last }, Ct);

        Assert.Null(first.Next);
        Assert.Equal("0", Assert.Single(later.Rows)[0]);
    }

    [Fact]
    public async Task Values_are_counted_the_most_common_first_without_nulls()
    {
        var database = await clickhouse.CreateDatabaseAsync(
            "CREATE TABLE t (id UInt32, value LowCardinality(Nullable(String))) ENGINE = MergeTree ORDER BY id",
            "INSERT INTO t VALUES (1, 'b'), (2, 'a'), (3, NULL), (4, NULL), (5, NULL), (6, 'b'), (7, 'c')");
        using var hasty = new ClickhouseConnector(new DataGuard(new DataOptions { AllowPrivateNetworks = true }), new DataOptions { CountedRows = 2 });
        var name = new TableName(database.Name, "t");

        Assert.Equal([new("b", 2), new("a", 1)], await connector.ReadValuesAsync(database.Target, name, "value", 2, Ct));
        Assert.Equal(2, (await hasty.ReadValuesAsync(database.Target, name, "value", 9, Ct)).Sum(value => value.Count));
    }

    [Fact]
    public async Task Hundreds_of_tables_take_three_statements()
    {
        var database = await clickhouse.CreateDatabaseAsync(
            [.. Enumerable.Range(0, 200).Select(i => $"CREATE TABLE t{i} (id Int32, name String) ENGINE = Memory")]);

        var schema = await connector.ReadSchemaAsync(database.Target, Ct);

        Assert.Equal(200, schema.Tables.Count);
        Assert.Equal(2, (await clickhouse.RequestsAsync("FROM system.")).Count(sent => sent.Contains($"[database, {database.Name}]", StringComparison.Ordinal)));
    }

    public void Dispose() => connector.Dispose();
}
