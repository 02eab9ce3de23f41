namespace AiBackend.Search.Text;

/// <summary>The stem by which the index knows a word.</summary>
public static class Stems
{
    private const int LongestWord = 64;

    /// <param name="word">In lower case without accents; what is not ASCII letters or is very long stays as it is.</param>
    public static string Of(string word)
    {
        if (word.Length > LongestWord || !word.All(char.IsAsciiLetterLower))
        {
            return word;
        }

        Span<char> letters = stackalloc char[word.Length];
        word.CopyTo(letters);
        return new string(letters[..PorterStemmer.Stem(letters)]);
    }
}
