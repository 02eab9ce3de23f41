using System.Globalization;
using System.Runtime.Intrinsics;

namespace AiBackend.Search.Embedding;

/// <summary>
/// Adds the vectors of a folded text's words to a sum, by the rules 3 to 6 of <c>Models/static-en/MODEL.md</c>. The rules are
/// part of the model: the table was fitted to words cut in exactly this way.
/// </summary>
internal readonly ref struct EmbeddingPass(StaticModel model, Span<float> sum)
{
    private const int LongestForEndings = 100;
    private const int LongestForGrams = 40;

    private static readonly (string End, string Replacement)[] Endings =
    [
        ("ies", "y"), ("ied", "y"), ("sses", "ss"), ("es", ""), ("es", "e"), ("s", ""), ("ing", ""), ("ing", "e"), ("ed", ""),
        ("ed", "e"), ("ly", ""), ("ily", "y"), ("ness", ""), ("iness", "y"), ("er", ""), ("er", "e"), ("est", ""), ("ise", "ize"),
        ("ised", "ized"), ("ising", "izing"), ("isation", "ization"), ("our", "or"), ("ment", ""), ("ful", ""), ("less", ""),
        ("able", ""), ("able", "e"),
    ];

    private static readonly string[] Clitics = ["'s", "'ll", "'re", "'ve", "'d", "'m"];

    private readonly Span<float> sum = sum;

    /// <summary>Rule 3: a whole run.</summary>
    public void AddRun(ReadOnlySpan<char> run)
    {
        var buffer = run.Length <= 256 ? stackalloc char[run.Length] : new char[run.Length];
        ReadOnlySpan<char> lower = ToLower(run, buffer);
        if (TryAddRow(lower))
        {
            return;
        }

        if (lower.Contains('\''))
        {
            if (lower is "can't")
            {
                AddBoth("can", "not");
                return;
            }

            if (lower is "won't")
            {
                AddBoth("will", "not");
                return;
            }

            if (lower is "shan't")
            {
                AddBoth("shall", "not");
                return;
            }

            if (lower.EndsWith("n't") && lower.Length > 3)
            {
                AddPiece(run[..^3], lower[..^3]);
                AddWord("not");
                return;
            }

            foreach (var clitic in Clitics)
            {
                if (lower.EndsWith(clitic) && lower.Length > clitic.Length)
                {
                    run = run[..^clitic.Length];
                    lower = lower[..^clitic.Length];
                    break;
                }
            }

            if (TryAddRow(lower))
            {
                return;
            }
        }
        else if (lower is "cannot")
        {
            AddBoth("can", "not");
            return;
        }

        foreach (var piece in lower.SplitAny('\'', '-'))
        {
            if (!lower[piece].IsEmpty)
            {
                AddPiece(run[piece], lower[piece]);
            }
        }
    }

    /// <summary>Rule 4: a piece without apostrophe or hyphen; names such as <c>getUserName</c> come apart.</summary>
    private void AddPiece(ReadOnlySpan<char> piece, ReadOnlySpan<char> lower)
    {
        if (TryAddRow(lower))
        {
            return;
        }

        var start = 0;
        for (var i = 1; i < piece.Length; i++)
        {
            if (IsCut(piece, i))
            {
                AddWord(lower[start..i]);
                start = i;
            }
        }

        AddWord(lower[start..]);
        if (start > 0 && HasDigit(piece))
        {
            AddGrams(lower);
        }
    }

    /// <summary>Rule 5: the word, or the form that is left when an English ending is taken off.</summary>
    private void AddWord(ReadOnlySpan<char> word)
    {
        if (TryAddRow(word))
        {
            return;
        }

        if (word.Length is >= 5 and <= LongestForEndings)
        {
            Span<char> buffer = stackalloc char[LongestForEndings + 8];
            foreach (var (end, replacement) in Endings)
            {
                if (!word.EndsWith(end))
                {
                    continue;
                }

                var length = word.Length - end.Length;
                word[..length].CopyTo(buffer);
                replacement.CopyTo(buffer[length..]);
                var form = buffer[..(length + replacement.Length)];
                if (form.Length < 3)
                {
                    continue;
                }

                var isDoubled = end.Length >= 2 && replacement.Length == 0 && form.Length >= 4 && form[^1] == form[^2];
                if (TryAddRow(form) || (isDoubled && TryAddRow(form[..^1])))
                {
                    return;
                }
            }
        }

        AddGrams(word);
    }

    /// <summary>Rule 6: the mean of the vectors of the word's character n-grams.</summary>
    private void AddGrams(ReadOnlySpan<char> word)
    {
        Span<char> marked = stackalloc char[LongestForGrams + 2];
        var length = Math.Min(word.Length, LongestForGrams);
        marked[0] = '<';
        word[..length].CopyTo(marked[1..]);
        marked[length + 1] = '>';
        marked = marked[..(length + 2)];

        var count = 0;
        for (var size = model.ShortestGram; size <= model.LongestGram; size++)
        {
            count += Math.Max(0, marked.Length - size + 1);
        }

        if (count == 0)
        {
            AddRow(model.WordCount, 1);
            return;
        }

        for (var size = model.ShortestGram; size <= model.LongestGram; size++)
        {
            for (var i = 0; i + size <= marked.Length; i++)
            {
                AddRow(model.WordCount + (int)(Fnv1a(marked.Slice(i, size)) % (uint)model.BucketCount), 1f / count);
            }
        }
    }

    private void AddBoth(string first, string second)
    {
        AddWord(first);
        AddWord(second);
    }

    private bool TryAddRow(ReadOnlySpan<char> word)
    {
        var row = model.Find(word);
        if (row >= 0)
        {
            AddRow(row, 1);
        }

        return row >= 0;
    }

    private void AddRow(int row, float factor)
    {
        var scale = Vector256.Create(model.RowScales[row] * factor);
        var values = model.Row(row);
        for (var i = 0; i < values.Length; i += Vector256<sbyte>.Count)
        {
            var (low, high) = Vector256.Widen(Vector256.Create(values[i..]));
            var (first, second) = Vector256.Widen(low);
            var (third, fourth) = Vector256.Widen(high);
            AddScaled(first, scale, sum[i..]);
            AddScaled(second, scale, sum[(i + 8)..]);
            AddScaled(third, scale, sum[(i + 16)..]);
            AddScaled(fourth, scale, sum[(i + 24)..]);
        }
    }

    private static void AddScaled(Vector256<int> values, Vector256<float> scale, Span<float> target) =>
        Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(values), scale, Vector256.Create<float>(target)).CopyTo(target);

    private static bool IsCut(ReadOnlySpan<char> piece, int at)
    {
        var before = char.GetUnicodeCategory(piece[at - 1]);
        var after = char.GetUnicodeCategory(piece[at]);
        return (before == UnicodeCategory.DecimalDigitNumber) != (after == UnicodeCategory.DecimalDigitNumber)
            || (after == UnicodeCategory.UppercaseLetter
                && (before == UnicodeCategory.LowercaseLetter
                    || (before == UnicodeCategory.UppercaseLetter && at + 1 < piece.Length
                        && char.GetUnicodeCategory(piece[at + 1]) == UnicodeCategory.LowercaseLetter)));
    }

    private static bool HasDigit(ReadOnlySpan<char> piece)
    {
        foreach (var unit in piece)
        {
            if (char.IsDigit(unit))
            {
                return true;
            }
        }

        return false;
    }

    private static Span<char> ToLower(ReadOnlySpan<char> run, Span<char> buffer)
    {
        for (var i = 0; i < run.Length; i++)
        {
            buffer[i] = char.ToLowerInvariant(run[i]);
        }

        return buffer;
    }

    private static uint Fnv1a(ReadOnlySpan<char> gram)
    {
        var hash = 2166136261;
        foreach (var unit in gram)
        {
            hash = (hash ^ (byte)unit) * 16777619;
            hash = (hash ^ (byte)(unit >> 8)) * 16777619;
        }

        return hash;
    }
}
