namespace AiBackend.Orchestration;

/// <summary>Sentences as they are quoted: on one line, without the marks of a list.</summary>
internal static class Quotation
{
    /// <summary>A table without full stops is one "sentence"; nobody reads more of it in a quotation.</summary>
    private const int Longest = 1_000;

    public static string Of(ReadOnlySpan<char> sentence)
    {
        var text = sentence.Trim();
        if (text is ['-' or '*' or '+' or '\u2022', ' ', .. var entry])
        {
            text = entry;
        }

        return string.Join(' ', text.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    public static string Cut(string quote) => quote.Length <= Longest ? quote
        : char.IsHighSurrogate(quote[Longest - 1]) ? quote[..(Longest - 1)]
        : quote[..Longest];
}
