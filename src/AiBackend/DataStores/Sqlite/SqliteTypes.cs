using System.Collections.Frozen;

namespace AiBackend.DataStores.Sqlite;

/// <summary>
/// What the columns of SQLite hold. Any name may be declared as a type: those that are usual are looked up, and only what is left goes by
/// SQLite's own rules of affinity, by which a POINT would be a whole number.
/// </summary>
internal static class SqliteTypes
{
    private static readonly FrozenDictionary<string, ColumnKind> Kinds = new Dictionary<string, ColumnKind>
    {
        ["INT"] = ColumnKind.Integer,
        ["INTEGER"] = ColumnKind.Integer,
        ["TINYINT"] = ColumnKind.Integer,
        ["SMALLINT"] = ColumnKind.Integer,
        ["MEDIUMINT"] = ColumnKind.Integer,
        ["BIGINT"] = ColumnKind.Integer,
        ["UNSIGNED BIG INT"] = ColumnKind.Integer,
        ["INT2"] = ColumnKind.Integer,
        ["INT4"] = ColumnKind.Integer,
        ["INT8"] = ColumnKind.Integer,
        ["REAL"] = ColumnKind.Number,
        ["DOUBLE"] = ColumnKind.Number,
        ["DOUBLE PRECISION"] = ColumnKind.Number,
        ["FLOAT"] = ColumnKind.Number,
        ["NUMERIC"] = ColumnKind.Number,
        ["DECIMAL"] = ColumnKind.Number,
        ["NUMBER"] = ColumnKind.Number,
        ["MONEY"] = ColumnKind.Number,
        ["BOOLEAN"] = ColumnKind.Boolean,
        ["BOOL"] = ColumnKind.Boolean,
        ["DATE"] = ColumnKind.Date,
        ["DATETIME"] = ColumnKind.Time,
        ["TIMESTAMP"] = ColumnKind.Time,
        ["TIMESTAMPTZ"] = ColumnKind.Time,
        ["JSON"] = ColumnKind.Json,
        ["TEXT"] = ColumnKind.Text,
        ["CLOB"] = ColumnKind.Text,
        ["STRING"] = ColumnKind.Text,
        ["CHAR"] = ColumnKind.Text,
        ["CHARACTER"] = ColumnKind.Text,
        ["VARCHAR"] = ColumnKind.Text,
        ["VARYING CHARACTER"] = ColumnKind.Text,
        ["CHARACTER VARYING"] = ColumnKind.Text,
        ["NCHAR"] = ColumnKind.Text,
        ["NATIVE CHARACTER"] = ColumnKind.Text,
        ["NVARCHAR"] = ColumnKind.Text,
        ["UUID"] = ColumnKind.Text,
        ["GUID"] = ColumnKind.Text,
        ["TIME"] = ColumnKind.Other,
        ["POINT"] = ColumnKind.Other,
        ["MULTIPOINT"] = ColumnKind.Other,
        ["INTERVAL"] = ColumnKind.Other,
        ["BLOB"] = ColumnKind.Other,
        ["JSONB"] = ColumnKind.Other,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>How SQLite changes and compares what is put into a column.</summary>
    public enum Affinity
    {
        Integer,
        Text,
        Blob,
        Real,
        Numeric,
    }

    /// <param name="type">As it was declared; empty where nothing was.</param>
    public static ColumnKind KindOf(string type)
    {
        var bracket = type.IndexOf('(', StringComparison.Ordinal);
        var name = (bracket < 0 ? type : type[..bracket]).Trim();
        return Kinds.TryGetValue(name, out var kind)
            ? kind
            : AffinityOf(type) switch
            {
                Affinity.Integer => ColumnKind.Integer,
                Affinity.Text => ColumnKind.Text,
                Affinity.Real => ColumnKind.Number,

                // The rules call anything else a number, which says nothing of it.
                Affinity.Numeric or Affinity.Blob or _ => ColumnKind.Other,
            };
    }

    /// <summary>By the rules of SQLite, in their order.</summary>
    public static Affinity AffinityOf(string type)
    {
        return Has("INT") ? Affinity.Integer
            : Has("CHAR") || Has("CLOB") || Has("TEXT") ? Affinity.Text
            : Has("BLOB") || type.Length == 0 ? Affinity.Blob
            : Has("REAL") || Has("FLOA") || Has("DOUB") ? Affinity.Real
            : Affinity.Numeric;

        bool Has(string part) => type.Contains(part, StringComparison.OrdinalIgnoreCase);
    }
}
