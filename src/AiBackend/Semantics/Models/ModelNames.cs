using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace AiBackend.Semantics.Models;

/// <summary>Names of cubes and members: <c>[a-z_][a-z0-9_]*</c>, not reserved, made from names in a database.</summary>
internal static class ModelNames
{
    /// <summary>
    /// Cube's SQL names columns <c>cube__member_granularity</c>, and PostgreSQL cuts names after 63 characters; what is longer than this is cut here,
    /// with a hash that keeps it unique.
    /// </summary>
    public const int MaxMember = 43;

    private const int MaxCube = 80;

    // Cube evaluates names in JavaScript and parses references as Python.
    private static readonly HashSet<string> Reserved = new(StringComparer.Ordinal)
    {
        // JavaScript
        "arguments", "await", "break", "case", "catch", "class", "const", "constructor", "continue", "debugger", "default", "delete", "do", "else", "enum",
        "eval", "export", "extends", "false", "finally", "for", "function", "if", "import", "in", "instanceof", "let", "new", "null", "prototype", "return",
        "static", "super", "switch", "this", "throw", "true", "try", "typeof", "undefined", "var", "void", "while", "with", "yield",

        // Python
        "and", "as", "assert", "async", "def", "del", "elif", "except", "from", "global", "is", "lambda", "none", "nonlocal", "not", "or", "pass",
        "raise",

        // Cube: a property of every cube
        "sql",
    };

    // What the letters from U+00C0 to U+017F are without their marks.
    private static readonly string[] Latin = (
        "a a a a a a ae c e e e e i i i i d n o o o o o _ o u u u u y th ss a a a a a a ae c e e e e i i i i d n o o o o o _ o u u u u y th y a a a a "
        + "a a c c c c c c c c d d d d e e e e e e e e e e g g g g g g g g h h h h i i i i i i i i i i ij ij j j k k k l l l l l l l l l l n n n n n n "
        + "n n n o o o o o o oe oe r r r r r r s s s s s s s s t t t t t t u u u u u u u u u u u u w w y y y z z z z z z s").Split(' ');

    /// <summary>The name of a cube for a table's name.</summary>
    public static string Cube(string name) => Safe(name, "table", MaxCube);

    /// <summary>The name of a dimension for a column's name.</summary>
    public static string Member(string name) => Safe(name, "column", MaxMember);

    /// <summary>The name, or with a number at its end when it is taken.</summary>
    public static string Unique(string name, Func<string, bool> isTaken, int max = MaxCube)
    {
        var candidate = name;
        for (var number = 2; isTaken(candidate); number++)
        {
            var end = string.Create(CultureInfo.InvariantCulture, $"_{number}");
            candidate = name[..Math.Min(name.Length, max - end.Length)] + end;
        }

        return candidate;
    }

    /// <summary>A name for a measure of a column: the column's with an ending, cut where it is too long.</summary>
    public static string Measure(string member, string ending) => $"{Fit(member, MaxMember - ending.Length - 1)}_{ending}";

    /// <summary>Whether the letters of a name were all kept, so that nothing is lost to a reader.</summary>
    public static bool Keeps(string name) => name.Length <= MaxMember && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-' or ' ');

    /// <summary>A short hexadecimal text that follows from another text.</summary>
    public static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 4));

    private static string Safe(string name, string kind, int max)
    {
        var folded = Fold(name);
        if (folded.Trim('_').Length == 0)
        {
            return $"{kind}_{Hash(name)}";
        }

        if (char.IsAsciiDigit(folded[0]))
        {
            folded = "_" + folded;
        }

        return Fit(Reserved.Contains(folded) ? folded + "_" : folded, max);
    }

    private static string Fit(string name, int max) => name.Length <= max ? name : $"{name[..(max - 9)].TrimEnd('_')}_{Hash(name)}";

    // Words of CamelCase are parted; marks are taken off letters; anything else becomes one underscore.
    private static string Fold(string name)
    {
        var folded = new StringBuilder(name.Length + 8);
        for (var index = 0; index < name.Length; index++)
        {
            var letter = name[index];
            if (char.IsAsciiLetterUpper(letter) && index > 0 && BeginsWord(name, index))
            {
                Underscore(folded);
            }

            if (char.IsAsciiLetterOrDigit(letter))
            {
                folded.Append(char.ToLowerInvariant(letter));
            }
            else if (Spelled(letter) is { } spelled)
            {
                folded.Append(spelled);
            }
            else if (CharUnicodeInfo.GetUnicodeCategory(letter) != UnicodeCategory.NonSpacingMark)
            {
                Underscore(folded);
            }
        }

        return folded.ToString().TrimEnd('_');
    }

    private static bool BeginsWord(string letters, int index) =>
        char.IsAsciiLetterLower(letters[index - 1]) || char.IsAsciiDigit(letters[index - 1])
        || (char.IsAsciiLetterUpper(letters[index - 1]) && index + 1 < letters.Length && char.IsAsciiLetterLower(letters[index + 1]));

    private static void Underscore(StringBuilder folded)
    {
        if (folded.Length == 0 || folded[^1] != '_')
        {
            folded.Append('_');
        }
    }

    private static string? Spelled(char letter) => letter is >= '\u00c0' and <= '\u017f' && Latin[letter - '\u00c0'] is not "_" and var spelled ? spelled : null;
}
