using System.Diagnostics;
using AiBackend.DataStores;
using AiBackend.DataStores.Duckdb;

namespace AiBackend.Tests.DataStores.Duckdb;

public sealed class DuckdbConnectorTests : IDisposable
{
    private const string Endless = "SELECT count(*) AS id FROM range(10000000) a, range(10000000) b WHERE a.range * b.range % 7 = 3";

    private readonly DatabaseFile file = new(StoreKind.Duckdb);
    private readonly DuckdbConnector connector;

    public DuckdbConnectorTests() => connector = new DuckdbConnector(file.Guard, file.Options);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Everything_that_a_table_can_hold_is_read()
    {
        await file.ExecuteAsync(
            """"
            CREATE SCHEMA sales; CREATE TYPE mood AS ENUM ('glad', 'sad');
            CREATE TABLE types (id BIGINT PRIMARY KEY, a TINYINT NOT NULL, b HUGEINT, c UBIGINT, d DECIMAL(10,2), e FLOAT, f DOUBLE, g BOOLEAN, h VARCHAR, i UUID, j DATE, k TIMESTAMP, l TIMESTAMPTZ, m TIMESTAMP_NS, n TIME, o INTERVAL, p BLOB, q INTEGER[], r STRUCT(x INT, y VARCHAR), s mood, t MAP(VARCHAR, INT), u BIT, v DECIMAL(4,1)[]);
            COMMENT ON TABLE types IS 'All {kinds}'; COMMENT ON COLUMN types.a IS 'Small';
            CREATE TABLE sales.customers (region VARCHAR, number INT, email VARCHAR UNIQUE, nick VARCHAR, PRIMARY KEY (number, region), UNIQUE (region, nick));
            CREATE TABLE sales."Order ""1""" ("Id.x" INT PRIMARY KEY, billed_number INT, billed_region VARCHAR, shipped_number INT, shipped_region VARCHAR, parent INT REFERENCES sales."Order ""1""" ("Id.x"),
              FOREIGN KEY (shipped_number, shipped_region) REFERENCES sales.customers (number, region), FOREIGN KEY (billed_number, billed_region) REFERENCES sales.customers (number, region));
            CREATE VIEW sales.emails AS SELECT number, email FROM sales.customers;
            """");

        var schema = await connector.ReadSchemaAsync(file.Target, Ct);

        Assert.Equal(
            """
            table main.types -- All {kinds}
              id BIGINT Integer
              a TINYINT Integer -- Small
              b HUGEINT Integer?
              c UBIGINT Integer?
              d DECIMAL(10,2) Number?
              e FLOAT Number?
              f DOUBLE Number?
              g BOOLEAN Boolean?
              h VARCHAR Text?
              i UUID Text?
              j DATE Date?
              k TIMESTAMP Time?
              l TIMESTAMP WITH TIME ZONE Time?
              m TIMESTAMP_NS Time?
              n TIME Other?
              o INTERVAL Other?
              p BLOB Other?
              q INTEGER[] Other?
              r STRUCT(x INTEGER, y VARCHAR) Other?
              s ENUM('glad', 'sad') Text?
              t MAP(VARCHAR, INTEGER) Other?
              u BIT Other?
              v DECIMAL(4,1)[] Other?
              primary (id)
            table sales.Order "1"
              Id.x INTEGER Integer
              billed_number INTEGER Integer?
              billed_region VARCHAR Text?
              shipped_number INTEGER Integer?
              shipped_region VARCHAR Text?
              parent INTEGER Integer?
              primary (Id.x)
              foreign Order "1"_billed_number_billed_region_number_region_fkey (billed_number, billed_region) -> sales.customers (number, region)
              foreign Order "1"_parent_id.x_fkey (parent) -> sales.Order "1" (Id.x)
              foreign Order "1"_shipped_number_shipped_region_number_region_fkey (shipped_number, shipped_region) -> sales.customers (number, region)
            table sales.customers
              region VARCHAR Text
              number INTEGER Integer
              email VARCHAR Text?
              nick VARCHAR Text?
              primary (number, region)
              unique (email)
              unique (region, nick)
            view sales.emails
              number INTEGER Integer?
              email VARCHAR Text?
            """,
            SchemaText.Of(schema));
        Assert.Equal(3, (await connector.ReadSchemaAsync(file.Target with { Schemas = ["sales"] }, Ct)).Tables.Count);
    }

    [Fact]
    public async Task Values_are_texts_that_lose_nothing()
    {
        await file.ExecuteAsync(
            """
            CREATE TABLE t (id HUGEINT PRIMARY KEY, d DOUBLE, yes BOOLEAN, local TIMESTAMP, zoned TIMESTAMPTZ, fine TIMESTAMP_NS, day DATE, raw BLOB, free VARCHAR, cost DECIMAL(38,3));
            INSERT INTO t VALUES (170141183460469231731687303715884105727, 0.1, true, '2024-02-29 23:59:59.123456', '2024-02-29 23:59:59.5+02', '2024-02-29 23:59:59.123456789', '2024-02-29', '\x00\xFF'::BLOB, 'ü', 12345678901234567890123456789012345.678),
              (1, 'nan', false, 'infinity', '-infinity', NULL, NULL, NULL, '', 0);
            """);
        var table = await connector.ReadTableAsync(file.Target, "t");

        var rows = await connector.ReadAllAsync(file.Target, table, ["id"], size: 10);

        Assert.Equal(["1", "nan", "false", "infinity", "-infinity", null, null, null, "", "0.000"], rows[0]);
        Assert.Equal(
            ["170141183460469231731687303715884105727", "0.1", "true", "2024-02-29T23:59:59.123456Z", "2024-02-29T21:59:59.5Z", "2024-02-29T23:59:59.123456789Z", "2024-02-29", "00FF", "ü", "12345678901234567890123456789012345.678"],
            rows[1]);
    }

    [Theory]
    [InlineData("INTEGER", "i - 5")]
    [InlineData("HUGEINT", "170141183460469231731687303715884105700 + i")]
    [InlineData("UBIGINT", "18446744073709551515 + i")]
    [InlineData("FLOAT", "i / 3.0")]
    [InlineData("DOUBLE", "CASE i WHEN 1 THEN 'nan' ELSE i / 3.0 END")]
    [InlineData("DECIMAL(30,20)", "i / 3.0")]
    [InlineData("TIMESTAMP", "TIMESTAMP '2024-03-31 02:30:00' + to_microseconds(i)")]
    [InlineData("TIMESTAMPTZ", "CASE i WHEN 1 THEN 'infinity' ELSE '2024-03-31 02:30:00.0000' || (10 + i) || '+00' END")]
    [InlineData("TIMESTAMP_NS", "'2024-03-31 02:30:00.0000000' || (10 + i)")]
    [InlineData("DATE", "DATE '2024-01-01' + i::INT")]
    [InlineData("UUID", "md5(i::VARCHAR)::UUID")]
    [InlineData("BLOB", "md5(i::VARCHAR)::BLOB")]
    [InlineData("VARCHAR", "CASE i % 3 WHEN 0 THEN 'a' WHEN 1 THEN 'A' ELSE 'ä' END || i")]
    [InlineData("VARCHAR COLLATE NOCASE", "CASE i % 2 WHEN 0 THEN 'a' ELSE 'A' END || (i // 2)")]
    [InlineData("ENUM('x','w','v','u','t','s','r','q','p','o','n','m','l','k','j','i','h','g','f','e','d','c','b','a')", "chr((96 + i)::INT)")]
    public async Task Pages_by_a_key_of_any_type_lose_no_row_and_repeat_none(string type, string value)
    {
        await file.ExecuteAsync($"CREATE TABLE t (k {type} PRIMARY KEY, n INT); INSERT INTO t SELECT {value}, i FROM range(1, 25) r(i)");
        var table = await connector.ReadTableAsync(file.Target, "t");

        var rows = await connector.ReadAllAsync(file.Target, table, ["k"], size: 1, "n");

        Assert.Equal(Enumerable.Range(1, 24).Select(i => i.ToString()).Order(), rows.Select(row => row[0]!).Order());
    }

    [Fact]
    public async Task Names_with_anything_in_them_are_names_and_values_are_counted()
    {
        await file.ExecuteAsync(
            """"
            CREATE SCHEMA "S.x"; CREATE TABLE "S.x"."T ""q""; --" ("K.1" VARCHAR, "Ünï ""x""" VARCHAR, "select" VARCHAR, PRIMARY KEY ("K.1", "select"));
            INSERT INTO "S.x"."T ""q""; --" VALUES ('a', '1', 'x'), ('a', '2', 'y'), ('b', '1', 'x')
            """");
        var table = Assert.Single((await connector.ReadSchemaAsync(file.Target, Ct)).Tables);

        var rows = await connector.ReadAllAsync(file.Target, table, ["K.1", "select"], size: 1);
        var values = await connector.ReadValuesAsync(file.Target, table.Name, "Ünï \"x\"", limit: 1, Ct);

        Assert.Equal(["a1x", "a2y", "b1x"], rows.Select(row => string.Concat(row)));
        Assert.Equal(new ValueCount("1", 2), Assert.Single(values));
    }

    [Fact]
    public async Task Each_wrong_setting_is_told()
    {
        await file.ExecuteAsync("CREATE TABLE t (id INT)");
        var other = Path.Combine(Path.GetDirectoryName(file.Path)!, "other.db");
        await File.WriteAllTextAsync(other, new string('x', 5_000), Ct);

        Assert.StartsWith("DuckDB ", (await connector.TestAsync(file.Target, Ct)).ServerVersion, StringComparison.Ordinal);
        Assert.Equal(ConnectionFault.Unreachable, await FaultAsync(file.Target with { Path = file.Path + "x" }));
        Assert.Equal(ConnectionFault.UnknownDatabase, await FaultAsync(file.Target with { Path = other }));
        Assert.Equal(ConnectionFault.UnknownDatabase, await FaultAsync(file.Target with { Schemas = ["missing"] }));
        Assert.Equal(ConnectionFault.NotAllowed, await FaultAsync(file.Target with { Path = "/etc/passwd" }));
        Assert.Equal(ConnectionFault.NotAllowed, await FaultAsync(file.Target with { Path = ":memory:" }));
        Assert.Equal(ConnectionFault.Unreachable, await FaultAsync(file.Target with { Path = $"{file.Path};access_mode=READ_WRITE" }));
    }

    [Fact]
    public async Task A_view_reads_no_other_file()
    {
        var other = Path.Combine(Path.GetDirectoryName(file.Path)!, "other.csv");
        await File.WriteAllTextAsync(other, "id,word\n1,secret\n", Ct);
        await file.ExecuteAsync($"CREATE VIEW sly AS SELECT id, word FROM read_csv('{other}')");
        var sly = new TableSchema { Name = new TableName("main", "sly"), Columns = [new ColumnSchema("id", "BIGINT", ColumnKind.Integer, true, null)] };

        var error = await Assert.ThrowsAsync<ConnectionException>(() => connector.ReadAllAsync(file.Target, sly, ["id"], size: 1));

        Assert.Equal(ConnectionFault.Failed, error.Fault);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_statement_that_takes_too_long_is_ended()
    {
        await file.ExecuteAsync($"CREATE VIEW endless AS {Endless}");
        var hurried = new DuckdbConnector(file.Guard, new DataOptions { StatementLimit = TimeSpan.FromMilliseconds(500) });
        var table = await connector.ReadTableAsync(file.Target, "endless");

        var error = await Assert.ThrowsAsync<ConnectionException>(() => hurried.ReadAllAsync(file.Target, table, ["id"], size: 1));

        Assert.Equal(ConnectionFault.TimedOut, error.Fault);
    }

    [Fact]
    public async Task Cancelling_ends_the_statement_within_a_second()
    {
        await file.ExecuteAsync($"CREATE VIEW endless AS {Endless}");
        var table = await connector.ReadTableAsync(file.Target, "endless");
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
        var clock = Stopwatch.StartNew();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connector.ReadRowsAsync(
            file.Target, new RowRequest { Table = table, Columns = ["id"], OrderBy = ["id"], Limit = 1 }, cancel.Token));

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(1.5), $"It took {clock.Elapsed}.");
    }

    [Fact]
    public async Task Fifty_thousand_rows_in_pages_take_seconds()
    {
        await file.ExecuteAsync("CREATE TABLE t (id INT PRIMARY KEY, body VARCHAR); INSERT INTO t SELECT i, 'some text ' || i FROM range(50000) r(i)");
        var table = await connector.ReadTableAsync(file.Target, "t");
        var clock = Stopwatch.StartNew();

        Assert.Equal(50_000, (await connector.ReadAllAsync(file.Target, table, ["id"], size: 500)).Count);

        TestContext.Current.SendDiagnosticMessage($"DuckDB, 50,000 rows in pages of 500: {clock.ElapsedMilliseconds} ms");
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"It took {clock.Elapsed}.");
    }

    public void Dispose() => file.Dispose();

    private async Task<ConnectionFault> FaultAsync(ConnectionTarget target) =>
        (await Assert.ThrowsAsync<ConnectionException>(() => connector.TestAsync(target, Ct))).Fault;
}
