using System.Diagnostics;
using AiBackend.DataStores;
using AiBackend.DataStores.Mysql;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.DataStores.Mysql;

public sealed class MysqlRowsTests(MariaDbServer server) : IDisposable
{
    private readonly MysqlConnector connector = new(new DataGuard(new DataOptions { AllowPrivateNetworks = true }), new DataOptions());

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Values_are_texts_that_lose_nothing()
    {
        var database = await server.CreateDatabaseAsync(
            """
            CREATE TABLE t (id int PRIMARY KEY, big decimal(45,3), u bigint unsigned, d double, yes tinyint(1), flag bit(1), day date, at datetime(6), stamp timestamp(3) NULL, raw varbinary(9), free text, name char(36), place point, j json);
            SET time_zone = '+02:00';
            INSERT INTO t VALUES (1, 123456789012345678901234567890123456789012.345, 18446744073709551615, 0.1, 1, b'1', '2024-02-29', '2024-02-29 23:59:59.123456', '2024-02-29 23:59:59.5', x'00ff', 'ü€😀', 'd2719f5e-0f0c-4d3a-8f8a-1c1c1c1c1c1c', ST_GeomFromText('POINT(1 2)'), '{"a": 1}'), (2, -0.5, 0, 1e300, 0, b'0', NULL, NULL, NULL, '', '', NULL, NULL, NULL);
            SET sql_mode = ''; INSERT INTO t (id, day, at) VALUES (3, '0000-00-00', '0000-00-00');
            """);
        var table = await connector.ReadTableAsync(database.Target, "t");

        var rows = await connector.ReadAllAsync(database.Target, table, ["id"], size: 10);

        Assert.Equal(
            ["1", "123456789012345678901234567890123456789012.345", "18446744073709551615", "0.1", "true", "true", "2024-02-29", "2024-02-29T23:59:59.123456Z", "2024-02-29T21:59:59.500Z", "00FF", "ü€😀", "d2719f5e-0f0c-4d3a-8f8a-1c1c1c1c1c1c", "POINT(1 2)", """{"a": 1}"""],
            rows[0]);
        Assert.Equal(["2", "-0.500", "0", "1e300", "false", "false", null, null, null, "", "", null, null, null], rows[1]);
        Assert.Equal(["3", null, null], [rows[2][0], rows[2][6], rows[2][7]]);
    }

    [Theory]
    [InlineData("int", "CAST(seq AS SIGNED) - 5")]
    [InlineData("tinyint(1)", "seq")]
    [InlineData("bigint", "9223372036854775707 + seq")]
    [InlineData("bigint unsigned", "18446744073709551515 + seq")]
    [InlineData("decimal(65,20)", "seq / 3")]
    [InlineData("float", "seq / 3")]
    [InlineData("double", "seq / 3")]
    [InlineData("year", "2000 + seq")]
    [InlineData("bit(64)", "seq")]
    [InlineData("date", "DATE '2024-01-01' + INTERVAL seq DAY")]
    [InlineData("datetime(6)", "TIMESTAMP '2024-03-31 02:30:00' + INTERVAL seq MICROSECOND")]
    [InlineData("timestamp(6)", "TIMESTAMP '2024-03-31 12:30:00' + INTERVAL seq MICROSECOND")]
    [InlineData("time(6)", "TIME '-10:00:00.5' + INTERVAL seq MICROSECOND")]
    [InlineData("varchar(40) COLLATE utf8mb4_unicode_ci", "CONCAT(ELT(seq % 3 + 1, 'a-', 'A ', 'ä'), seq)")]
    [InlineData("varchar(40) COLLATE utf8mb4_bin", "CONCAT(ELT(seq % 3 + 1, 'a', 'A', 'ä'), seq)")]
    [InlineData("varchar(40) CHARACTER SET latin1 COLLATE latin1_german2_ci", "CONCAT(ELT(seq % 3 + 1, 'a', 'ß', 'ä'), seq)")]
    [InlineData("char(9)", "CONCAT('x''\\\\; --', seq)")]
    [InlineData("binary(16)", "UNHEX(MD5(seq))")]
    [InlineData("enum('x','w','v','u','t','s','r','q','p','o','n','m','l','k','j','i','h','g','f','e','d','c','b','a')", "seq")]
    [InlineData("set('x','w','v','u','t')", "seq")]
    [InlineData("uuid", "CONCAT(SUBSTR(MD5(seq), 1, 8), '-0000-1000-8000-', SUBSTR(MD5(seq), 1, 12))")]
    [InlineData("inet6", "CONCAT('fe80::', seq)")]
    public async Task Pages_by_a_key_of_any_type_lose_no_row_and_repeat_none(string type, string value)
    {
        var database = await server.CreateDatabaseAsync($"CREATE TABLE t (k {type} PRIMARY KEY, n int); INSERT INTO t SELECT {value}, seq FROM seq_1_to_24");
        var table = await connector.ReadTableAsync(database.Target, "t");

        var rows = await connector.ReadAllAsync(database.Target, table, ["k"], size: 1, "n");

        Assert.Equal(Enumerable.Range(1, 24).Select(i => i.ToString()).Order(), rows.Select(row => row[0]!).Order());
    }

