using System.Globalization;
using AiBackend.DataStores;
using AiBackend.DataStores.Postgres;
using AiBackend.Semantics.Models;
using AiBackend.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace AiBackend.Tests.Semantics.Questions;

/// <summary>Questions in words through the service and a real Cube over PostgreSQL, against SQL written by hand.</summary>
public sealed class QuestionsInCubeTests(QuestionsInCubeTests.OfToday app, PostgresServer postgres, CubeServer cube)
    : IClassFixture<QuestionsInCubeTests.OfToday>
{
    private const string Shop = """
        CREATE TABLE customers (id int PRIMARY KEY, name text, email text, country text, is_active boolean, created_at timestamptz);
        CREATE TABLE categories (id int PRIMARY KEY, name text);
        CREATE TABLE products (id int PRIMARY KEY, name text, price numeric(10,2), category_id int REFERENCES categories);
        CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers, status text, ordered_at timestamptz, amount numeric(10,2));
        CREATE TABLE order_items (id int PRIMARY KEY, order_id int REFERENCES orders, product_id int REFERENCES products, quantity int);
        INSERT INTO customers SELECT i, 'Customer ' || i % 15, 'c' || i || '@example.org', (ARRAY['Germany', 'France', 'Austria'])[1 + i % 3], i % 4 > 0, timestamptz '2025-11-01Z' + i * interval '7 days' FROM generate_series(1, 20) i;
        INSERT INTO categories VALUES (1, 'Lighting'), (2, 'Furniture');
        INSERT INTO products SELECT i, 'Product ' || i, i * 10, 1 + i % 2 FROM generate_series(1, 8) i;
        INSERT INTO orders SELECT i, 1 + i % 17, (ARRAY['open', 'paid', 'cancelled'])[1 + i % 3], timestamptz '2025-01-01 12:00Z' + i * interval '2 days', i * 1.5 FROM generate_series(1, 200) i;
        INSERT INTO order_items SELECT i, 1 + i % 200, 1 + i % 8, 1 + i % 5 FROM generate_series(1, 500) i;
        """;

    private static readonly (string Question, string Sql)[] Questions =
    [
        ("How many orders are there?", "SELECT count(*) FROM orders"),
        ("total order amount", "SELECT sum(amount) FROM orders"),
        ("amount by status", "SELECT sum(amount) FROM orders GROUP BY status"),
        ("orders by country", "SELECT count(*) FROM orders JOIN customers c ON c.id = customer_id GROUP BY c.country"),
        ("orders from Germany in 2025", "SELECT count(*) FROM orders JOIN customers c ON c.id = customer_id WHERE country = 'Germany' AND ordered_at >= '2025-01-01Z' AND ordered_at < '2026-01-01Z'"),
        ("revenue per month in 2025", "SELECT sum(amount) FROM orders WHERE ordered_at >= '2025-01-01Z' AND ordered_at < '2026-01-01Z' GROUP BY date_trunc('month', ordered_at AT TIME ZONE 'UTC')"),
        ("top 3 products by quantity", "SELECT sum(quantity) FROM order_items i JOIN products p ON p.id = product_id GROUP BY p.name ORDER BY 1 DESC LIMIT 3"),
        ("average order amount by country", "SELECT avg(amount) FROM orders JOIN customers c ON c.id = customer_id GROUP BY c.country"),
        ("number of active customers", "SELECT count(*) FROM customers WHERE is_active"),
        ("how many inactive customers", "SELECT count(*) FROM customers WHERE NOT is_active"),
        ("customers by country", "SELECT count(*) FROM customers GROUP BY country"),
        ("paid orders in March 2025", "SELECT count(*) FROM orders WHERE status = 'paid' AND ordered_at >= '2025-03-01Z' AND ordered_at < '2025-04-01Z'"),
        ("orders over 100 euros", "SELECT count(*) FROM orders WHERE amount > 100"),
        ("orders between 50 and 100 euros", "SELECT count(*) FROM orders WHERE amount BETWEEN 50 AND 100"),
        ("how many products are in Lighting", "SELECT count(*) FROM products WHERE category_id = 1"),
        ("average price by category", "SELECT avg(price) FROM products GROUP BY category_id"),
        ("What is the most expensive product?", "SELECT max(price) FROM products"),
        ("quantity by category", "SELECT sum(quantity) FROM order_items JOIN products p ON p.id = product_id GROUP BY category_id"),
        ("which customer has the most orders", "SELECT max(n) FROM (SELECT count(*) n FROM orders GROUP BY customer_id) x"),
        ("customers with more than 12 orders", "SELECT count(*) FROM orders GROUP BY customer_id HAVING count(*) > 12"),
        ("revenue since 2026", "SELECT sum(amount) FROM orders WHERE ordered_at >= '2026-01-01Z'"),
        ("revenue by category", "SELECT sum(amount) FROM (SELECT DISTINCT o.id, o.amount, p.category_id FROM orders o JOIN order_items i ON i.order_id = o.id JOIN products p ON p.id = i.product_id) x GROUP BY category_id"),
        ("orders not from Germany", "SELECT count(*) FROM orders JOIN customers c ON c.id = customer_id WHERE country <> 'Germany'"),
        ("compare Germany and France by revenue", "SELECT sum(amount) FROM orders JOIN customers c ON c.id = customer_id WHERE country IN ('Germany', 'France') GROUP BY country"),
    ];

    [Fact]
    public async Task Questions_get_the_numbers_of_the_database()
    {
        var database = await postgres.CreateDatabaseAsync(Shop);
        var tenant = await app.NewTenantAsync();
        using var connector = new PostgresConnector(new DataGuard(new DataOptions { AllowPrivateNetworks = true }), new DataOptions());
        var schema = await connector.ReadSchemaAsync(database.Target, TestContext.Current.CancellationToken);
        var files = ModelGenerator.Generate(new ModelRequest { Schema = schema, Kind = StoreKind.Postgres, DataStoreId = "dst_shop", DataStoreName = "Shop" }).Files;
        await cube.ServeAsync(tenant.ClientId, database, files.ToDictionary(file => $"dst_shop/{file.Key}", file => file.Value));
        var layer = await NewLayerAsync(tenant);
        var wrong = new List<string>();

        foreach (var (question, sql) in Questions)
        {
            // Cube looks at its own clock when it reads a token.
            app.Clock.SetUtcNow(TimeProvider.System.GetUtcNow());
            var response = await tenant.Http.PostJsonAsync($"/api/v1/semantic/layers/{layer}/query", new { question });
            if (!response.IsSuccessStatusCode)
            {
                wrong.Add($"{question}: {(await response.JsonAsync()).Text("detail")}");
                continue;
            }

            var answer = await response.JsonAsync();
            var measure = answer.GetProperty("columns").EnumerateArray().Last(column => column.Text("role") == "measure").Text("name");
            var actual = answer.GetProperty("rows").EnumerateArray().Select(row => row.GetProperty(measure)).Where(value => value.ValueKind == System.Text.Json.JsonValueKind.Number)
                .Select(value => Text(value.GetDecimal())).Order(StringComparer.Ordinal).ToList();
            var expected = (await database.QueryAsync(sql)).Select(row => Text(Convert.ToDecimal(row[0], CultureInfo.InvariantCulture))).Order(StringComparer.Ordinal).ToList();
            if (!expected.SequenceEqual(actual))
            {
                wrong.Add($"{question}: {string.Join(", ", actual)} instead of {string.Join(", ", expected)} by {answer.GetProperty("query").GetRawText()}");
            }
        }

        Assert.Empty(wrong);
    }

    private async Task<string> NewLayerAsync(Tenant tenant)
    {
        var repository = await (await app.Admin.PostJsonAsync("/api/v1/semantic/repositories", new { url = "https://example.org/models.git", client_id = tenant.ClientId })).ExpectAsync(201);
        var server = await (await app.Admin.PostJsonAsync("/api/v1/semantic/servers", new { name = tenant.ClientId, url = cube.Url, api_secret = cube.Secret })).ExpectAsync(201);
        var layer = await (await tenant.Http.PostJsonAsync(
            "/api/v1/semantic/layers", new { name = "Shop", repository_id = repository.Text("id"), server_id = server.Text("id") })).ExpectAsync(201);
        return layer.Text("id");
    }

    private static string Text(decimal number) => Math.Round(number, 4).ToString("0.####", CultureInfo.InvariantCulture);

    /// <summary>On a clock that goes with that of Cube.</summary>
    public sealed class OfToday : AppFixture
    {
        public override FakeTimeProvider Clock { get; } = new(TimeProvider.System.GetUtcNow());
    }
}
