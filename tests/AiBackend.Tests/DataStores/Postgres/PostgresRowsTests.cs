using System.Diagnostics;
using AiBackend.DataStores;
using AiBackend.DataStores.Postgres;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.DataStores.Postgres;

public sealed class PostgresRowsTests(PostgresServer postgres) : IDisposable
{
    private readonly PostgresConnector connector = new(new DataGuard(new DataOptions { AllowPrivateNetworks = true }), new DataOptions());

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Values_are_texts_that_lose_nothing()
    {
        var database = await postgres.CreateDatabaseAsync(
            """
            CREATE TABLE t (id int PRIMARY KEY, big numeric, f real, d double precision, cash money, yes bool, day date, local timestamp, zoned timestamptz, j jsonb, raw bytea, empty text);
            INSERT INTO t VALUES
              (1, 12345678901234567890123456789012345.678, 1.1, 0.1, 1234567.5, true, '2024-02-29', '2024-02-29 23:59:59.123456', '2024-02-29 23:59:59.5+02', '{"a": 1}', '\x00ff', NULL),
              (2, 'NaN', '-Infinity', 1e300, -1, false, '0044-03-15 BC', 'infinity', '12024-01-01 00:00:00+00', '[]', '', '');
            """);
        var table = await connector.ReadTableAsync(database.Target, "t");

        var rows = await connector.ReadAllAsync(database.Target, table, ["id"], size: 10);

        Assert.Equal(
            ["1", "12345678901234567890123456789012345.678", "1.1", "0.1", "1234567.50", "true", "2024-02-29", "2024-02-29T23:59:59.123456Z", "2024-02-29T21:59:59.5Z", """{"a": 1}""", "\\x00ff", null],
            rows[0]);
        Assert.Equal(
            ["2", "NaN", "-Infinity", "1e+300", "-1.00", "false", "0044-03-15 BC", "infinity", "12024-01-01 00:00:00+00", "[]", "\\x", ""],
            rows[1]);
    }

    [Theory]
    [InlineData("int", "i - 5")]
    [InlineData("bigint", "9223372036854775707 + i")]
    [InlineData("numeric", "i / 3.0")]
    [InlineData("real", "i / 3.0")]
    [InlineData("double precision", "CASE i WHEN 1 THEN 'NaN' WHEN 2 THEN '-Infinity' ELSE i / 3.0 END")]
    [InlineData("money", "i * 1000.01")]
    [InlineData("uuid", "md5(i::text)::uuid")]
    [InlineData("date", "CASE i WHEN 1 THEN 'infinity' ELSE DATE '0001-01-10 BC' + i END")]
    [InlineData("timestamptz", "TIMESTAMPTZ '2024-01-01 00:00:00+00' + i * INTERVAL '1 microsecond'")]
    [InlineData("timestamp", "CASE i WHEN 1 THEN '-infinity' ELSE TIMESTAMP '2024-03-31 02:30:00' + i * INTERVAL '1 microsecond' END")]
    [InlineData("text", "chr(64 + i % 26) || chr(96 + i) || i")]
    [InlineData("text COLLATE \"en-x-icu\"", "CASE i % 3 WHEN 0 THEN 'a-' WHEN 1 THEN 'A ' ELSE 'ä' END || i")]
    [InlineData("text COLLATE loose", "'A' || i")]
    [InlineData("varchar(40)", "'x''; DROP TABLE t; --' || i")]
    [InlineData("char(9)", "'c' || i")]
    [InlineData("citext", "CASE i % 2 WHEN 0 THEN 'A' ELSE 'a' END || i")]
    [InlineData("bytea", "decode(md5(i::text), 'hex')")]
    [InlineData("inet", "'10.0.0.0'::inet + i")]
    [InlineData("letter", "chr(96 + i)::letter")]
    [InlineData("cents", "i * 1.5")]
    [InlineData("int[]", "ARRAY[i, 1]")]
    [InlineData("boolean", "i = 1", 2)]
    public async Task Pages_by_a_key_of_any_type_lose_no_row_and_repeat_none(string type, string value, int count = 24)
    {
        var database = await postgres.CreateDatabaseAsync(
            $"""
            CREATE EXTENSION citext; CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
            CREATE TYPE letter AS ENUM ('x', 'w', 'v', 'u', 't', 's', 'r', 'q', 'p', 'o', 'n', 'm', 'l', 'k', 'j', 'i', 'h', 'g', 'f', 'e', 'd', 'c', 'b', 'a');
            CREATE DOMAIN cents AS numeric(8,2);
            CREATE TABLE t (k {type} PRIMARY KEY, n int); INSERT INTO t SELECT {value}, i FROM generate_series(1, {count}) i;
            """);
        var table = await connector.ReadTableAsync(database.Target, "t");

        var rows = await connector.ReadAllAsync(database.Target, table, ["k"], size: 1, "n");

        Assert.Equal(Enumerable.Range(1, count).Select(i => i.ToString()).Order(), rows.Select(row => row[0]!).Order());
    }

