namespace AiBackend.Chat.Sessions;

/// <summary>Names a conversation after its first question.</summary>
internal static class SessionTitle
{
    /// <summary>The most UTF-16 units of a made title.</summary>
    public const int MaxLength = 60;

    /// <summary>The first line with words in it, cut at a word where it is long; null when there is none.</summary>
    public static string? From(string text)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var words = line.Trim();
            if (words.Length > 0)
            {
                return Cut(string.Join(' ', words.ToString().Split(default(char[]), StringSplitOptions.RemoveEmptyEntries)));
            }
        }

        return null;
    }

    private static string Cut(string line)
    {
        if (line.Length <= MaxLength)
        {
            return line;
        }

        var space = line.LastIndexOf(' ', MaxLength - 1);
        var end = space > MaxLength / 2 ? space : MaxLength - 1;
        return $"{line[..(char.IsLowSurrogate(line[end]) ? end - 1 : end)]}…";
    }
}
