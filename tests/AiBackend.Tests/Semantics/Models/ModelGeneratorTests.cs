using AiBackend.DataStores;
using AiBackend.Semantics.Models;
using CsCheck;
using static AiBackend.Tests.Semantics.Models.TrapSchema;

namespace AiBackend.Tests.Semantics.Models;

public sealed class ModelGeneratorTests
{
    [Fact]
    public void A_table_becomes_a_cube_with_its_comments_keys_and_measures_by_type()
    {
        var files = Generate(Table(
            "orders", Id, Column("customer_id", ColumnKind.Integer), Column("amount", ColumnKind.Number, "In euros: \"net\" {not gross}"), Column("note"),
            Column("paid", ColumnKind.Boolean), Column("placed_on", ColumnKind.Date), Column("Größe")) with
        {
            Comment = "All orders\nsince 2001",
            ForeignKeys = [Key("customer_id", "customers")],
        });

        Assert.Equal(
            """
            cubes:
              - name: orders
                sql_table: public.orders
                data_source: dst_1
                description: All orders\nsince 2001
                dimensions:
                  - name: id
                    sql: '{CUBE}.id'
                    type: number
                    primary_key: true
                    public: true
                  - name: customer_id
                    sql: '{CUBE}.customer_id'
                    type: number
                  - name: amount
                    sql: '{CUBE}.amount'
                    type: number
                    description: 'In euros: "net" \u007bnot gross\u007d'
                  - name: note
                    sql: '{CUBE}.note'
                    type: string
                  - name: paid
                    sql: '{CUBE}.paid'
                    type: boolean
                  - name: placed_on
                    sql: '{CUBE}.placed_on'
                    type: time
                  - name: grosse
                    sql: '{CUBE}."Größe"'
                    type: string
                    title: 'Größe'
                measures:
                  - name: count
                    type: count
                  - name: amount_sum
                    sql: '{CUBE}.amount'
                    type: sum
                    description: 'In euros: "net" \u007bnot gross\u007d'
                  - name: amount_avg
                    sql: '{CUBE}.amount'
                    type: avg
                    description: 'In euros: "net" \u007bnot gross\u007d'
                  - name: amount_min
                    sql: '{CUBE}.amount'
                    type: min
                    description: 'In euros: "net" \u007bnot gross\u007d'
                  - name: amount_max
                    sql: '{CUBE}.amount'
                    type: max
                    description: 'In euros: "net" \u007bnot gross\u007d'

            """,
            Assert.Single(files).Value);
    }

    [Fact]
    public void Equal_schemas_give_equal_bytes_in_whatever_order_the_tables_come()
    {
        var one = ModelGenerator.Generate(Request([.. All.Tables]));
        var other = ModelGenerator.Generate(Request([.. All.Tables.Reverse()]));

        Assert.Equal(one.Files, other.Files);
        Assert.Equal(All.Tables.Count, one.Tables);
    }

    [Fact]
    public void A_foreign_key_joins_both_cubes()
    {
        var files = Generate(Table("customers", Id), Table("orders", Id, Column("customer_id", ColumnKind.Integer)) with { ForeignKeys = [Key("customer_id", "customers")] });

        Assert.Equal("customers many_to_one {CUBE}.customer_id = {customers}.id", Joins(files, "orders"));
        Assert.Equal("orders one_to_many {CUBE}.id = {orders}.customer_id", Joins(files, "customers"));
    }

    [Fact]
    public void A_unique_foreign_key_is_one_to_one()
    {
        var files = Generate(Table("users", Id), Table("profiles", Id, Column("user_id", ColumnKind.Integer)) with { ForeignKeys = [Key("user_id", "users")], UniqueKeys = [["user_id"]] });

        Assert.Equal("users one_to_one {CUBE}.user_id = {users}.id", Joins(files, "profiles"));
        Assert.Equal("profiles one_to_one {CUBE}.id = {profiles}.user_id", Joins(files, "users"));
    }

