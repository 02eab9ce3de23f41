namespace AiBackend.Orchestration.Model;

/// <summary>
/// How many tokens a text is, roughly: a quarter of its ASCII characters and one for each other character. The model behind
/// <c>AI_BASE_URL</c> may be any, so its own tokeniser is not known; this estimate is on the high side for most, which keeps
/// prompts within their budget.
/// </summary>
internal static class TokenEstimate
{
    public static int Of(ReadOnlySpan<char> text)
    {
        var quarters = 0L;
        foreach (var unit in text)
        {
            quarters += char.IsAscii(unit) ? 1 : 4;
        }

        return (int)Math.Min(int.MaxValue, (quarters + 3) / 4);
    }

    /// <summary>The beginning of the text that is within the budget.</summary>
    public static ReadOnlySpan<char> Cut(ReadOnlySpan<char> text, int tokens)
    {
        var quarters = tokens * 4L;
        for (var i = 0; i < text.Length; i++)
        {
            quarters -= char.IsAscii(text[i]) ? 1 : 4;
            if (quarters < 0)
            {
                // A pair of surrogates stays together.
                return text[..(i > 0 && char.IsHighSurrogate(text[i - 1]) ? i - 1 : i)];
            }
        }

        return text;
    }
}
