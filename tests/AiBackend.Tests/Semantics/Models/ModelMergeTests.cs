using AiBackend.Semantics.Models;

namespace AiBackend.Tests.Semantics.Models;

public sealed class ModelMergeTests
{
    internal const string Past =
        """
        cubes:
          - name: orders
            sql_table: public.orders
            data_source: dst_1
            joins:
              - name: customers
                relationship: many_to_one
                sql: '{CUBE}.customer_id = {customers}.id'
            dimensions:
              - name: id
                sql: '{CUBE}.id'
                type: number
                primary_key: true
              - name: status
                sql: '{CUBE}.status'
                type: string
            measures:
              - name: count
                type: count
              - name: total_sum
                sql: '{CUBE}.total'
                type: sum

        """;

    [Fact]
    public void Hand_edits_comments_and_order_survive_what_is_generated_anew()
    {
        const string ours =
            """
            # our orders
            cubes:
            - name: orders   # keep
              sql_table: public.orders
              title: "Our orders"
              data_source: dst_1
              joins:
              - name: customers
                relationship: many_to_one
                sql: '{CUBE}.customer_id = {customers}.id'
              measures:
                # first the money
                - name: total_sum
                  sql: '{CUBE}.total'
                  type: sum
                  format: currency

                - name: average_basket # by hand
                  sql: "{total_sum} / {count}"
                  type: number

                - {name: count, type: count}
              dimensions:
                - name: id
                  sql: '{CUBE}.id'
                  type: number
                  primary_key: true
                - name: status
                  sql: "{CUBE}.status"
                  type: string
                  # what it means:
                  description: How far it is

              segments:
                - name: open
                  sql: "{CUBE}.status = 'open'"
            # the end

            """;
        var theirs = Past.Replace("public.orders", "sales.orders", StringComparison.Ordinal)
            .Replace("      - name: status", "      - name: placed_at\n        sql: '{CUBE}.placed_at'\n        type: time\n      - name: status", StringComparison.Ordinal)
            .Replace("    joins:\n      - name: customers\n        relationship: many_to_one\n        sql: '{CUBE}.customer_id = {customers}.id'\n", "", StringComparison.Ordinal)
            + "      - name: total_avg\n        sql: '{CUBE}.total'\n        type: avg\n";

        Assert.Equal(
            """
            # our orders
            cubes:
            - name: orders   # keep
              sql_table: sales.orders
              title: "Our orders"
              data_source: dst_1
              measures:
                # first the money
                - name: total_sum
                  sql: '{CUBE}.total'
                  type: sum
                  format: currency
                - name: total_avg
                  sql: '{CUBE}.total'
                  type: avg

                - name: average_basket # by hand
                  sql: "{total_sum} / {count}"
                  type: number

                - {name: count, type: count}
              dimensions:
                - name: id
                  sql: '{CUBE}.id'
                  type: number
                  primary_key: true
                - name: placed_at
                  sql: '{CUBE}.placed_at'
                  type: time
                - name: status
                  sql: "{CUBE}.status"
                  type: string
                  # what it means:
                  description: How far it is

              segments:
                - name: open
                  sql: "{CUBE}.status = 'open'"
            # the end

            """,
            Merged(Past, ours, theirs));
    }

    [Fact]
    public void What_was_removed_by_hand_stays_away()
    {
        var ours = Past.Replace("      - name: total_sum\n        sql: '{CUBE}.total'\n        type: sum\n", "", StringComparison.Ordinal);
        var theirs = Past.Replace("type: sum", "type: sum\n        description: Net", StringComparison.Ordinal) + "      - name: total_max\n        sql: '{CUBE}.total'\n        type: max\n";

        Assert.Equal(ours + "      - name: total_max\n        sql: '{CUBE}.total'\n        type: max\n", Merged(Past, ours, theirs));
        Assert.Null(Merged(Past, null, theirs));
    }

