using System.Buffers;

namespace AiBackend.Documents.Mongo;

/// <summary>
/// Field names as BSON takes them. A key of a dictionary may hold what MongoDB reads as an operator, a path or an end
/// (<c>$</c> in front, <c>.</c>, NUL); those characters, and the escape sign itself, are written as <c>%XX</c>.
/// </summary>
internal static class FieldNames
{
    private static readonly SearchValues<char> Special = SearchValues.Create("%.\0");

    /// <summary>The name to store.</summary>
    public static string Escape(string name)
    {
        if (!name.StartsWith('$') && !name.AsSpan().ContainsAny(Special))
        {
            return name;
        }

        var escaped = name.Replace("%", "%25", StringComparison.Ordinal)
            .Replace(".", "%2E", StringComparison.Ordinal)
            .Replace("\0", "%00", StringComparison.Ordinal);
        return escaped.StartsWith('$') ? string.Concat("%24", escaped.AsSpan(1)) : escaped;
    }

    /// <summary>The name that was stored.</summary>
    public static string Unescape(string name) => !name.Contains('%', StringComparison.Ordinal)
        ? name
        : name.Replace("%24", "$", StringComparison.Ordinal)
            .Replace("%00", "\0", StringComparison.Ordinal)
            .Replace("%2E", ".", StringComparison.Ordinal)
            .Replace("%25", "%", StringComparison.Ordinal);

    /// <summary>Where the field of a declared path is stored.</summary>
    public static string Stored(this FieldPath path) => path == FieldPath.Id ? "_id" : path.Value;
}
