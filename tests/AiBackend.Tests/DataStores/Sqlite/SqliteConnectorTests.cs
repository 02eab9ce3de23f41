using System.Diagnostics;
using AiBackend.DataStores;
using AiBackend.DataStores.Sqlite;

namespace AiBackend.Tests.DataStores.Sqlite;

public sealed class SqliteConnectorTests : IDisposable
{
    private const string Endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS id FROM n WHERE i < 0";

    private readonly DatabaseFile file = new(StoreKind.Sqlite);
    private readonly SqliteConnector connector;

    public SqliteConnectorTests() => connector = new SqliteConnector(file.Guard, file.Options);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Everything_that_a_table_can_hold_is_read()
    {
        await file.ExecuteAsync(
            """"
            CREATE TABLE types (id INTEGER PRIMARY KEY, a SMALLINT NOT NULL, b POINT, c INTERVAL, d DECIMAL(10,2), e VARCHAR(20), f DATETIME, g date, h BOOLEAN, i, j BLOB, k "UNSIGNED BIG INT", l WHATEVER, m MYINTEGER, n LONG TEXT, o DOUBLE PRECISION, p TIME, q JSON, r TINYINT(1), twice INT AS (a * 2));
            CREATE TABLE Customers (region TEXT, number INT, email TEXT UNIQUE, nick TEXT, PRIMARY KEY (number, region), UNIQUE (region, nick)) WITHOUT ROWID;
            CREATE UNIQUE INDEX partly ON Customers (nick) WHERE nick IS NOT NULL; CREATE UNIQUE INDEX computed ON Customers (lower(nick));
            CREATE TABLE "Order ""1""" ("Id.x" INTEGER PRIMARY KEY, billed_number INT, billed_region TEXT, shipped_number INT, shipped_region TEXT, parent INT REFERENCES "Order ""1""", gone INT REFERENCES nowhere (id),
              FOREIGN KEY (SHIPPED_REGION, shipped_number) REFERENCES customers (Region, number), FOREIGN KEY (billed_number, billed_region) REFERENCES CUSTOMERS);
            CREATE VIEW emails AS SELECT number, email, 1 + 1 AS two FROM Customers;
            CREATE TABLE base (x); CREATE VIEW broken AS SELECT x FROM base; DROP TABLE base;
            CREATE VIRTUAL TABLE words USING fts5 (body);
            """");

        var schema = await connector.ReadSchemaAsync(file.Target, Ct);

        Assert.Equal(
            """
            table Customers
              region TEXT Text
              number INT Integer
              email TEXT Text?
              nick TEXT Text?
              primary (number, region)
              unique (email)
              unique (region, nick)
            table Order "1"
              Id.x INTEGER Integer
              billed_number INT Integer?
              billed_region TEXT Text?
              shipped_number INT Integer?
              shipped_region TEXT Text?
              parent INT Integer?
              gone INT Integer?
              primary (Id.x)
              foreign Order "1"_billed_number_billed_region_fkey (billed_number, billed_region) -> Customers (number, region)
              foreign Order "1"_gone_fkey (gone) -> nowhere (id)
              foreign Order "1"_parent_fkey (parent) -> Order "1" (Id.x)
              foreign Order "1"_shipped_region_shipped_number_fkey (shipped_region, shipped_number) -> Customers (region, number)
            view emails
              number INT Integer?
              email TEXT Text?
              two  Other?
            table types
              id INTEGER Integer
              a SMALLINT Integer
              b POINT Other?
              c INTERVAL Other?
              d DECIMAL(10,2) Number?
              e VARCHAR(20) Text?
              f DATETIME Time?
              g date Date?
              h BOOLEAN Boolean?
              i  Other?
              j BLOB Other?
              k UNSIGNED BIG INT Integer?
              l WHATEVER Other?
              m MYINTEGER Integer?
              n LONG TEXT Text?
              o DOUBLE PRECISION Number?
              p TIME Other?
              q JSON Json?
              r TINYINT(1) Integer?
              twice INT Integer?
              primary (id)
            table words
              body  Other?
            """,
            SchemaText.Of(schema));
    }

    [Fact]
    public async Task Values_are_texts_that_lose_nothing()
    {
        await file.ExecuteAsync(
            """
            CREATE TABLE t (id INTEGER PRIMARY KEY, d REAL, yes BOOLEAN, at DATETIME, raw BLOB, any_value, free TEXT);
            INSERT INTO t VALUES (9223372036854775807, 0.1, 1, '2024-02-29 23:59:59.123456', x'00ff', 1.0 / 3, 'ü'), (1, 1e300, 0, '2024-02-29T23:59:59Z', NULL, 5, '');
            """);
        var table = await connector.ReadTableAsync(file.Target, "t");

        var rows = await connector.ReadAllAsync(file.Target, table, ["id"], size: 10);

        Assert.Equal(1e300, double.Parse(rows[0][1]!));
        Assert.Equal(["1", "false", "2024-02-29T23:59:59Z", null, "5", ""], [rows[0][0], .. rows[0].Skip(2)]);
        Assert.Equal(["9223372036854775807", "0.1", "true", "2024-02-29T23:59:59.123456Z", "00FF"], rows[1].Take(5));
        Assert.Equal(1.0 / 3, double.Parse(rows[1][5]!));
    }

    [Theory]
    [InlineData("INTEGER", "i - 5")]
    [InlineData("BIGINT", "9223372036854775707 + i")]
    [InlineData("REAL", "i / 3.0")]
    [InlineData("NUMERIC", "CASE i % 2 WHEN 0 THEN i ELSE i / 3.0 END")]
    [InlineData("DATETIME", "'2024-01-01 00:00:00.00000' || i")]
    [InlineData("TEXT", "CASE i % 3 WHEN 0 THEN 'a' WHEN 1 THEN 'A' ELSE 'ä' END || i")]
    [InlineData("TEXT COLLATE NOCASE", "'a' || i")]
    [InlineData("VARCHAR(9)", "i")]
    [InlineData("DECIMAL(4,1)", "CASE i % 2 WHEN 0 THEN i ELSE 'x' || i END")]
    [InlineData("", "CASE i % 3 WHEN 0 THEN i WHEN 1 THEN 't' || i ELSE i / 7.0 END")]
    [InlineData("BLOB", "CAST('b' || i AS BLOB)")]
    public async Task Pages_by_a_key_of_any_type_lose_no_row_and_repeat_none(string type, string value)
    {
        await file.ExecuteAsync(
            $"CREATE TABLE t (k {type} PRIMARY KEY NOT NULL, n INT); WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 24) INSERT INTO t SELECT {value}, i FROM s");
        var table = await connector.ReadTableAsync(file.Target, "t");

        var rows = await connector.ReadAllAsync(file.Target, table, ["k"], size: 1, "n");

        Assert.Equal(Enumerable.Range(1, 24).Select(i => i.ToString()).Order(), rows.Select(row => row[0]!).Order());
    }

    [Fact]
    public async Task A_key_that_tells_apart_what_the_collation_of_the_column_does_not_loses_no_row()
    {
        await file.ExecuteAsync(
            "CREATE TABLE t (k TEXT COLLATE NOCASE, n INT); CREATE UNIQUE INDEX u ON t (k COLLATE BINARY, n); INSERT INTO t VALUES ('a', 1), ('A', 1), ('b', 1), ('B', 1)");
        var table = await connector.ReadTableAsync(file.Target, "t");

        var rows = await connector.ReadAllAsync(file.Target, table, ["k", "n"], size: 1, "k");

        Assert.Equal(["A", "B", "a", "b"], rows.Select(row => row[0]));
    }

    [Fact]
    public async Task Columns_that_do_not_tell_rows_apart_end_in_words_and_not_in_an_endless_loop()
    {
        await file.ExecuteAsync("CREATE TABLE t (k TEXT); INSERT INTO t VALUES (x'61'), (x'62'), (x'63')");
        var table = await connector.ReadTableAsync(file.Target, "t");

        var error = await Assert.ThrowsAsync<ConnectionException>(() => connector.ReadAllAsync(file.Target, table, ["k"], size: 1));

        Assert.Contains("tell them apart", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_with_anything_in_them_are_names_and_values_are_counted()
    {
        await file.ExecuteAsync(
            """"
            CREATE TABLE "T ""q""; --" ("K.1" TEXT, "Ünï ""x""" TEXT, "select" TEXT, PRIMARY KEY ("K.1", "select"));
            INSERT INTO "T ""q""; --" VALUES ('a', '1', 'x'), ('a', '2', 'y'), ('b', '1', 'x')
            """");
        var table = Assert.Single((await connector.ReadSchemaAsync(file.Target, Ct)).Tables);

        var rows = await connector.ReadAllAsync(file.Target, table, ["K.1", "select"], size: 1);
        var values = await connector.ReadValuesAsync(file.Target, table.Name, "Ünï \"x\"", limit: 1, Ct);

        Assert.Equal(["a1x", "a2y", "b1x"], rows.Select(row => string.Concat(row)));
        Assert.Equal(new ValueCount("1", 2), Assert.Single(values));
    }

    [Fact]
    public async Task A_page_ends_when_its_texts_are_long_and_the_next_goes_on_there()
    {
        await file.ExecuteAsync("CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT); INSERT INTO t VALUES (1, 'four'), (2, 'four'), (3, 'four'), (4, 'four'), (5, 'four')");
        var small = new SqliteConnector(file.Guard, new DataOptions { PageCharacters = 9 });
        var request = new RowRequest { Table = await connector.ReadTableAsync(file.Target, "t"), Columns = ["body"], OrderBy = ["id"], Limit = 5 };

        var page = await small.ReadRowsAsync(file.Target, request, Ct);
        var next = await small.ReadRowsAsync(file.Target, request with { After = page.Next }, Ct);
        var whole = await connector.ReadRowsAsync(file.Target, request, Ct);

        Assert.Equal((2, 2, 5), (page.Rows.Count, next.Rows.Count, whole.Rows.Count));
        Assert.Null(whole.Next);
    }

    [Fact]
    public async Task Rows_are_estimated_where_the_file_was_analyzed()
    {
        await file.ExecuteAsync("CREATE TABLE a (id INTEGER PRIMARY KEY, b INT); CREATE INDEX by_b ON a (b); INSERT INTO a VALUES (1, 1), (2, 1), (3, 2); ANALYZE; CREATE TABLE c (id INT)");

        var schema = await connector.ReadSchemaAsync(file.Target, Ct);

        Assert.Equal([3L, null], schema.Tables.Select(table => table.RowEstimate));
    }

    [Fact]
    public async Task Each_wrong_setting_is_told()
    {
        await file.ExecuteAsync("CREATE TABLE t (id INT)");
        var other = Path.Combine(Path.GetDirectoryName(file.Path)!, "other.db");
        await File.WriteAllTextAsync(other, new string('x', 5_000), Ct);

        Assert.Matches(@"^SQLite 3\.", (await connector.TestAsync(file.Target, Ct)).ServerVersion);
        Assert.Equal(ConnectionFault.Unreachable, await FaultAsync(file.Target with { Path = file.Path + "x" }));
        Assert.Equal(ConnectionFault.UnknownDatabase, await FaultAsync(file.Target with { Path = other }));
        Assert.Equal(ConnectionFault.NotAllowed, await FaultAsync(file.Target with { Path = "/etc/passwd" }));
        Assert.Equal(ConnectionFault.NotAllowed, await FaultAsync(file.Target with { Path = "data.db" }));
        Assert.Equal(ConnectionFault.NotAllowed, await FaultAsync(file.Target with { Path = $"file:{file.Path}?mode=rwc" }));
        Assert.Equal(ConnectionFault.Unreachable, await FaultAsync(file.Target with { Path = $"{file.Path};Mode=ReadWriteCreate" }));
        Assert.Equal(2, Directory.GetFiles(Path.GetDirectoryName(file.Path)!).Length);
    }

    [Fact]
    public async Task A_statement_that_takes_too_long_is_ended()
    {
        await file.ExecuteAsync($"CREATE VIEW endless AS {Endless}");
        var hurried = new SqliteConnector(file.Guard, new DataOptions { StatementLimit = TimeSpan.FromMilliseconds(500) });
        var table = await connector.ReadTableAsync(file.Target, "endless");

        var error = await Assert.ThrowsAsync<ConnectionException>(() => hurried.ReadAllAsync(file.Target, table, ["id"], size: 1));

        Assert.Equal(ConnectionFault.TimedOut, error.Fault);
    }

    [Fact]
    public async Task Cancelling_ends_the_statement_within_a_second()
    {
        await file.ExecuteAsync($"CREATE VIEW endless AS {Endless}");
        var table = await connector.ReadTableAsync(file.Target, "endless");
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        var clock = Stopwatch.StartNew();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connector.ReadRowsAsync(
            file.Target, new RowRequest { Table = table, Columns = ["id"], OrderBy = ["id"], Limit = 1 }, cancel.Token));

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(1.2), $"It took {clock.Elapsed}.");
    }

    [Fact]
    public async Task Fifty_thousand_rows_in_pages_take_seconds()
    {
        await file.ExecuteAsync(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT); WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 50000) INSERT INTO t SELECT i, 'some text ' || i FROM s");
        var table = await connector.ReadTableAsync(file.Target, "t");
        var clock = Stopwatch.StartNew();

        Assert.Equal(50_000, (await connector.ReadAllAsync(file.Target, table, ["id"], size: 500)).Count);

        TestContext.Current.SendDiagnosticMessage($"SQLite, 50,000 rows in pages of 500: {clock.ElapsedMilliseconds} ms");
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(15), $"It took {clock.Elapsed}.");
    }

    public void Dispose() => file.Dispose();

    private async Task<ConnectionFault> FaultAsync(ConnectionTarget target) =>
        (await Assert.ThrowsAsync<ConnectionException>(() => connector.TestAsync(target, Ct))).Fault;
}
