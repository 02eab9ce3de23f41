using System.Collections.Frozen;

namespace AiBackend.DataStores.Duckdb;

/// <summary>What the types of DuckDB hold.</summary>
internal static class DuckdbTypes
{
    private static readonly FrozenDictionary<string, ColumnKind> Kinds = new Dictionary<string, ColumnKind>
    {
        ["BOOLEAN"] = ColumnKind.Boolean,
        ["TINYINT"] = ColumnKind.Integer,
        ["SMALLINT"] = ColumnKind.Integer,
        ["INTEGER"] = ColumnKind.Integer,
        ["BIGINT"] = ColumnKind.Integer,
        ["HUGEINT"] = ColumnKind.Integer,
        ["UTINYINT"] = ColumnKind.Integer,
        ["USMALLINT"] = ColumnKind.Integer,
        ["UINTEGER"] = ColumnKind.Integer,
        ["UBIGINT"] = ColumnKind.Integer,
        ["UHUGEINT"] = ColumnKind.Integer,
        ["BIGNUM"] = ColumnKind.Integer,
        ["DECIMAL"] = ColumnKind.Number,
        ["FLOAT"] = ColumnKind.Number,
        ["DOUBLE"] = ColumnKind.Number,
        ["VARCHAR"] = ColumnKind.Text,
        ["UUID"] = ColumnKind.Text,
        ["ENUM"] = ColumnKind.Text,
        ["DATE"] = ColumnKind.Date,
        ["TIMESTAMP"] = ColumnKind.Time,
        ["TIMESTAMP_S"] = ColumnKind.Time,
        ["TIMESTAMP_MS"] = ColumnKind.Time,
        ["TIMESTAMP_NS"] = ColumnKind.Time,
        ["TIMESTAMP WITH TIME ZONE"] = ColumnKind.Time,
        ["JSON"] = ColumnKind.Json,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <param name="type">As <c>duckdb_columns()</c> has it.</param>
    public static ColumnKind KindOf(string type) => Kinds.GetValueOrDefault(BaseName(type), ColumnKind.Other);

    /// <summary>The name without arguments; a list keeps its brackets, and so is none of the simple types.</summary>
    public static string BaseName(string type)
    {
        var bracket = type.IndexOf('(', StringComparison.Ordinal);
        return bracket < 0 || type.EndsWith(']') ? type : type[..bracket];
    }
}