    [Fact]
    public async Task Rows_of_one_microsecond_are_told_apart_by_the_key()
    {
        var database = await server.CreateDatabaseAsync(
            """
            CREATE TABLE t (region varchar(5), id int, updated datetime(6) NOT NULL, PRIMARY KEY (region, id));
            INSERT INTO t SELECT ELT(seq % 3 + 1, 'B', 'a', 'é'), seq, TIMESTAMP '2024-01-01 00:00:00.123456' + INTERVAL (seq DIV 10) MICROSECOND FROM seq_1_to_60
            """);
        var table = await connector.ReadTableAsync(database.Target, "t");

        var rows = await connector.ReadAllAsync(database.Target, table, ["updated", "region", "id"], size: 7, "id");

        Assert.Equal(60, rows.Select(row => row[0]).Distinct().Count());
        Assert.Equal(60, rows.Count);
    }

    [Fact]
    public async Task Names_with_anything_in_them_are_names()
    {
        var database = await server.CreateDatabaseAsync(
            """
            CREATE TABLE `T ``q``; --` (`K.1` varchar(9), `Ünï ``x``` varchar(9), `select` varchar(9), PRIMARY KEY (`K.1`, `select`));
            INSERT INTO `T ``q``; --` VALUES ('a', '1', 'x'), ('a', '2', 'y'), ('b', '1', 'x')
            """);
        var table = Assert.Single((await connector.ReadSchemaAsync(database.Target, Ct)).Tables);

        var rows = await connector.ReadAllAsync(database.Target, table, ["K.1", "select"], size: 1);
        var values = await connector.ReadValuesAsync(database.Target, table.Name, "Ünï `x`", limit: 1, Ct);

        Assert.Equal(["a1x", "a2y", "b1x"], rows.Select(row => string.Concat(row)));
        Assert.Equal(new ValueCount("1", 2), Assert.Single(values));
    }

    [Fact]
    public async Task Fifty_thousand_rows_in_pages_take_seconds()
    {
        var database = await server.CreateDatabaseAsync(
            "CREATE TABLE t (id int, part int, body text, PRIMARY KEY (part, id)); INSERT INTO t SELECT seq, seq % 3, CONCAT(REPEAT('text ', 20), seq) FROM seq_1_to_50000");
        var table = await connector.ReadTableAsync(database.Target, "t");
        var clock = Stopwatch.StartNew();

        var rows = await connector.ReadAllAsync(database.Target, table, ["part", "id"], size: 500);

        Assert.Equal(50_000, rows.Count);
        TestContext.Current.SendDiagnosticMessage($"MariaDB, 50,000 rows in pages of 500: {clock.ElapsedMilliseconds} ms");
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(15), $"It took {clock.Elapsed}.");
    }

    public void Dispose() => connector.Dispose();
}
