using AiBackend.DataStores;

namespace AiBackend.Semantics.Models;

/// <summary>
/// Patterns of tables: <c>name</c> or <c>schema.name</c>, <c>*</c> for any characters, case ignored. A pattern without a schema is for every schema.
/// </summary>
internal static class TablePatterns
{
    /// <summary>Whether a table is modelled: some pattern of <paramref name="include"/> (or none is given), and none of <paramref name="exclude"/>.</summary>
    public static bool Allow(TableName table, IReadOnlyList<string> include, IReadOnlyList<string> exclude) =>
        (include.Count == 0 || include.Any(pattern => Matches(pattern, table))) && !exclude.Any(pattern => Matches(pattern, table));

    /// <summary>Whether a pattern, or a plain name, means the table.</summary>
    public static bool Matches(string pattern, TableName table) =>
        Like(pattern, table.Name) || (table.Schema is { } schema && Like(pattern, $"{schema}.{table.Name}"));

    private static bool Like(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        var (star, retry) = (-1, 0);
        var at = 0;
        for (var index = 0; index < text.Length;)
        {
            if (at < pattern.Length && pattern[at] == '*')
            {
                (star, retry) = (at++, index);
            }
            else if (at < pattern.Length && char.ToUpperInvariant(pattern[at]) == char.ToUpperInvariant(text[index]))
            {
                at++;
                index++;
            }
            else if (star >= 0)
            {
                at = star + 1;
                index = ++retry;
            }
            else
            {
                return false;
            }
        }

        return pattern[at..].TrimStart('*').IsEmpty;
    }
}