    [Fact]
    public async Task Rows_of_one_microsecond_are_told_apart_by_the_key()
    {
        var database = await postgres.CreateDatabaseAsync(
            """
            CREATE TABLE t (region text, id int, updated timestamptz NOT NULL, PRIMARY KEY (region, id));
            INSERT INTO t SELECT CASE i % 3 WHEN 0 THEN 'B' WHEN 1 THEN 'a' ELSE 'é' END, i, TIMESTAMPTZ '2024-01-01 00:00:00.123456+00' + (i / 10) * INTERVAL '1 microsecond' FROM generate_series(1, 60) i
            """);
        var table = await connector.ReadTableAsync(database.Target, "t");

        var rows = await connector.ReadAllAsync(database.Target, table, ["updated", "region", "id"], size: 7, "id");

        Assert.Equal(60, rows.Select(row => row[0]).Distinct().Count());
        Assert.Equal(60, rows.Count);
    }

    [Fact]
    public async Task The_place_after_the_last_row_finds_what_came_later()
    {
        var database = await postgres.CreateDatabaseAsync("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (2)");
        var request = new RowRequest { Table = await connector.ReadTableAsync(database.Target, "t"), Columns = ["id"], OrderBy = ["id"], Limit = 2 };
        var page = await connector.ReadRowsAsync(database.Target, request, Ct);
        await database.ExecuteAsync("INSERT INTO t VALUES (3)");

        var later = await connector.ReadRowsAsync(database.Target, request with { After = page.Last }, Ct);

        Assert.Null(page.Next);
        Assert.Equal("3", Assert.Single(later.Rows)[0]);
    }

    [Fact]
    public async Task Names_with_anything_in_them_are_names()
    {
        var database = await postgres.CreateDatabaseAsync(
            """"
            CREATE SCHEMA "S.x"; CREATE TABLE "S.x"."T ""q""; --" ("K.1" text, "Ünï ""x""" text, "select" text, PRIMARY KEY ("K.1", "select"));
            INSERT INTO "S.x"."T ""q""; --" VALUES ('a', '1', 'x'), ('a', '2', 'y'), ('b', '1', 'x')
            """");
        var table = Assert.Single((await connector.ReadSchemaAsync(database.Target, Ct)).Tables);

        var rows = await connector.ReadAllAsync(database.Target, table, ["K.1", "select"], size: 1);
        var values = await connector.ReadValuesAsync(database.Target, table.Name, "Ünï \"x\"", limit: 1, Ct);

        Assert.Equal(["a1x", "a2y", "b1x"], rows.Select(row => string.Concat(row)));
        Assert.Equal(new ValueCount("1", 2), Assert.Single(values));
    }

    [Fact]
    public async Task The_most_common_values_come_first()
    {
        var database = await postgres.CreateDatabaseAsync(
            "CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE TABLE t (m mood); INSERT INTO t VALUES ('sad'), ('glad'), ('glad'), (NULL), (NULL), (NULL)");

        var values = await connector.ReadValuesAsync(database.Target, new TableName("public", "t"), "m", limit: 10, Ct);

        Assert.Equal([new ValueCount("glad", 2), new ValueCount("sad", 1)], values);
    }

    [Fact]
    public async Task Fifty_thousand_rows_in_pages_take_seconds()
    {
        var database = await postgres.CreateDatabaseAsync(
            "CREATE TABLE t (id int PRIMARY KEY, body text); INSERT INTO t SELECT i, repeat('text ', 20) || i FROM generate_series(1, 50000) i; ANALYZE t");
        var table = await connector.ReadTableAsync(database.Target, "t");
        var clock = Stopwatch.StartNew();

        var rows = await connector.ReadAllAsync(database.Target, table, ["id"], size: 500);

        Assert.Equal(50_000, rows.Count);
        TestContext.Current.SendDiagnosticMessage($"50,000 rows in pages of 500: {clock.ElapsedMilliseconds} ms");
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(15), $"It took {clock.Elapsed}.");
    }

    [Fact]
    public async Task A_column_that_went_is_told()
    {
        var database = await postgres.CreateDatabaseAsync("CREATE TABLE t (id int PRIMARY KEY, gone text)");
        var table = await connector.ReadTableAsync(database.Target, "t");
        await database.ExecuteAsync("ALTER TABLE t DROP COLUMN gone");

        var error = await Assert.ThrowsAsync<ConnectionException>(() => connector.ReadAllAsync(database.Target, table, ["id"], size: 1));

        Assert.Equal(ConnectionFault.Failed, error.Fault);
        Assert.Contains("changed", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => connector.Dispose();
}