    [Fact]
    public void Parts_that_are_generated_for_the_first_time_find_their_place_in_odd_formats()
    {
        const string ours = "{cubes: [{name: orders, sql_table: public.orders, data_source: dst_1, dimensions: [], measures: [{name: count, type: count}]}]}";
        var text = Merged("cubes:\n  - name: orders\n    sql_table: public.orders\n", ours, "cubes:\n  - name: orders\n    sql_table: sales.orders\n    joins:\n      - name: a\n        sql: x\n");

        Assert.NotNull(text);
        Assert.Contains("sales.orders", text, StringComparison.Ordinal);
        Assert.Contains("joins", text, StringComparison.Ordinal);
        Assert.Contains("dst_1", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Lists_and_values_that_were_empty_are_filled()
    {
        const string past = "cubes:\n  - name: a\n    title: b\n";
        const string ours = "cubes:\n  - name: a\n    title: b\n    joins: []  # none yet\n    measures:\n    dimensions: {}\n";
        const string theirs = "cubes:\n  - name: a\n    title: b\n    joins:\n      - name: j\n        sql: x\n";

        Assert.Equal(
            "cubes:\n  - name: a\n    title: b\n    joins:\n      - name: j\n        sql: x  # none yet\n    measures:\n    dimensions: {}\n",
            Merged(past, ours, theirs));
    }

    [Fact]
    public void Windows_line_ends_stay()
    {
        var ours = Past.Replace("\n", "\r\n", StringComparison.Ordinal).Replace("type: string", "type: string\r\n        description: by hand", StringComparison.Ordinal);
        var theirs = Past + "      - name: total_max\n        sql: '{CUBE}.total'\n        type: max\n";

        Assert.Equal(ours + "      - name: total_max\r\n        sql: '{CUBE}.total'\r\n        type: max\r\n", Merged(Past, ours, theirs));
    }

    [Theory]
    [InlineData("cubes:\n  - name: orders\n", "\ufeffcubes:\n  -\n    name: orders # here\n")]
    [InlineData("    sql_table: public.orders\n", "    \"sql_table\" : 'public.orders'   # odd\n")]
    [InlineData("    sql_table: public.orders\n", "    sql_table:\n      public.orders\n")]
    [InlineData("        type: string\n", "        type: string\n        description: |\n          Two\n          lines\n\n    # after\n")]
    [InlineData("        type: string\n", "        type: string\n        description: >-\n          Folded\n")]
    [InlineData("        type: string\n", "        type: string\n        meta: {a: [1, 2], b: {c: d}}\n\n\n")]
    [InlineData("cubes:\n", "---\ncubes:\n")]
    public void Other_forms_of_writing_stay_as_they_are(string from, string to)
    {
        var ours = Past.Replace(from, to, StringComparison.Ordinal);
        var theirs = Past.Replace("public.orders", "sales.orders", StringComparison.Ordinal) + "      - name: total_max\n        sql: '{CUBE}.total'\n        type: max\n";

        Assert.Equal(
            ours.Replace("'public.orders'", "sales.orders", StringComparison.Ordinal).Replace("public.orders", "sales.orders", StringComparison.Ordinal)
            + "      - name: total_max\n        sql: '{CUBE}.total'\n        type: max\n",
            Merged(Past, ours, theirs));
    }

    [Theory]
    [InlineData("{CUBE}.total", "{CUBE}.net", "{CUBE}.gross", "orders.yml: cubes[orders].measures[total_sum].sql: changed by hand, and generated differently")]
    [InlineData("relationship: many_to_one", "relationship: one_to_many", "relationship: one_to_one", "orders.yml: cubes[orders].joins[customers].relationship: changed by hand, and generated differently")]
    public void A_value_that_both_sides_change_is_a_conflict_that_names_it(string past, string ours, string theirs, string conflict)
    {
        var merged = ModelMerge.Merge("orders.yml", Past, Past.Replace(past, ours, StringComparison.Ordinal), Past.Replace(past, theirs, StringComparison.Ordinal));

        Assert.Equal(conflict, Assert.Single(merged.Conflicts).ToString());
    }

    [Fact]
    public void A_part_that_was_changed_by_hand_and_is_no_longer_generated_is_a_conflict()
    {
        var ours = Past.Replace("type: sum", "type: sum\n        title: Money", StringComparison.Ordinal);
        var theirs = Past.Replace("      - name: total_sum\n        sql: '{CUBE}.total'\n        type: sum\n", "", StringComparison.Ordinal);

        Assert.Equal(
            "orders.yml: cubes[orders].measures[total_sum]: changed by hand, and no longer generated",
            Assert.Single(ModelMerge.Merge("orders.yml", Past, ours, theirs).Conflicts).ToString());
    }

    [Theory]
    [InlineData("cubes: [", "not valid YAML")]
    [InlineData("a: 1\na: 2\n", "twice")]
    [InlineData("cubes: []\n---\ncubes: []\n", "more than one")]
    public void A_file_that_cannot_be_read_is_a_conflict(string ours, string reason)
    {
        var conflict = Assert.Single(ModelMerge.Merge("orders.yml", Past, ours, Past + "# more\n").Conflicts);

        Assert.Contains(reason, conflict.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_file_of_a_dropped_table_goes_unless_it_was_changed_by_hand()
    {
        Assert.Null(Merged(Past, "# only a remark\n" + Past, null));
        Assert.Equal(
            "orders.yml: changed by hand, and its table is gone",
            Assert.Single(ModelMerge.Merge("orders.yml", Past, Past.Replace("type: string", "type: number", StringComparison.Ordinal), null).Conflicts).ToString());
    }

    [Fact]
    public void Hand_edits_move_along_with_a_table_that_got_another_name()
    {
        var theirs = Past.Replace("orders", "sales", StringComparison.Ordinal);
        var ours = "# ours\n" + Past.Replace("type: sum", "type: sum\n        title: Money", StringComparison.Ordinal);

        var plan = ModelPlan.Of(Files("orders.yml", Past), Files("orders.yml", ours), Files("sales.yml", theirs));

        Assert.Empty(plan.Conflicts);
        Assert.Null(plan.Changes["orders.yml"]);
        Assert.Equal("# ours\n" + theirs.Replace("type: sum", "type: sum\n        title: Money", StringComparison.Ordinal), plan.Changes["sales.yml"]);
    }

    [Fact]
    public void Files_of_people_are_left_alone_and_nothing_changed_changes_nothing()
    {
        var ours = new Dictionary<string, string> { ["orders.yml"] = "# ours\n" + Past, ["own.yml"] = "cubes: []" };

        Assert.Empty(ModelPlan.Of(Files("orders.yml", Past), ours, Files("orders.yml", Past)).Changes);
    }

    private static string? Merged(string? past, string? ours, string? theirs)
    {
        var merged = ModelMerge.Merge("orders.yml", past, ours, theirs);
        Assert.Empty(merged.Conflicts);
        return merged.Text;
    }

    private static Dictionary<string, string> Files(string name, string text) => new() { [name] = text };
}
