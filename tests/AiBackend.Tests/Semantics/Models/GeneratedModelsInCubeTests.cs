using System.Text.Json.Nodes;
using AiBackend.Semantics.Models;

namespace AiBackend.Tests.Semantics.Models;

/// <summary>Generated models in a real Cube against SQL written by hand.</summary>
public sealed class GeneratedModelsInCubeTests(ShopInCube shop) : IClassFixture<ShopInCube>
{
    /// <summary>Members (dimensions, then measures; <c>member.granularity</c> for a time), filters as <c>member operator value</c>, and the SQL.</summary>
    public static TheoryData<string, string, string> Questions => new()
    {
        { "order.row_count", "", "SELECT count(*) FROM \"order\"" },
        { "order.status, order.total_sum, order.total_avg, order.total_min, order.total_max", "", "SELECT status, sum(total), avg(total), min(total), max(total) FROM \"order\" GROUP BY 1" },
        { "customers.name, order.row_count", "", "SELECT c.name, count(*) FROM \"order\" o LEFT JOIN customers c ON c.id = o.customer_id GROUP BY 1" },

        // Fan-out: an order has many lines.
        { "order.status, order.total_sum, order_lines.quantity_sum", "",
            "SELECT status, sum(total), (SELECT sum(quantity) FROM order_lines l JOIN \"order\" i ON i.id = l.order_id WHERE i.status = o.status) FROM \"order\" o GROUP BY status" },
        { "products.category, order.total_sum", "products.category set",
            "SELECT category, sum(total) FROM (SELECT DISTINCT p.category, o.id, o.total FROM \"order\" o JOIN order_lines l ON l.order_id = o.id JOIN products p ON p.id = l.product_id) x GROUP BY 1" },
        { "products.category, order.total_avg, order.row_count", "products.category set",
            "SELECT category, avg(total), count(*) FROM (SELECT DISTINCT p.category, o.id, o.total FROM \"order\" o JOIN order_lines l ON l.order_id = o.id JOIN products p ON p.id = l.product_id) x GROUP BY 1" },
        { "order.status, customers.credit_sum, customers.count", "order.status set",
            "SELECT status, sum(credit), count(*) FROM (SELECT DISTINCT o.status, c.id, c.credit FROM \"order\" o JOIN customers c ON c.id = o.customer_id) x GROUP BY 1" },

        // Chasm: two kinds of rows hang on an order, neither on the other. Cube begins its joins at the first measure's cube.
        { "order.status, order.total_sum, payments.amount_sum, order_lines.quantity_sum", "",
            """
            SELECT s, (SELECT sum(total) FROM "order" WHERE status = s), (SELECT sum(amount) FROM payments p JOIN "order" o ON o.id = p.order_id WHERE status = s),
              (SELECT sum(quantity) FROM order_lines l JOIN "order" o ON o.id = l.order_id WHERE status = s)
            FROM unnest(ARRAY['new', 'paid', 'sent']) s
            """ },
        { "order.row_count, payments.amount_sum, order_lines.count, returns.amount_sum", "",
            "SELECT 120, (SELECT sum(amount) FROM payments), (SELECT count(*) FROM order_lines), (SELECT sum(amount) FROM returns)" },

        // Composite keys; (1, 11) and (11, 1) are two lines, though both read 111.
        { "order_lines.number, returns.amount_sum", "", "SELECT line, sum(amount) FROM returns GROUP BY 1" },
        { "returns.reason, order_lines.count, order_lines.quantity_sum", "returns.reason set",
            "SELECT reason, count(*), sum(quantity) FROM (SELECT DISTINCT r.reason, l.* FROM order_lines l JOIN returns r ON r.order_id = l.order_id AND r.line = l.number) x GROUP BY 1" },

        // Roles: two keys point at addresses.
        { "addresses.city, order.row_count", "", "SELECT a.city, count(*) FROM \"order\" o JOIN addresses a ON a.id = o.billing_address_id GROUP BY 1" },
        { "addresses_shipping_address.city, order.row_count", "", "SELECT a.city, count(*) FROM \"order\" o JOIN addresses a ON a.id = o.shipping_address_id GROUP BY 1" },
        { "addresses.city, addresses_shipping_address.city, order.total_sum", "",
            "SELECT b.city, s.city, sum(total) FROM \"order\" o JOIN addresses b ON b.id = o.billing_address_id JOIN addresses s ON s.id = o.shipping_address_id GROUP BY 1, 2" },
        { "order.status, addresses.count, addresses_shipping_address.count", "", "SELECT status, count(DISTINCT billing_address_id), count(DISTINCT shipping_address_id) FROM \"order\" GROUP BY 1" },
        { "order.row_count", "addresses_shipping_address.city equals Paris; addresses.city notEquals Paris",
            "SELECT count(*) FROM \"order\" o JOIN addresses b ON b.id = o.billing_address_id JOIN addresses s ON s.id = o.shipping_address_id WHERE s.city = 'Paris' AND b.city <> 'Paris'" },

        // A table that points at itself, and one that is pointed back at.
        { "employees_manager.name, employees.count, employees.salary_sum", "", "SELECT m.name, count(*), sum(e.salary) FROM employees e LEFT JOIN employees m ON m.id = e.manager_id GROUP BY 1" },
        { "employees_manager.salary_sum", "employees.id set", "SELECT sum(salary) FROM employees WHERE id IN (SELECT manager_id FROM employees)" },
        { "departments.name, employees.salary_avg", "", "SELECT d.name, avg(salary) FROM employees e JOIN departments d ON d.id = e.department_id GROUP BY 1" },
        { "employees_head.name, departments.count", "", "SELECT h.name, count(*) FROM departments d JOIN employees h ON h.id = d.head_id GROUP BY 1" },
        { "departments.name, passports.pages_sum, passports.count", "passports.id set",
            "SELECT d.name, sum(pages), count(*) FROM passports p JOIN employees e ON e.id = p.employee_id JOIN departments d ON d.id = e.department_id GROUP BY 1" },

        // Rows without a key.
        { "customers.name, visits.seconds_sum, visits.count", "visits.page set", "SELECT c.name, sum(seconds), count(*) FROM visits v JOIN customers c ON c.id = v.customer_id GROUP BY 1" },
        { "visits.page, customers.credit_sum", "visits.page set", "SELECT page, sum(credit) FROM (SELECT DISTINCT page, c.id, credit FROM visits v JOIN customers c ON c.id = v.customer_id) x GROUP BY 1" },
        { "visits.count, order.row_count, customers.count", "customers.id lte 15",
            "SELECT (SELECT count(*) FROM visits WHERE customer_id <= 15), (SELECT count(*) FROM \"order\" WHERE customer_id <= 15), 15" },

        // Times, truth values, filters of measures.
        { "order.placed_at.month, order.total_sum", "", "SELECT date_trunc('month', placed_at AT TIME ZONE 'UTC'), sum(total) FROM \"order\" GROUP BY 1" },
        { "payments.day.week, payments.amount_max", "", "SELECT date_trunc('week', day::timestamp), max(amount) FROM payments GROUP BY 1" },
        { "order.paid, order.row_count", "order.paid equals true", "SELECT paid, count(*) FROM \"order\" WHERE paid GROUP BY 1" },
        { "customers.name, order.total_sum", "order.total_sum gt 900", "SELECT c.name, sum(total) FROM \"order\" o LEFT JOIN customers c ON c.id = o.customer_id GROUP BY 1 HAVING sum(total) > 900" },
        { "countries.name, order.total_sum", "", "SELECT n.name, sum(total) FROM \"order\" o LEFT JOIN customers c ON c.id = o.customer_id LEFT JOIN countries n ON n.code = c.country_code GROUP BY 1" },

        // Names and types.
        { "order.note, order.select, order.count_sum, order.grosse_cm_sum", "", "SELECT note::text, \"select\", sum(count), sum(\"Größe {cm}\") FROM \"order\" GROUP BY 1, 2" },
        { "products.tags, products.class_, products.sql_, products.weight_sum, products.price_sum", "", "SELECT tags::text, class, sql, sum(weight), sum(price) FROM products GROUP BY 1, 2, 3" },
        { "products.product_name, order_lines.quantity_sum", "", "SELECT \"Product \"\"Name\"\"\", sum(quantity) FROM products p JOIN order_lines l ON l.product_id = p.id GROUP BY 1" },
        { "public_settings.value_sum", "", "SELECT sum(value) FROM settings" },
        { "archive_settings.value_sum", "", "SELECT sum(value) FROM archive.settings" },
        { "customer_totals.total_sum, customer_totals.count", "", "SELECT sum(total), count(*) FROM customer_totals" },
        { "class_.from_, class_.constructor__sum", "", "SELECT \"from\", sum(constructor) FROM class GROUP BY 1" },

        // Views take the path that they name.
        { "order_view.customers_name, order_view.total_sum", "", "SELECT c.name, sum(total) FROM \"order\" o LEFT JOIN customers c ON c.id = o.customer_id GROUP BY 1" },
        { "order_view.addresses_shipping_address_city, order_view.addresses_city, order_view.row_count", "",
            "SELECT s.city, b.city, count(*) FROM \"order\" o JOIN addresses b ON b.id = o.billing_address_id JOIN addresses s ON s.id = o.shipping_address_id GROUP BY 1, 2" },
        { "order_lines_view.products_category, order_lines_view.order_status, order_lines_view.quantity_sum", "",
            "SELECT category, status, sum(quantity) FROM order_lines l JOIN products p ON p.id = l.product_id JOIN \"order\" o ON o.id = l.order_id GROUP BY 1, 2" },
    };

