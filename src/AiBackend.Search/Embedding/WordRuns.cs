namespace AiBackend.Search.Embedding;

/// <summary>Finds the words of a folded text by rule 2 of <c>Models/static-en/MODEL.md</c>.</summary>
internal static class WordRuns
{
    /// <summary>Finds the next run of letters and digits at or after <paramref name="at"/> and moves behind it.</summary>
    public static bool Next(ReadOnlySpan<char> text, ref int at, out ReadOnlySpan<char> run)
    {
        while (at < text.Length && !IsLetterOrDigit(text[at]))
        {
            at++;
        }

        var start = at;
        if (at == text.Length)
        {
            run = default;
            return false;
        }

        at++;
        while (at < text.Length)
        {
            if (IsLetterOrDigit(text[at]))
            {
                at++;
            }
            else if (text[at] is '\'' or '-' && at + 1 < text.Length && IsLetterOrDigit(text[at + 1]))
            {
                at += 2;
            }
            else
            {
                break;
            }
        }

        if (at - start == 1)
        {
            if (text[start] is 'c' or 'C' or 'f' or 'F' && text[at..].StartsWith("#"))
            {
                at++;
            }
            else if (text[start] is 'c' or 'C' && text[at..].StartsWith("++"))
            {
                at += 2;
            }
        }

        run = text[start..at];
        return true;
    }

    private static bool IsLetterOrDigit(char unit) => char.IsLetterOrDigit(unit) || char.IsSurrogate(unit);
}
