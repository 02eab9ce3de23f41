using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace AiBackend.DataStores.Postgres;

/// <summary>What the types of PostgreSQL hold, by their names in <c>pg_catalog</c> without length, precision and scale.</summary>
internal static partial class PostgresTypes
{
    private static readonly FrozenDictionary<string, ColumnKind> Kinds = new Dictionary<string, ColumnKind>
    {
        ["smallint"] = ColumnKind.Integer,
        ["integer"] = ColumnKind.Integer,
        ["bigint"] = ColumnKind.Integer,
        ["numeric"] = ColumnKind.Number,
        ["real"] = ColumnKind.Number,
        ["double precision"] = ColumnKind.Number,
        ["money"] = ColumnKind.Number,
        ["boolean"] = ColumnKind.Boolean,
        ["character varying"] = ColumnKind.Text,
        ["character"] = ColumnKind.Text,
        ["bpchar"] = ColumnKind.Text,
        ["text"] = ColumnKind.Text,
        ["\"char\""] = ColumnKind.Text,
        ["name"] = ColumnKind.Text,
        ["uuid"] = ColumnKind.Text,
        ["inet"] = ColumnKind.Text,
        ["cidr"] = ColumnKind.Text,
        ["macaddr"] = ColumnKind.Text,
        ["macaddr8"] = ColumnKind.Text,
        ["date"] = ColumnKind.Date,
        ["timestamp without time zone"] = ColumnKind.Time,
        ["timestamp with time zone"] = ColumnKind.Time,
        ["json"] = ColumnKind.Json,
        ["jsonb"] = ColumnKind.Json,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The type's name without length, precision and scale.</summary>
    public static string BaseName(string type) => Modifier().Replace(type, string.Empty);

    /// <summary>What a type of the system holds; null for one that somebody added.</summary>
    /// <param name="type">As <c>format_type</c> has it while the search path holds the system's types only.</param>
    public static ColumnKind? OfSystem(string type) => Kinds.TryGetValue(BaseName(type), out var kind) ? kind : null;

    /// <summary>What a type holds.</summary>
    /// <param name="class">Its <c>typtype</c>.</param>
    /// <param name="category">Its <c>typcategory</c>.</param>
    public static ColumnKind KindOf(string type, char @class, char category) => (OfSystem(type), @class, category) switch
    {
        ({ } kind, _, _) => kind,
        (_, 'e', _) => ColumnKind.Text,

        // A text of an extension, such as citext.
        (_, 'b', 'S') => ColumnKind.Text,
        _ => ColumnKind.Other,
    };

    [GeneratedRegex(@"\(-?\d+(,-?\d+)?\)")]
    private static partial Regex Modifier();
}
