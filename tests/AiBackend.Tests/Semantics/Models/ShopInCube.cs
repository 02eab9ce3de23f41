using System.Globalization;
using AiBackend.DataStores;
using AiBackend.DataStores.Postgres;
using AiBackend.Semantics.Models;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Semantics.Models;

/// <summary>A PostgreSQL database with everything that makes joins and names hard, its generated models, and a real Cube that serves them.</summary>
public sealed class ShopInCube(PostgresServer postgres, CubeServer cube) : IAsyncLifetime
{
    private const string Tables = """"
        CREATE SCHEMA archive;
        CREATE TABLE countries (code char(2) PRIMARY KEY, name text NOT NULL);
        CREATE TABLE addresses (id int PRIMARY KEY, city text);
        CREATE TABLE customers (
          id int PRIMARY KEY, name text, country_code char(2) REFERENCES countries, credit numeric(10,2), created_at timestamptz);
        COMMENT ON TABLE customers IS E'Who {{ buys }} "here"\nor `there`, ${even} 100 % of \\them 😀';
        COMMENT ON COLUMN customers.credit IS 'In {euros}';
        CREATE TABLE "order" (
          id int PRIMARY KEY, customer_id int REFERENCES customers, billing_address_id int REFERENCES addresses, shipping_address_id int REFERENCES addresses,
          placed_at timestamptz, status text, total numeric(10,2), paid boolean, note jsonb, count int, "Größe {cm}" int, "select" text);
        CREATE TABLE products (id int PRIMARY KEY, "Product ""Name""" text, category text, weight double precision, tags text[], price money, class text, sql text);
        CREATE TABLE order_lines (
          order_id int REFERENCES "order", number int, product_id int REFERENCES products, quantity int, price numeric(10,2), PRIMARY KEY (order_id, number));
        CREATE TABLE returns (
          id int PRIMARY KEY, order_id int, line int, reason text, amount numeric(10,2), FOREIGN KEY (line, order_id) REFERENCES order_lines (number, order_id));
        CREATE TABLE payments (id int PRIMARY KEY, order_id int REFERENCES "order", amount numeric(10,2), day date);
        CREATE TABLE departments (id int PRIMARY KEY, name text);
        CREATE TABLE employees (
          id int PRIMARY KEY, name text, manager_id int REFERENCES employees, department_id int REFERENCES departments, salary int);
        ALTER TABLE departments ADD head_id int REFERENCES employees;
        CREATE TABLE passports (id int PRIMARY KEY, employee_id int UNIQUE REFERENCES employees, pages int);
        CREATE TABLE visits (customer_id int REFERENCES customers, page text, seconds int);
        CREATE TABLE settings (id int PRIMARY KEY, value int); CREATE TABLE archive.settings (id int PRIMARY KEY, value int);
        CREATE TABLE "заказы" (id int PRIMARY KEY, "сумма" int);
        CREATE TABLE a_table_with_a_name_that_is_as_long_as_postgresql_allows_to_63_x (
          id int PRIMARY KEY, a_column_with_a_name_that_is_as_long_as_postgresql_allows_to_63 int, kind_of_thing_that_is_rather_long_too text, at timestamptz);
        CREATE VIEW customer_totals AS SELECT customer_id, sum(total) AS total FROM "order" GROUP BY customer_id;
        CREATE TABLE class (id int PRIMARY KEY, "from" text, "constructor" int);
        """";

    private const string Rows = """
        INSERT INTO countries VALUES ('de', 'Germany'), ('fr', 'France'), ('at', 'Austria');
        INSERT INTO addresses SELECT i, (ARRAY['Berlin', 'Paris', 'Wien', 'Lyon'])[1 + i % 4] FROM generate_series(1, 12) i;
        INSERT INTO customers SELECT i, 'Customer ' || i % 7, (ARRAY['de', 'fr', 'at', NULL])[1 + i % 4], 100.25 * i, timestamptz '2024-01-01' + i * interval '5 days' FROM generate_series(1, 20) i;
        INSERT INTO "order" SELECT i, CASE WHEN i % 9 > 0 THEN 1 + i % 17 END, 1 + i % 12, 1 + (i * 5) % 12, timestamptz '2024-01-31 22:30:00Z' + i * interval '31 hours',
          (ARRAY['new', 'paid', 'sent'])[1 + i % 3], i * 3.5, i % 2 = 0, jsonb_build_object('k', i % 2), i % 5, i, (ARRAY['a', 'b'])[1 + i % 2] FROM generate_series(1, 120) i;
        INSERT INTO products SELECT i, 'Product ' || i, (ARRAY['tea', 'coffee', 'cups'])[1 + i % 3], i * 0.5, ARRAY['t' || i % 2], i * 2, 'c' || i % 2, 's' || i % 3 FROM generate_series(1, 10) i;
        INSERT INTO order_lines SELECT o, l, 1 + (o * l) % 10, 1 + (o + l) % 4, (o % 7 + l)::numeric / 2 FROM generate_series(1, 120) o, generate_series(1, 12) l WHERE (o + l) % 3 > 0;
        INSERT INTO returns SELECT row_number() OVER (), l.order_id, l.number, (ARRAY['broken', 'late'])[1 + (l.order_id + l.number + t) % 2], t * 1.5
          FROM order_lines l, generate_series(1, 3) t WHERE (l.order_id + l.number) % 2 = 0;
        INSERT INTO payments SELECT i, 1 + i % 100, i * 1.1, date '2024-02-28' + i % 90 FROM generate_series(1, 150) i;
        INSERT INTO departments SELECT i, 'Department ' || i FROM generate_series(1, 4) i;
        INSERT INTO employees SELECT i, 'Employee ' || i, CASE WHEN i > 3 THEN i / 3 END, 1 + i % 4, 1000 + i * 10 FROM generate_series(1, 25) i;
        UPDATE departments SET head_id = id * 2;
        INSERT INTO passports SELECT i, i, i * 4 FROM generate_series(1, 12) i;
        INSERT INTO visits SELECT 1 + i % 15, (ARRAY['home', 'shop'])[1 + i % 2], i % 30 FROM generate_series(1, 90) i;
        INSERT INTO settings VALUES (1, 10), (2, 20); INSERT INTO archive.settings VALUES (1, 5);
        INSERT INTO "заказы" VALUES (1, 7), (2, 8);
        INSERT INTO a_table_with_a_name_that_is_as_long_as_postgresql_allows_to_63_x SELECT i, i * 2, 'k' || i % 2, timestamptz '2024-05-01' + i * interval '1 day' FROM generate_series(1, 9) i;
        INSERT INTO class VALUES (1, 'x', 3), (2, 'y', 4);
        """;

    private PostgresDatabase? database;
    private CubeTenant? tenant;

    /// <summary>Texts by file name.</summary>
    public IReadOnlyDictionary<string, string> Files { get; private set; } = new Dictionary<string, string>();

    internal CubeTenant Tenant => tenant!;

    public async ValueTask InitializeAsync()
    {
        database = await postgres.CreateDatabaseAsync(Tables + Rows);
        using var connector = new PostgresConnector(new DataGuard(new DataOptions { AllowPrivateNetworks = true }), new DataOptions());
        var schema = await connector.ReadSchemaAsync(database.Target, CancellationToken.None);
        Files = ModelGenerator.Generate(new ModelRequest { Schema = schema, Kind = StoreKind.Postgres, DataStoreId = "dst_shop", DataStoreName = "Shop" }).Files;
        tenant = await cube.ServeAsync("models_shop", database, Files.ToDictionary(file => $"dst_shop/{file.Key}", file => file.Value));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>The rows of a statement, in order of their text.</summary>
    public async Task<IReadOnlyList<string>> AskDatabaseAsync(string sql) =>
        [.. (await database!.QueryAsync(sql)).Select(row => string.Join(" | ", row.Select(Text))).Order(StringComparer.Ordinal)];

    /// <summary>The rows of a Cube query, in order of their text; the members are measures when they end with one's name.</summary>
    public async Task<IReadOnlyList<string>> AskCubeAsync(object query, IReadOnlyList<string> members) =>
        [.. (await Tenant.LoadAsync(query)).Select(row => string.Join(" | ", members.Select(member => Text(row![member]?.ToString())))).Order(StringComparer.Ordinal)];

    // Numbers without needless zeros, rounded where averages differ in their last digits; times as Cube writes them.
    private static string Text(object? value) => value switch
    {
        null => "-",
        bool truth => truth ? "true" : "false",
        DateTime time => time.ToString("yyyy-MM-ddTHH:mm:ss.fff", CultureInfo.InvariantCulture),
        DateOnly day => day.ToString("yyyy-MM-ddT00:00:00.000", CultureInfo.InvariantCulture),
        string text when !decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _) => text.Trim(),
        _ => Math.Round(Convert.ToDecimal(value, CultureInfo.InvariantCulture), 4).ToString("0.####", CultureInfo.InvariantCulture),
    };
}