    [Fact]
    public void The_second_of_two_keys_to_a_table_gets_a_cube_for_its_role()
    {
        var files = Generate(Table("airports", Id, Column("city")), Table("flights", Id, Column("departure_airport_id", ColumnKind.Integer), Column("arrival_airport_id", ColumnKind.Integer)) with
        {
            ForeignKeys = [Key("arrival_airport_id", "airports"), Key("departure_airport_id", "airports")],
        });

        Assert.Equal(["airports.yml", "airports_arrival_airport.yml", "flights.yml", "flights_view.yml"], files.Keys);
        Assert.Equal(
            "airports many_to_one {CUBE}.departure_airport_id = {airports}.id; airports_arrival_airport many_to_one {CUBE}.arrival_airport_id = {airports_arrival_airport}.id",
            Joins(files, "flights"));
        Assert.Equal("flights one_to_many {CUBE}.id = {flights}.arrival_airport_id", Joins(files, "airports_arrival_airport"));
        Assert.Contains("title: Airports (arrival airport)", files["airports_arrival_airport.yml"], StringComparison.Ordinal);
    }

    [Fact]
    public void The_key_that_is_named_after_its_table_joins_the_table_itself()
    {
        var files = Generate(Table("customers", Id), Table("orders", Id, Column("billed_to_id", ColumnKind.Integer), Column("customer_id", ColumnKind.Integer)) with
        {
            ForeignKeys = [Key("billed_to_id", "customers"), Key("customer_id", "customers")],
        });

        Assert.Contains("customers many_to_one {CUBE}.customer_id", Joins(files, "orders"), StringComparison.Ordinal);
        Assert.Contains("customers_billed_to.yml", files.Keys);
    }

    [Fact]
    public void A_table_that_points_at_itself_gets_a_role_and_so_does_a_key_in_the_other_direction()
    {
        var files = Generate(
            Table("departments", Id, Column("head_id", ColumnKind.Integer)) with { ForeignKeys = [Key("head_id", "employees")] },
            Table("employees", Id, Column("manager_id", ColumnKind.Integer), Column("department_id", ColumnKind.Integer)) with { ForeignKeys = [Key("department_id", "departments"), Key("manager_id", "employees")] });

        Assert.Equal("departments many_to_one {CUBE}.department_id = {departments}.id; employees_manager many_to_one {CUBE}.manager_id = {employees_manager}.id", Joins(files, "employees"));
        Assert.Equal("employees one_to_many {CUBE}.id = {employees}.department_id; employees_head many_to_one {CUBE}.head_id = {employees_head}.id", Joins(files, "departments"));
    }

