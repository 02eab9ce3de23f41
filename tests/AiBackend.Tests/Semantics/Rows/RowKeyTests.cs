using AiBackend.Semantics.Rows;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Semantics.Rows;

/// <summary>What tells the rows of real databases apart.</summary>
public sealed class RowKeyTests(RowStores app, PostgresServer postgres, MariaDbServer mariaDb) : IClassFixture<RowStores>
{
    [Theory]
    [InlineData("sqlite", "TEXT", "'it''s \"so\" -- ; %_\\'", "'😀 ü'", "''", "' a '", "'a\nb'")]
    [InlineData("sqlite", "REAL", "-0.1", "1e300", "0.30000000000000004")]
    [InlineData("sqlite", "INTEGER", "-9223372036854775808", "0", "9223372036854775807")]
    [InlineData("sqlite", "BLOB", "x'00ff'", "x''", "'text'")]
    [InlineData("duckdb", "VARCHAR", "'it''s \"so\" -- ; %_\\'", "'😀 ü'", "''", "'A'", "'a'")]
    [InlineData("duckdb", "UUID", "'d2719f5e-0f0c-4d3a-8f8a-1c1c1c1c1c1c'", "'00000000-0000-0000-0000-000000000000'")]
    [InlineData("duckdb", "DECIMAL(38,10)", "-1234567890123456789012345678.0000000001", "0", "0.1")]
    [InlineData("duckdb", "TIMESTAMP", "'2024-01-01 00:00:00.000001'", "'2024-01-01 00:00:00.000002'", "'infinity'")]
    [InlineData("postgres", "text", "'it''s \"so\" -- ; %_\\'", "'😀 ü'", "''", "'A'", "'a'")]
    [InlineData("postgres", "uuid", "'d2719f5e-0f0c-4d3a-8f8a-1c1c1c1c1c1c'", "'00000000-0000-0000-0000-000000000000'")]
    [InlineData("postgres", "numeric", "-12345678901234567890123456789012345.678", "'NaN'", "0.10")]
    [InlineData("postgres", "timestamptz", "'2024-01-01 00:00:00.000001+02'", "'2024-01-01 00:00:00.000002+02'", "'0044-03-15 12:00:00+00 BC'")]
    [InlineData("postgres", "boolean", "true", "false")]
    [InlineData("postgres", "int[]", "'{1,2}'", "'{}'")]
    [InlineData("mysql", "VARCHAR(90) COLLATE utf8mb4_unicode_ci", "'it''s \"so\" -- ; %_'", "'😀 ü'", "''")]
    [InlineData("mysql", "UUID", "'d2719f5e-0f0c-4d3a-8f8a-1c1c1c1c1c1c'", "'00000000-0000-0000-0000-000000000000'")]
    [InlineData("mysql", "DECIMAL(65,20)", "-123456789012345678901234567890.00000000000000000001", "0")]
    [InlineData("mysql", "DATETIME(6)", "'2024-01-01 00:00:00.000001'", "'2024-01-01 00:00:00.000002'")]
    [InlineData("mysql", "VARBINARY(9)", "x'00ff'", "x''")]
    public async Task A_key_of_any_type_tells_rows_apart_and_is_the_same_the_next_time(string kind, string type, params string[] keys)
    {
        var values = string.Join(", ", keys.Select((key, i) => $"({key}, 'body {i}')"));
        var bench = await NewAsync(kind, $"CREATE TABLE t (k {type} PRIMARY KEY, body VARCHAR(40)); INSERT INTO t VALUES {values}");
        await bench.SetAsync(bench.Rows("t", ["body"], id: "k"));

        Assert.Equal(new RowCounts(keys.Length, 0, 0, 0, 0), (await bench.EndOfSyncAsync()).RowCounts());
        Assert.Equal(new RowCounts(0, 0, keys.Length, 0, 0), (await bench.EndOfSyncAsync()).RowCounts());
        await bench.Database.ExecuteAsync($"DELETE FROM t WHERE k = {keys[0]}");
        Assert.Equal(new RowCounts(0, 0, keys.Length - 1, 1, 0), (await bench.EndOfSyncAsync()).RowCounts());
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    [InlineData("mysql")]
    public async Task Rows_with_a_key_of_several_columns_are_told_apart_by_a_view_that_joins_them(string kind)
    {
        var joined = kind == "mysql" ? "CONCAT(region, '/', no)" : "region || '/' || no";
        var bench = await NewAsync(
            kind,
            $"""
            CREATE TABLE t (region VARCHAR(9), no INT, body VARCHAR(40), PRIMARY KEY (region, no));
            INSERT INTO t VALUES ('eu', 1, 'eiderone'), ('us', 1, 'usualone'), ('us', 2, 'usualtwo');
            CREATE VIEW v AS SELECT {joined} AS id, body FROM t;
            """);

        await bench.SetAsync(bench.Rows("t", ["body"], id: "no"));
        Assert.Equal("id_not_unique", (await bench.FailAsync()).Code);
        Assert.Empty(await bench.DocumentsAsync());

        await bench.SetAsync(bench.Rows("v", ["body"]));
        Assert.Equal(new RowCounts(3, 0, 0, 0, 0), await bench.SyncAsync());
        Assert.Equal(["us/1"], await bench.FindRowsAsync("usualone"));
        await bench.Database.ExecuteAsync("DELETE FROM t WHERE region = 'us' AND no = 1");
        Assert.Equal(new RowCounts(0, 0, 2, 1, 0), await bench.SyncAsync());
        Assert.Empty(await bench.FindAsync("usualone"));
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("duckdb")]
    [InlineData("postgres")]
    [InlineData("mysql")]
    public async Task Two_rows_of_one_key_are_told_also_where_a_page_ends_between_them(string kind)
    {
        // The 500th and the 501st.
        var bench = await NewAsync(kind, $"CREATE TABLE t (k INT, body VARCHAR(40)); INSERT INTO t VALUES {Values(Enumerable.Range(1, 500).Append(500).Append(501))}");
        await bench.SetAsync(bench.Rows("t", ["body"], id: "k"));

        Assert.Equal(("id_not_unique", "k"), Words(await bench.FailAsync()));
        await bench.Database.ExecuteAsync("UPDATE t SET k = 502 WHERE k = 500 AND body IS NOT NULL");
        Assert.Equal(502, (await bench.EndOfSyncAsync()).RowCounts().Rows);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("duckdb")]
    [InlineData("postgres")]
    [InlineData("mysql")]
    public async Task Rows_without_a_key_are_told_however_many_others_there_are(string kind)
    {
        var bench = await NewAsync(kind, $"CREATE TABLE t (k INT, body VARCHAR(40)); INSERT INTO t VALUES (NULL, 'none'), {Values(Enumerable.Range(1, 501))}");
        await bench.SetAsync(bench.Rows("t", ["body"], id: "k"));

        Assert.Equal(("id_is_null", "k"), Words(await bench.FailAsync()));
        await bench.Database.ExecuteAsync("DELETE FROM t WHERE k IS NULL");
        Assert.Equal(501, (await bench.EndOfSyncAsync()).RowCounts().Rows);
    }

    private static string Values(IEnumerable<int> keys) => string.Join(", ", keys.Select((key, i) => $"({key}, {(i % 100 == 0 ? "'body'" : "NULL")})"));

    private static (string, string) Words((string Code, string Detail) error) => (error.Code, error.Detail.Contains(" k.", StringComparison.Ordinal) ? "k" : error.Detail);

    private async Task<RowBench> NewAsync(string kind, string sql) =>
        await RowBench.NewAsync(app, await app.NewDatabaseAsync(kind, postgres, mariaDb), sql);
}
