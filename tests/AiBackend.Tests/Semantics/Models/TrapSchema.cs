using AiBackend.DataStores;
using AiBackend.Semantics.Models;

namespace AiBackend.Tests.Semantics.Models;

/// <summary>Schemas for tests of models.</summary>
internal static class TrapSchema
{
    public static TableSchema Table(string name, params ColumnSchema[] columns) => new()
    {
        Name = new TableName("public", name),
        Columns = columns,
        PrimaryKey = columns.Length > 0 && columns[0].Name == "id" ? ["id"] : [],
    };

    public static ColumnSchema Column(string name, ColumnKind kind = ColumnKind.Text, string? comment = null, bool isNullable = false) => new(name, kind.ToString(), kind, isNullable, comment);

    public static ColumnSchema Id => Column("id", ColumnKind.Integer);

    public static ForeignKey Key(string column, string target, string targetColumn = "id") =>
        new($"fk_{column}", [column], new TableName("public", target), [targetColumn]);

    public static ModelRequest Request(params TableSchema[] tables) => new()
    {
        Schema = new DatabaseSchema(tables),
        Kind = StoreKind.Postgres,
        DataStoreId = "dst_1",
        DataStoreName = "Main shop",
    };

    /// <summary>A schema with everything that makes models hard.</summary>
    public static DatabaseSchema All { get; } = new([
        Table("airports", Id, Column("city"), Column("elevation", ColumnKind.Integer)),
        Table("flights", Id, Column("departure_airport_id", ColumnKind.Integer), Column("arrival_airport_id", ColumnKind.Integer), Column("price", ColumnKind.Number, "In {euros}, \"net\""), Column("left_at", ColumnKind.Time))
            with { ForeignKeys = [Key("arrival_airport_id", "airports"), Key("departure_airport_id", "airports")], Comment = "Flights {{ all }}\nof \\ours" },
        Table("employees", Id, Column("name"), Column("manager_id", ColumnKind.Integer), Column("department_id", ColumnKind.Integer), Column("salary", ColumnKind.Number))
            with { ForeignKeys = [Key("department_id", "departments"), Key("manager_id", "employees")] },
        Table("departments", Id, Column("name"), Column("head_id", ColumnKind.Integer)) with { ForeignKeys = [Key("head_id", "employees")] },
        Table("enrolments", Column("student", ColumnKind.Integer), Column("course", ColumnKind.Integer), Column("grade", ColumnKind.Number)) with { PrimaryKey = ["student", "course"] },
        Table("exams", Id, Column("student", ColumnKind.Integer), Column("course", ColumnKind.Integer), Column("points", ColumnKind.Integer), Column("count", ColumnKind.Integer), Column("points_sum", ColumnKind.Integer))
            with { ForeignKeys = [new ForeignKey("fk", ["student", "course"], new TableName("public", "enrolments"), ["student", "course"])] },
        Table("passports", Id, Column("employee_id", ColumnKind.Integer)) with { ForeignKeys = [Key("employee_id", "employees")], UniqueKeys = [["employee_id"]] },
        Table("log_lines", Column("employee_id", ColumnKind.Integer), Column("text"), Column("weight", ColumnKind.Number)) with { ForeignKeys = [Key("employee_id", "employees")] },
        Table("orders", Id, Column("total", ColumnKind.Number)) with { Name = new TableName("archive", "orders") },
        Table("orders", Id, Column("total", ColumnKind.Number), Column("status")) with { ForeignKeys = [Key("status", "status", "code"), Key("missing_id", "nowhere"), Key("total", "nowhere")] },
        Table("status", Column("code"), Column("label")) with { PrimaryKey = ["code"] },
        Table("Orders", Id, Column("Total Amount", ColumnKind.Number), Column("total_amount", ColumnKind.Number), Column("we\"ird {b}"), Column("select"), Column("sql"), Column("class"), Column("extends"), Column("constructor"), Column("emoji 😀 col"), Column("data", ColumnKind.Json), Column("shape", ColumnKind.Other), Column("ok", ColumnKind.Boolean), Column("day", ColumnKind.Date)),
        Table("group", Id, Column("order", ColumnKind.Integer)),
        Table("заказы", Id, Column("сумма", ColumnKind.Number)),
        Table("a_table_with_a_name_that_is_as_long_as_postgresql_allows_to_63_", Id, Column("a_column_with_a_name_that_is_as_long_as_postgresql_allows_to_63", ColumnKind.Number)),
        Table("report", Column("month", ColumnKind.Date), Column("revenue", ColumnKind.Number)) with { IsView = true },
    ]);
}