    [Fact]
    public void All_columns_of_a_composite_key_are_joined_and_its_rows_are_counted_right()
    {
        var files = Generate(
            Table("lines", Column("order_id", ColumnKind.Integer), Column("number", ColumnKind.Integer)) with { PrimaryKey = ["order_id", "number"] },
            Table("returns", Id, Column("order_id", ColumnKind.Integer), Column("line", ColumnKind.Integer)) with
            {
                ForeignKeys = [new ForeignKey("fk", ["order_id", "line"], new TableName("public", "lines"), ["order_id", "number"])],
            });

        Assert.Equal("lines many_to_one {CUBE}.order_id = {lines}.order_id AND {CUBE}.line = {lines}.number", Joins(files, "returns"));
        Assert.Equal(2, files["lines.yml"].Split("primary_key: true").Length - 1);
        Assert.Contains("- name: count\n        sql: '{CUBE}.order_id'\n        type: count", files["lines.yml"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_to_a_table_that_is_left_out_gives_no_join()
    {
        var files = ModelGenerator.Generate(Request(Table("customers", Id), Table("orders", Id, Column("customer_id", ColumnKind.Integer)) with { ForeignKeys = [Key("customer_id", "customers")] })
            with
        { Exclude = ["public.cust*"] }).Files;

        Assert.Equal("", Joins(files, "orders"));
        Assert.DoesNotContain("customer_id_sum", files["orders.yml"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_without_a_key_is_joined_by_the_address_of_its_rows_where_there_is_one()
    {
        TableSchema[] tables = [Table("customers", Id), Table("visits", Column("customer_id", ColumnKind.Integer)) with { ForeignKeys = [Key("customer_id", "customers")] }];

        Assert.Contains("ctid", ModelGenerator.Generate(Request(tables)).Files["visits.yml"], StringComparison.Ordinal);
        Assert.Equal("", Joins(ModelGenerator.Generate(Request(tables) with { Kind = StoreKind.Mysql }).Files, "visits"));
    }

    [Fact]
    public void Tables_of_one_name_get_the_schema_or_the_store_before_it()
    {
        var archived = Table("orders", Id) with { Name = new TableName("archive", "orders") };
        Assert.Equal(["archive_orders.yml", "public_orders.yml"], Generate(archived, Table("orders", Id)).Keys);

        var taken = Request(Table("orders", Id), Table("lines", Id)) with { TakenNames = new HashSet<string>(["orders"]) };
        Assert.Equal(["lines.yml", "main_shop_orders.yml"], ModelGenerator.Generate(taken).Files.Keys);
    }

    [Fact]
    public void Names_that_fold_to_one_and_names_of_measures_stay_apart()
    {
        var text = Generate(Table("t", Id, Column("Total", ColumnKind.Number), Column("total", ColumnKind.Number), Column("count", ColumnKind.Integer), Column("total_sum", ColumnKind.Text)))["t.yml"];

        Assert.Equal(
            ["id", "total_2", "total", "count", "total_sum", "row_count", "total_2_sum", "total_2_avg", "total_2_min", "total_2_max", "total_sum_2", "total_avg", "total_min", "total_max", "count_sum", "count_avg", "count_min", "count_max"],
            text.Split('\n').Where(line => line.StartsWith("      - name: ", StringComparison.Ordinal)).Select(line => line[14..]));
    }

    [Theory]
    [InlineData(nameof(StoreKind.Postgres), "public.\"order\"", "{CUBE}.\"a\"\"b`c\"", "CAST({CUBE}.doc AS TEXT)")]
    [InlineData(nameof(StoreKind.Mysql), "public.`order`", "{CUBE}.`a\"b``c`", "CAST({CUBE}.doc AS CHAR)")]
    [InlineData(nameof(StoreKind.Clickhouse), "public.`order`", "{CUBE}.`a\"b\\\\`c`", "toString({CUBE}.doc)")]
    [InlineData(nameof(StoreKind.Duckdb), "public.\"order\"", "{CUBE}.\"a\"\"b`c\"", "CAST({CUBE}.doc AS VARCHAR)")]
    public void Identifiers_are_quoted_for_the_database(string kind, string table, string column, string json)
    {
        var text = ModelGenerator.Generate(Request(Table("order", Id, Column("a\"b`c"), Column("doc", ColumnKind.Json))) with { Kind = Enum.Parse<StoreKind>(kind) }).Files["order.yml"];

        var cube = (YamlMap)((YamlList)((YamlMap)YamlReader.Read(text)!).Find("cubes")!).Items[0];
        var dimensions = ((YamlList)cube.Find("dimensions")!).Items.OfType<YamlMap>().Select(dimension => dimension.Text("sql")).ToList();
        Assert.Equal(table, cube.Text("sql_table"));
        Assert.Equal([column, json], dimensions[1..]);
    }

    [Theory]
    [InlineData(nameof(StoreKind.Postgres), "sql: '{CUBE}.paid'")]
    [InlineData(nameof(StoreKind.Mysql), "sql: 'CASE WHEN {CUBE}.paid THEN ''true'' WHEN NOT {CUBE}.paid THEN ''false'' END'")]
    [InlineData(nameof(StoreKind.Sqlite), "sql: 'CASE WHEN {CUBE}.paid THEN ''true'' WHEN NOT {CUBE}.paid THEN ''false'' END'")]
    public void Truth_values_are_words_where_cube_would_compare_a_number_with_a_word(string kind, string sql) => Assert.Contains(
        sql,
        ModelGenerator.Generate(Request(Table("orders", Id, Column("paid", ColumnKind.Boolean))) with { Kind = Enum.Parse<StoreKind>(kind) }).Files["orders.yml"],
        StringComparison.Ordinal);

    [Theory]
    [InlineData("orders", true)]
    [InlineData("ORDERS", true)]
    [InlineData("public.orders", true)]
    [InlineData("*.orders", true)]
    [InlineData("ord*", true)]
    [InlineData("public.*", true)]
    [InlineData("sales.*", false)]
    [InlineData("order", false)]
    [InlineData("order?", false)]
    public void Patterns_name_tables_with_or_without_their_schema(string pattern, bool matches) =>
        Assert.Equal(matches, TablePatterns.Matches(pattern, new TableName("public", "orders")));

    [Fact]
    public void Nothing_in_a_model_looks_like_a_template()
    {
        var files = ModelGenerator.Generate(Request([.. All.Tables])).Files;

        Assert.All(files.Values, text => Assert.DoesNotMatch(@"\{\{|\}\}|\{%|%\}", text));
        Assert.All(files.Values, text => Assert.True(text.EnumerateRunes().All(rune => rune.IsBmp)));
    }

    [Fact]
    public void Whatever_the_names_are_cubes_and_members_are_safe_unique_and_joined_to_cubes_that_there_are()
    {
        var name = Gen.OneOf(OneOf("order", "Order", "ORDER", "a", "A", "_a", "a_", "class", "sql", "count", "a_sum", "größe", "Größe", "订单", "заказы", "x y", "x-y", "\"", "{}", "order_a", "a_view"), Gen.String[1, 70]);
        var table = Gen.Select(OneOf("one", "two"), name, name.Array[1, 6], Gen.Enum<ColumnKind>(), Gen.Int[0, 2]);
        table.Array[1, 8].Sample(rows =>
        {
            var tables = rows.DistinctBy(row => (row.Item1, row.Item2)).Select(row => new TableSchema
            {
                Name = new TableName(row.Item1, row.Item2),
                Columns = [.. row.Item3.Distinct().Select(column => new ColumnSchema(column, "x", row.Item4, false, column))],
                PrimaryKey = [.. row.Item3.Distinct().Take(row.Item5)],
            }).ToList();
            var keys = tables.Where(target => target.PrimaryKey.Count == 1).ToList();
            tables = [.. tables.Select(source => source with
            {
                ForeignKeys = [.. keys.SelectMany(target => source.Columns.Take(2).Select(column => new ForeignKey($"fk_{column.Name}", [column.Name], target.Name, target.PrimaryKey)))],
            })];

            var files = ModelGenerator.Generate(Request([.. tables]) with { TakenNames = new HashSet<string>(["order"]) }).Files;

            var cubes = files.Values.SelectMany(text => ((YamlMap)YamlReader.Read(text)!).Entries).SelectMany(kind => ((YamlList)kind.Value).Items.OfType<YamlMap>()).ToList();
            var names = cubes.Select(cube => cube.Text("name")!).ToHashSet(StringComparer.Ordinal);
            Assert.Equal(cubes.Count, names.Count);
            Assert.DoesNotContain("order", names);
            Assert.Equal(files.Keys, names.Select(cube => $"{cube}.yml").Order(StringComparer.Ordinal));
            foreach (var cube in cubes)
            {
                var members = ((string[])["dimensions", "measures"]).SelectMany(kind => Items(cube, kind)).Select(member => member.Text("name")!).ToList();
                Assert.All(members.Append(cube.Text("name")!), safe => Assert.Matches("^[a-z_][a-z0-9_]*$", safe));
                Assert.Equal(members.Count, members.Distinct(StringComparer.Ordinal).Count());
                Assert.All(members, member => Assert.True(member.Length <= ModelNames.MaxMember, member));
                var joins = Items(cube, "joins").Select(join => join.Text("name")!).ToList();
                Assert.Subset(names, joins.ToHashSet(StringComparer.Ordinal));
                Assert.Equal(joins.Count, joins.Distinct(StringComparer.Ordinal).Count());
            }
        }, iter: 300);

        static Gen<string> OneOf(params string[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);
        static IEnumerable<YamlMap> Items(YamlMap cube, string kind) => (cube.Find(kind) as YamlList)?.Items.OfType<YamlMap>() ?? [];
    }

    private static IReadOnlyDictionary<string, string> Generate(params TableSchema[] tables) => ModelGenerator.Generate(Request(tables)).Files;

    private static string Joins(IReadOnlyDictionary<string, string> files, string cube)
    {
        var root = (YamlMap)YamlReader.Read(files[$"{cube}.yml"])!;
        var joins = ((YamlMap)((YamlList)root.Find("cubes")!).Items[0]).Find("joins") as YamlList;
        return string.Join("; ", (joins?.Items ?? []).OfType<YamlMap>().Select(join => $"{join.Text("name")} {join.Text("relationship")} {join.Text("sql")}"));
    }
}
