using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace AiBackend.DataStores.Clickhouse;

/// <summary>What the types of ClickHouse hold, and how their values are taken out as text and compared again.</summary>
internal static partial class ClickhouseTypes
{
    private static readonly FrozenDictionary<string, ColumnKind> Kinds = new Dictionary<string, ColumnKind>
    {
        ["Int8"] = ColumnKind.Integer,
        ["Int16"] = ColumnKind.Integer,
        ["Int32"] = ColumnKind.Integer,
        ["Int64"] = ColumnKind.Integer,
        ["Int128"] = ColumnKind.Integer,
        ["Int256"] = ColumnKind.Integer,
        ["UInt8"] = ColumnKind.Integer,
        ["UInt16"] = ColumnKind.Integer,
        ["UInt32"] = ColumnKind.Integer,
        ["UInt64"] = ColumnKind.Integer,
        ["UInt128"] = ColumnKind.Integer,
        ["UInt256"] = ColumnKind.Integer,
        ["BFloat16"] = ColumnKind.Number,
        ["Float32"] = ColumnKind.Number,
        ["Float64"] = ColumnKind.Number,
        ["Decimal"] = ColumnKind.Number,
        ["Bool"] = ColumnKind.Boolean,
        ["String"] = ColumnKind.Text,
        ["FixedString"] = ColumnKind.Text,
        ["UUID"] = ColumnKind.Text,
        ["Enum8"] = ColumnKind.Text,
        ["Enum16"] = ColumnKind.Text,
        ["IPv4"] = ColumnKind.Text,
        ["IPv6"] = ColumnKind.Text,
        ["Date"] = ColumnKind.Date,
        ["Date32"] = ColumnKind.Date,
        ["DateTime"] = ColumnKind.Time,
        ["DateTime64"] = ColumnKind.Time,
        ["JSON"] = ColumnKind.Json,
        ["Object"] = ColumnKind.Json,
        ["Map"] = ColumnKind.Json,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <param name="type">As <c>system.columns</c> has it.</param>
    public static ColumnKind KindOf(string type) => Kinds.GetValueOrDefault(BaseName(Inner(type)), ColumnKind.Other);

    public static bool IsNullable(string type) =>
        type.StartsWith("Nullable(", StringComparison.Ordinal) || type.StartsWith("LowCardinality(Nullable(", StringComparison.Ordinal);

    /// <summary>An expression for a value as text that loses nothing: bytes that are no text are <c>\x</c> and their digits.</summary>
    public static string AsText(string type, string column) => BaseName(Inner(type)) switch
    {
        "String" => Bytes(column),

        // Zeros fill it up; a shorter text is filled up with them again.
        "FixedString" => Bytes($@"trim(TRAILING '\0' FROM toString({column}))"),
        "DateTime" or "DateTime64" => $"toString({column}, 'UTC')",
        "Map" => $"toJSONString({column})",
        "AggregateFunction" => $"toString(finalizeAggregation({column}))",
        "Variant" or "Dynamic" => $"CAST({column} AS Nullable(String))",
        _ => $"toString({column})",
    };

    /// <summary>An expression that orders values: the column itself when a text can be given its type again.</summary>
    public static string AsKey(string type, string column) => IsComparable(Inner(type)) ? column : AsText(type, column);

    /// <summary>A text as a value that compares with <see cref="AsKey"/>.</summary>
    public static string AsParameter(string type, string parameter)
    {
        var inner = Inner(type);
        return BaseName(inner) switch
        {
            _ when !IsComparable(inner) => parameter,
            "String" => FromBytes(parameter),
            "FixedString" => $"CAST({FromBytes(parameter)} AS {inner})",
            "DateTime" => $"toDateTime({parameter}, 'UTC')",
            "DateTime64" => $"toDateTime64({parameter}, 9, 'UTC')",
            _ => $"CAST({parameter} AS {inner})",
        };
    }

    /// <summary>The type of the values themselves, without what says how they are kept.</summary>
    private static string Inner(string type)
    {
        while (true)
        {
            if (BaseName(type) is "Nullable" or "LowCardinality")
            {
                type = type[(type.IndexOf('(', StringComparison.Ordinal) + 1)..^1];
            }
            else if (type.StartsWith("SimpleAggregateFunction(", StringComparison.Ordinal))
            {
                type = type[(type.IndexOf(',', StringComparison.Ordinal) + 1)..^1].Trim();
            }
            else
            {
                return type;
            }
        }
    }

    private static string BaseName(string type)
    {
        var end = type.IndexOf('(', StringComparison.Ordinal);
        return end < 0 ? type : type[..end];
    }

    // An enumeration is ordered by its numbers, and could be given them only by the whole list of its names.
    private static bool IsComparable(string inner) => Kinds.ContainsKey(BaseName(inner)) && SimpleType().IsMatch(inner) && inner is not ("JSON" or "Object");

    private static string Bytes(string text) => $@"if(isValidUTF8({text}) AND NOT startsWith({text}, '\\x'), {text}, concat('\\x', hex({text})))";

    private static string FromBytes(string parameter) => $@"if(startsWith({parameter}, '\\x'), unhex(substring({parameter}, 3)), {parameter})";

    [GeneratedRegex(@"^[A-Za-z0-9]+(\(\d+(, ?\d+)?\))?$|^DateTime(64)?\(")]
    private static partial Regex SimpleType();
}
