using AiBackend.DataStores;

namespace AiBackend.Tests.DataStores;

/// <summary>A schema as lines, to be compared with what is expected at one look.</summary>
internal static class SchemaText
{
    /// <summary>Every table by its name, then its columns, keys and comments.</summary>
    public static string Of(DatabaseSchema schema) => string.Join('\n', schema.Tables.Select(Of));

    public static string Of(TableSchema table) => string.Join('\n', Lines(table));

    private static IEnumerable<string> Lines(TableSchema table)
    {
        yield return $"{(table.IsView ? "view" : "table")} {Name(table.Name)}{Comment(table.Comment)}";
        foreach (var column in table.Columns)
        {
            yield return $"  {column.Name} {column.Type} {column.Kind}{(column.IsNullable ? "?" : string.Empty)}{Comment(column.Comment)}";
        }

        if (table.PrimaryKey.Count > 0)
        {
            yield return $"  primary ({string.Join(", ", table.PrimaryKey)})";
        }

        foreach (var key in table.ForeignKeys)
        {
            yield return $"  foreign {key.Name} ({string.Join(", ", key.Columns)}) -> {Name(key.Target)} ({string.Join(", ", key.TargetColumns)})";
        }

        foreach (var key in table.UniqueKeys)
        {
            yield return $"  unique ({string.Join(", ", key)})";
        }
    }

    private static string Name(TableName name) => name.Schema is null ? name.Name : $"{name.Schema}.{name.Name}";

    private static string Comment(string? comment) => comment is null ? string.Empty : $" -- {comment}";
}
