using System.Diagnostics;
using AiBackend.DataStores;
using AiBackend.DataStores.Postgres;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.DataStores.Postgres;

public sealed class PostgresSchemaTests(PostgresServer postgres) : IDisposable
{
    private const string Traps = """"
        CREATE SCHEMA sales; CREATE SCHEMA "Odd.Schema";
        CREATE TYPE mood AS ENUM ('glad', 'sad'); CREATE TYPE pair AS (a int, b int);
        CREATE DOMAIN amount AS numeric(10,2) NOT NULL; CREATE DOMAIN price AS amount CHECK (VALUE >= 0); CREATE DOMAIN tag AS varchar(5);
        CREATE TABLE types (
          id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tiny smallint NOT NULL, whole int, point_at point, lasts interval, part interval day to second(3),
          exact numeric(10,2), any_exact numeric, cash money, half real, full_float double precision, yes boolean,
          letters varchar(20), fixed char(3), free text, one "char", day date, at timestamp(3), at_zone timestamptz, clock time, j json, jb jsonb,
          u uuid, ip inet, raw bytea, flags bit(1), list int[], span int4range, m mood, p pair, cost price, t tag, x xml,
          twice int GENERATED ALWAYS AS (whole * 2) STORED);
        COMMENT ON TABLE types IS 'All {kinds} of "types"'; COMMENT ON COLUMN types.tiny IS 'A small number';
        CREATE TABLE sales.customers (region text, number int, email text NOT NULL UNIQUE, nick text, PRIMARY KEY (number, region));
        CREATE UNIQUE INDEX two_together ON sales.customers (region, nick);
        CREATE UNIQUE INDEX partly ON sales.customers (nick) WHERE nick IS NOT NULL;
        CREATE UNIQUE INDEX computed ON sales.customers (lower(nick));
        CREATE UNIQUE INDEX other_order ON sales.customers (email COLLATE "und-x-icu");
        CREATE TABLE "Odd.Schema"."Order ""1""" (
          "Id.x" int PRIMARY KEY, "Región" text, billed_number int, billed_region text, shipped_number int, shipped_region text, parent int REFERENCES "Odd.Schema"."Order ""1""",
          CONSTRAINT shipped FOREIGN KEY (shipped_region, shipped_number) REFERENCES sales.customers (region, number),
          CONSTRAINT billed FOREIGN KEY (billed_number, billed_region) REFERENCES sales.customers);
        CREATE VIEW sales.emails AS SELECT number, email FROM sales.customers;
        CREATE MATERIALIZED VIEW sales.counted AS SELECT region, count(*) AS many FROM sales.customers GROUP BY region;
        CREATE TABLE events (id int, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
        CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
        CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
        CREATE TABLE seen (event_id int, event_at date, FOREIGN KEY (event_id, event_at) REFERENCES events);
        ALTER TABLE seen ADD COLUMN gone int; ALTER TABLE seen DROP COLUMN gone;
        """";

    private readonly PostgresConnector connector = new(new DataGuard(new DataOptions { AllowPrivateNetworks = true }), new DataOptions());

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Everything_that_a_table_can_hold_is_read()
    {
        var database = await postgres.CreateDatabaseAsync(Traps);

        var schema = await connector.ReadSchemaAsync(database.Target, Ct);

        Assert.Equal(
            """
            table Odd.Schema.Order "1"
              Id.x integer Integer
              Región text Text?
              billed_number integer Integer?
              billed_region text Text?
              shipped_number integer Integer?
              shipped_region text Text?
              parent integer Integer?
              primary (Id.x)
              foreign Order "1"_parent_fkey (parent) -> Odd.Schema.Order "1" (Id.x)
              foreign billed (billed_number, billed_region) -> sales.customers (number, region)
              foreign shipped (shipped_region, shipped_number) -> sales.customers (region, number)
            table public.events
              id integer Integer
              at date Date
              primary (id, at)
            table public.seen
              event_id integer Integer?
              event_at date Date?
              foreign seen_event_id_event_at_fkey (event_id, event_at) -> public.events (id, at)
            table public.types -- All {kinds} of "types"
              id bigint Integer
              tiny smallint Integer -- A small number
              whole integer Integer?
              point_at point Other?
              lasts interval Other?
              part interval day to second(3) Other?
              exact numeric(10,2) Number?
              any_exact numeric Number?
              cash money Number?
              half real Number?
              full_float double precision Number?
              yes boolean Boolean?
              letters character varying(20) Text?
              fixed character(3) Text?
              free text Text?
              one "char" Text?
              day date Date?
              at timestamp(3) without time zone Time?
              at_zone timestamp with time zone Time?
              clock time without time zone Other?
              j json Json?
              jb jsonb Json?
              u uuid Text?
              ip inet Text?
              raw bytea Other?
              flags bit(1) Other?
              list integer[] Other?
              span int4range Other?
              m public.mood Text?
              p public.pair Other?
              cost numeric(10,2) Number
              t character varying(5) Text?
              x xml Other?
              twice integer Integer?
              primary (id)
            view sales.counted
              region text Text?
              many bigint Integer?
            table sales.customers
              region text Text
              number integer Integer
              email text Text
              nick text Text?
              primary (number, region)
              unique (email)
              unique (region, nick)
            view sales.emails
              number integer Integer?
              email text Text?
            """,
            SchemaText.Of(schema));
    }

    [Fact]
    public async Task Only_the_schemas_that_are_named_are_read()
    {
        var database = await postgres.CreateDatabaseAsync(Traps);

        var schema = await connector.ReadSchemaAsync(database.Target with { Schemas = ["sales", "Odd.Schema"] }, Ct);

        Assert.Equal(["Odd.Schema", "sales"], schema.Tables.Select(table => table.Name.Schema).Distinct());
    }

    [Fact]
    public async Task Rows_are_estimated_from_statistics_and_partitions_are_added_up()
    {
        var database = await postgres.CreateDatabaseAsync(Traps);
        await database.ExecuteAsync(
            "INSERT INTO events SELECT i, DATE '2024-06-01' + i FROM generate_series(1, 400) i; "
            + "INSERT INTO sales.customers SELECT 'r', i, i::text FROM generate_series(1, 70) i; ANALYZE events_1; ANALYZE events_2; ANALYZE sales.customers");

        var schema = await connector.ReadSchemaAsync(database.Target, Ct);

        Assert.Equal(400, Estimate("events"));
        Assert.Equal(70, Estimate("customers"));
        Assert.Null(Estimate("emails"));
        Assert.Null(Estimate("types"));

        long? Estimate(string name) => schema.Tables.Single(table => table.Name.Name == name).RowEstimate;
    }

    [Fact]
    public async Task What_the_user_may_not_read_is_not_shown()
    {
        var database = await postgres.CreateDatabaseAsync(
            """
            CREATE TABLE shown (id int PRIMARY KEY, secret text, UNIQUE (id, secret)); CREATE TABLE hidden (id int); CREATE SCHEMA closed; CREATE TABLE closed.t (id int);
            """);
        var reader = await postgres.CreateUserAsync();
        await database.ExecuteAsync($"GRANT SELECT (id) ON shown TO {reader}; GRANT SELECT ON closed.t TO {reader}");

        var schema = await connector.ReadSchemaAsync(database.Target with { Username = reader }, Ct);

        Assert.Equal("table public.shown\n  id integer Integer\n  primary (id)", SchemaText.Of(schema));
    }

    [Fact]
    public async Task Five_hundred_tables_take_seconds()
    {
        var database = await postgres.CreateDatabaseAsync(
            """
            DO $$ BEGIN FOR i IN 1..500 LOOP
              EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY, a text, b int, c timestamptz, d numeric, e text UNIQUE, f int, g int, h int, parent int REFERENCES t%s)', i, greatest(i - 1, 1));
            END LOOP; END $$
            """);
        var clock = Stopwatch.StartNew();

        var schema = await connector.ReadSchemaAsync(database.Target, Ct);

        Assert.Equal(500, schema.Tables.Count);
        Assert.All(schema.Tables, table => Assert.Equal((10, 1), (table.Columns.Count, table.ForeignKeys.Count)));
        TestContext.Current.SendDiagnosticMessage($"500 tables: {clock.ElapsedMilliseconds} ms");
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"It took {clock.Elapsed}.");
    }

    public void Dispose() => connector.Dispose();
}
