using System.Diagnostics;
using AiBackend.DataStores;
using AiBackend.DataStores.Mysql;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.DataStores.Mysql;

public sealed class MysqlSchemaTests(MariaDbServer server) : IDisposable
{
    private const string Traps = """
        CREATE TABLE types (
          id bigint unsigned AUTO_INCREMENT PRIMARY KEY, yes tinyint(1) NOT NULL COMMENT 'It''s {a} "flag"', few tinyint(4), small smallint, whole int, flag bit(1), flags bit(8),
          exact decimal(10,2), half float, full_float double, place point, made year, letters varchar(20), fixed char(3), free text, kind enum('b','a'), kinds set('x','y'),
          raw blob, hash binary(16), day date, at datetime(3), stamp timestamp NULL, clock time, u uuid, ip inet6,
          twice int GENERATED ALWAYS AS (whole * 2) STORED) COMMENT 'All kinds';
        CREATE TABLE customers (region varchar(10), number int, email varchar(50) NOT NULL UNIQUE, nick varchar(100), PRIMARY KEY (number, region), UNIQUE two (region, nick), UNIQUE prefix (nick(5)));
        CREATE TABLE `Order ``1``.x` (
          `Id.x` int PRIMARY KEY, `Región` text, billed_number int, billed_region varchar(10), shipped_number int, shipped_region varchar(10), parent int,
          CONSTRAINT shipped FOREIGN KEY (shipped_number, shipped_region) REFERENCES customers (number, region),
          CONSTRAINT billed FOREIGN KEY (billed_number, billed_region) REFERENCES customers (number, region),
          CONSTRAINT up FOREIGN KEY (parent) REFERENCES `Order ``1``.x` (`Id.x`));
        CREATE VIEW emails AS SELECT number, email FROM customers;
        CREATE TABLE parts (id int PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 4;
        """;

    private readonly MysqlConnector connector = new(new DataGuard(new DataOptions { AllowPrivateNetworks = true }), new DataOptions());

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Everything_that_a_table_can_hold_is_read()
    {
        var database = await server.CreateDatabaseAsync(Traps);

        var schema = await connector.ReadSchemaAsync(database.Target, Ct);

        Assert.Equal(
            """
            table db.Order `1`.x
              Id.x int(11) Integer
              Región text Text?
              billed_number int(11) Integer?
              billed_region varchar(10) Text?
              shipped_number int(11) Integer?
              shipped_region varchar(10) Text?
              parent int(11) Integer?
              primary (Id.x)
              foreign billed (billed_number, billed_region) -> db.customers (number, region)
              foreign shipped (shipped_number, shipped_region) -> db.customers (number, region)
              foreign up (parent) -> db.Order `1`.x (Id.x)
            table db.customers
              region varchar(10) Text
              number int(11) Integer
              email varchar(50) Text
              nick varchar(100) Text?
              primary (number, region)
              unique (email)
              unique (region, nick)
            view db.emails
              number int(11) Integer
              email varchar(50) Text
            table db.parts
              id int(11) Integer
              primary (id)
            table db.types -- All kinds
              id bigint(20) unsigned Integer
              yes tinyint(1) Boolean -- It's {a} "flag"
              few tinyint(4) Integer?
              small smallint(6) Integer?
              whole int(11) Integer?
              flag bit(1) Boolean?
              flags bit(8) Other?
              exact decimal(10,2) Number?
              half float Number?
              full_float double Number?
              place point Other?
              made year(4) Integer?
              letters varchar(20) Text?
              fixed char(3) Text?
              free text Text?
              kind enum('b','a') Text?
              kinds set('x','y') Text?
              raw blob Other?
              hash binary(16) Other?
              day date Date?
              at datetime(3) Time?
              stamp timestamp Time?
              clock time Other?
              u uuid Text?
              ip inet6 Text?
              twice int(11) Integer?
              primary (id)
            """,
            SchemaText.Of(schema).Replace(database.Name, "db", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Keys_lead_into_other_databases_and_those_are_read_when_named()
    {
        var other = await server.CreateDatabaseAsync("CREATE TABLE base (id int PRIMARY KEY)");
        var database = await server.CreateDatabaseAsync($"CREATE TABLE t (base_id int, CONSTRAINT far FOREIGN KEY (base_id) REFERENCES {other.Name}.base (id))");

        var own = await connector.ReadSchemaAsync(database.Target, Ct);
        var both = await connector.ReadSchemaAsync(database.Target with { Schemas = [database.Name, other.Name] }, Ct);

        Assert.Equal(new TableName(other.Name, "base"), Assert.Single(Assert.Single(own.Tables).ForeignKeys).Target);
        Assert.Equal(2, both.Tables.Count);
    }

    [Fact]
    public async Task Rows_are_estimated_from_statistics()
    {
        var database = await server.CreateDatabaseAsync(Traps);
        await database.ExecuteAsync("INSERT INTO parts SELECT seq FROM seq_1_to_400; ANALYZE TABLE parts");

        var schema = await connector.ReadSchemaAsync(database.Target, Ct);

        Assert.InRange(schema.Tables.Single(table => table.Name.Name == "parts").RowEstimate!.Value, 350, 450);
        Assert.Null(schema.Tables.Single(table => table.IsView).RowEstimate);
    }

    [Fact]
    public async Task What_the_user_may_not_read_is_not_shown()
    {
        var database = await server.CreateDatabaseAsync("CREATE TABLE shown (id int PRIMARY KEY, secret text); CREATE TABLE hidden (id int); CREATE TABLE written (id int)");
        var reader = await server.CreateUserAsync();
        await database.ExecuteAsync($"GRANT SELECT (id) ON shown TO {reader}@'%'; GRANT INSERT ON written TO {reader}@'%'");

        var schema = await connector.ReadSchemaAsync(database.Target with { Username = reader }, Ct);

        Assert.Equal("shown(id)", string.Join(' ', schema.Tables.Select(table => $"{table.Name.Name}({string.Join(',', table.Columns.Select(column => column.Name))})")));
    }

    [Fact]
    public async Task Five_hundred_tables_take_seconds()
    {
        var database = await server.CreateDatabaseAsync(string.Concat(Enumerable.Range(1, 500).Select(i =>
            $"CREATE TABLE t{i} (id int PRIMARY KEY, a text, b int, c datetime, d decimal(9,2), e varchar(9) UNIQUE, parent int, FOREIGN KEY (parent) REFERENCES t{Math.Max(i - 1, 1)} (id));")));
        var clock = Stopwatch.StartNew();

        var schema = await connector.ReadSchemaAsync(database.Target, Ct);

        Assert.Equal(500, schema.Tables.Count);
        Assert.All(schema.Tables, table => Assert.Equal((7, 1, 1), (table.Columns.Count, table.ForeignKeys.Count, table.UniqueKeys.Count)));
        TestContext.Current.SendDiagnosticMessage($"MariaDB, 500 tables: {clock.ElapsedMilliseconds} ms");
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(15), $"It took {clock.Elapsed}.");
    }

    public void Dispose() => connector.Dispose();
}
