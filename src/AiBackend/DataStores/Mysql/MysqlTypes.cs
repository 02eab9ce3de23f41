using System.Collections.Frozen;

namespace AiBackend.DataStores.Mysql;

/// <summary>What the types of MySQL and MariaDB hold, and how their values are taken out as text and compared again.</summary>
internal static class MysqlTypes
{
    private static readonly FrozenDictionary<string, ColumnKind> Kinds = new Dictionary<string, ColumnKind>
    {
        // In full: of these the length makes another type.
        ["tinyint(1)"] = ColumnKind.Boolean,
        ["bit(1)"] = ColumnKind.Boolean,
        ["tinyint"] = ColumnKind.Integer,
        ["smallint"] = ColumnKind.Integer,
        ["mediumint"] = ColumnKind.Integer,
        ["int"] = ColumnKind.Integer,
        ["bigint"] = ColumnKind.Integer,
        ["year"] = ColumnKind.Integer,
        ["decimal"] = ColumnKind.Number,
        ["float"] = ColumnKind.Number,
        ["double"] = ColumnKind.Number,
        ["char"] = ColumnKind.Text,
        ["varchar"] = ColumnKind.Text,
        ["tinytext"] = ColumnKind.Text,
        ["text"] = ColumnKind.Text,
        ["mediumtext"] = ColumnKind.Text,
        ["longtext"] = ColumnKind.Text,
        ["enum"] = ColumnKind.Text,
        ["set"] = ColumnKind.Text,
        ["uuid"] = ColumnKind.Text,
        ["inet4"] = ColumnKind.Text,
        ["inet6"] = ColumnKind.Text,
        ["date"] = ColumnKind.Date,
        ["datetime"] = ColumnKind.Time,
        ["timestamp"] = ColumnKind.Time,
        ["json"] = ColumnKind.Json,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <param name="type">As <c>COLUMN_TYPE</c> has it.</param>
    public static ColumnKind KindOf(string type) =>
        Kinds.TryGetValue(type, out var kind) || Kinds.TryGetValue(BaseName(type), out kind) ? kind : ColumnKind.Other;

    /// <summary>An expression for a value as text that loses nothing.</summary>
    public static string AsText(string type, string column) => BaseName(type) switch
    {
        "bit" => $"CAST({column} + 0 AS CHAR)",

        // A float is shown by a few of its digits; as a double it has all.
        "float" => $"CAST({column} + 0e0 AS CHAR)",
        "binary" or "varbinary" or "tinyblob" or "blob" or "mediumblob" or "longblob" => $"HEX({column})",
        "geometry" or "point" or "linestring" or "polygon" or "multipoint" or "multilinestring" or "multipolygon" or "geometrycollection"
            or "geomcollection" => $"ST_AsText({column})",
        "char" or "varchar" or "tinytext" or "text" or "mediumtext" or "longtext" or "enum" or "set" or "json" => column,
        _ => $"CAST({column} AS CHAR)",
    };

    /// <summary>An expression that orders values as it compares them: an enumeration is ordered by its places and compared by its names.</summary>
    public static string AsKey(string type, string column) => BaseName(type) switch
    {
        "enum" or "set" => $"CAST(CONVERT({column} USING utf8mb4) AS BINARY)",
        "bit" => $"({column} + 0)",
        "float" => $"({column} + 0e0)",
        _ => column,
    };

    /// <summary>A text as a value that compares with <see cref="AsKey"/> without losing digits: a number and a text are compared as doubles.</summary>
    public static string AsParameter(string type, string parameter) => BaseName(type) switch
    {
        "tinyint" or "smallint" or "mediumint" or "int" or "bigint" or "year" =>
            $"CAST({parameter} AS {(type.Contains("unsigned", StringComparison.Ordinal) ? "UNSIGNED" : "SIGNED")})",
        "bit" => $"CAST({parameter} AS UNSIGNED)",
        "decimal" => $"CAST({parameter} AS DECIMAL{Arguments(type)})",
        "float" or "double" => $"({parameter} + 0e0)",
        "date" => $"CAST({parameter} AS DATE)",
        "datetime" or "timestamp" => $"CAST({parameter} AS DATETIME(6))",
        "time" => $"CAST({parameter} AS TIME(6))",
        "binary" or "varbinary" => $"UNHEX({parameter})",
        "enum" or "set" => $"CAST({parameter} AS BINARY)",
        _ => parameter,
    };

    private static string BaseName(string type)
    {
        var end = type.AsSpan().IndexOfAny(' ', '(');
        return end < 0 ? type : type[..end];
    }

    private static string Arguments(string type)
    {
        var (start, end) = (type.IndexOf('(', StringComparison.Ordinal), type.IndexOf(')', StringComparison.Ordinal));
        return start < 0 || end < start ? "(65,30)" : type[start..(end + 1)];
    }
}