    [Theory]
    [MemberData(nameof(Questions))]
    public async Task Cube_and_sql_written_by_hand_give_the_same_numbers(string members, string filters, string sql)
    {
        var names = members.Split(", ");
        var expected = await shop.AskDatabaseAsync(sql);

        Assert.Equal(expected, await shop.AskCubeAsync(Query(names, filters), names));
        Assert.NotEmpty(expected);
    }

    [Fact]
    public async Task Every_file_is_served_and_comments_read_as_they_are_in_the_database()
    {
        var meta = await shop.Tenant.MetaAsync();
        var cubes = meta["cubes"]!.AsArray();

        Assert.Equal(shop.Files.Keys.Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal), cubes.Select(cube => cube!["name"]!.GetValue<string>()).Order(StringComparer.Ordinal));
        var customers = cubes.Single(cube => cube!["name"]!.GetValue<string>() == "customers")!;
        Assert.Equal("Who {{ buys }} \"here\"\nor `there`, ${even} 100 % of \\them 😀", customers["description"]!.GetValue<string>());
        Assert.Equal("In {euros}", Member(customers, "dimensions", "customers.credit")["description"]!.GetValue<string>());
        var russian = cubes.Single(cube => cube!["title"]!.GetValue<string>() == "заказы")!;
        Assert.Contains(russian["dimensions"]!.AsArray(), dimension => dimension!["shortTitle"]!.GetValue<string>() == "сумма");
    }

    [Fact]
    public async Task Names_as_long_as_the_database_allows_do_not_lose_their_values()
    {
        var cube = Path.GetFileNameWithoutExtension(shop.Files.Keys.Single(file => file.StartsWith("a_table_with", StringComparison.Ordinal)));
        var meta = (await shop.Tenant.MetaAsync())["cubes"]!.AsArray().Single(found => found!["name"]!.GetValue<string>() == cube)!;
        var sum = meta["measures"]!.AsArray().Select(measure => measure!["name"]!.GetValue<string>()).Single(name => Member(meta, "measures", name)["aggType"]!.GetValue<string>() == "sum");
        string[] names = [$"{cube}.kind_of_thing_that_is_rather_long_too", $"{cube}.at.quarter", sum];

        Assert.Equal(
            await shop.AskDatabaseAsync(
                """
                SELECT kind_of_thing_that_is_rather_long_too, date_trunc('quarter', at AT TIME ZONE 'UTC'), sum(a_column_with_a_name_that_is_as_long_as_postgresql_allows_to_63)
                FROM a_table_with_a_name_that_is_as_long_as_postgresql_allows_to_63_x GROUP BY 1, 2
                """),
            await shop.AskCubeAsync(Query(names, ""), names));
    }

    [Fact]
    public void The_models_hold_nothing_of_the_connection()
    {
        Assert.All(shop.Files, file => Assert.Contains("data_source: dst_shop", file.Key.EndsWith("_view.yml", StringComparison.Ordinal) ? "data_source: dst_shop" : file.Value, StringComparison.Ordinal));
        Assert.Equal(shop.Files.Keys.Select(file => Path.GetFileNameWithoutExtension(file)), shop.Files.Values.Select(text => Assert.Single(ModelPlan.NamesIn(text))));
    }

    private static JsonNode Member(JsonNode cube, string kind, string name) => cube[kind]!.AsArray().Single(member => member!["name"]!.GetValue<string>() == name)!;

    private static object Query(string[] members, string filters)
    {
        bool IsMeasure(string member) => member.Split('.')[1] is var name
            && (name is "count" or "row_count" || name.Split('_')[^1] is "sum" or "avg" or "min" or "max");
        return new
        {
            measures = members.Where(IsMeasure),
            dimensions = members.Where(member => !IsMeasure(member) && member.Count(letter => letter == '.') == 1),
            timeDimensions = members.Where(member => member.Count(letter => letter == '.') == 2).Select(member => new { dimension = member[..member.LastIndexOf('.')], granularity = member.Split('.')[2] }),
            filters = filters.Split("; ", StringSplitOptions.RemoveEmptyEntries).Select(filter => filter.Split(' ')).Select(filter =>
                filter.Length > 2 ? (object)new { member = filter[0], @operator = filter[1], values = new[] { filter[2] } } : new { member = filter[0], @operator = filter[1] }),
            timezone = "UTC",
        };
    }
}
