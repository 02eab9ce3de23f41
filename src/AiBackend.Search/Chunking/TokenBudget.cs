using AiBackend.Search.Text;

namespace AiBackend.Search.Chunking;

/// <summary>
/// Counts what a text takes from a token budget: a word 1, a Chinese or Japanese character 1. So that nothing grows without bound,
/// each further 16 characters of an overlong word, and each whole 16 of a run of symbols or of white space, count 1 as well.
/// </summary>
public static class TokenBudget
{
    /// <summary>The characters that one token stands for where there are no words to count.</summary>
    internal const int CharactersPerToken = 16;

    /// <summary>The tokens of the text, in one pass over it.</summary>
    public static int Count(ReadOnlySpan<char> text)
    {
        var count = 0;
        var scanner = new TextScanner(text);
        while (scanner.Next(out var kind, out var run))
        {
            count += CostOf(kind, run.Length);
        }

        return count;
    }

    internal static int CostOf(RunKind kind, int length) => kind switch
    {
        RunKind.Word => (length + CharactersPerToken - 1) / CharactersPerToken,
        RunKind.Ideograph => 1,
        _ => length / CharactersPerToken,
    };
}
