namespace AiBackend.Semantics.Repositories;

/// <summary>Folders within a repository: parts with <c>/</c> between, none at either end; empty for the root.</summary>
internal static class GitFolders
{
    public const int MaxLength = 200;

    /// <summary>Says what <see cref="IsFolder"/> asks for.</summary>
    public const string Rule = "Parts of letters, digits, - _ and . are expected, with / between and none at the ends; a part begins with neither . nor -.";

    /// <summary>Whether the text is a folder, and of characters that are safe in any system.</summary>
    public static bool IsFolder(string text) =>
        text.Length <= MaxLength && (text.Length == 0 || Array.TrueForAll(text.Split('/'), IsPart));

    /// <summary>A folder below another.</summary>
    public static string Join(string folder, string below) =>
        folder.Length == 0 ? below : below.Length == 0 ? folder : $"{folder}/{below}";

    private static bool IsPart(string part) =>
        part.Length is > 0 and <= 100
        && part[0] is not ('.' or '-')
        && part[^1] is not '.'
        && !part.EndsWith(".lock", StringComparison.OrdinalIgnoreCase)
        && part.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');
}
