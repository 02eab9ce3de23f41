namespace AiBackend.Search.Text;

/// <summary>
/// M. F. Porter's algorithm for suffix stripping (1980): "connection", "connected" and "connecting" become "connect". Works in
/// place on lower-case ASCII letters; the stem is never longer than the word.
/// </summary>
internal static class PorterStemmer
{
    private static readonly (string End, string Replacement)[] Step2 =
    [
        ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("bli", "ble"), ("alli", "al"),
        ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"), ("ator", "ate"), ("alism", "al"),
        ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"), ("iviti", "ive"), ("biliti", "ble"), ("logi", "log"),
    ];

    private static readonly (string End, string Replacement)[] Step3 =
        [("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", "")];

    private static readonly string[] Step4 =
    [
        "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate", "iti", "ous",
        "ive", "ize",
    ];

    /// <returns>The length of the stem, which begins where the word does.</returns>
    public static int Stem(Span<char> word)
    {
        if (word.Length <= 2)
        {
            return word.Length;
        }

        var length = RemovePlural(word, word.Length);
        length = RemovePastAndGerund(word, length);
        if (length > 1 && word[length - 1] == 'y' && HasVowel(word[..(length - 1)]))
        {
            word[length - 1] = 'i';
        }

        length = Replace(word, length, Step2);
        length = Replace(word, length, Step3);
        length = RemoveDerivation(word, length);
        return RemoveFinalE(word, length);
    }

    private static int RemovePlural(Span<char> word, int length)
    {
        var w = word[..length];
        return w.EndsWith("sses") || w.EndsWith("ies") ? length - 2
            : w.EndsWith("s") && !w.EndsWith("ss") ? length - 1
            : length;
    }

    private static int RemovePastAndGerund(Span<char> word, int length)
    {
        var w = word[..length];
        if (w.EndsWith("eed"))
        {
            return Measure(w[..^3]) > 0 ? length - 1 : length;
        }

        var cut = w.EndsWith("ed") && HasVowel(w[..^2]) ? 2 : w.EndsWith("ing") && HasVowel(w[..^3]) ? 3 : 0;
        if (cut == 0)
        {
            return length;
        }

        length -= cut;
        w = word[..length];
        if (w.EndsWith("at") || w.EndsWith("bl") || w.EndsWith("iz"))
        {
            return AppendE(word, length);
        }

        if (EndsInDoubleConsonant(w) && w[^1] is not ('l' or 's' or 'z'))
        {
            return length - 1;
        }

        return Measure(w) == 1 && EndsInShortSyllable(w) ? AppendE(word, length) : length;
    }

    private static int Replace(Span<char> word, int length, (string End, string Replacement)[] rules)
    {
        foreach (var (end, replacement) in rules)
        {
            if (word[..length].EndsWith(end))
            {
                var stem = length - end.Length;
                if (Measure(word[..stem]) == 0)
                {
                    return length;
                }

                replacement.CopyTo(word[stem..]);
                return stem + replacement.Length;
            }
        }

        return length;
    }

    private static int RemoveDerivation(Span<char> word, int length)
    {
        foreach (var end in Step4)
        {
            if (word[..length].EndsWith(end))
            {
                var stem = length - end.Length;
                var fits = Measure(word[..stem]) > 1 && (end != "ion" || word[stem - 1] is 's' or 't');
                return fits ? stem : length;
            }
        }

        return length;
    }

    private static int RemoveFinalE(Span<char> word, int length)
    {
        if (word[length - 1] == 'e')
        {
            var measure = Measure(word[..(length - 1)]);
            if (measure > 1 || (measure == 1 && !EndsInShortSyllable(word[..(length - 1)])))
            {
                length--;
            }
        }

        return word[length - 1] == 'l' && EndsInDoubleConsonant(word[..length]) && Measure(word[..length]) > 1 ? length - 1 : length;
    }

    private static int AppendE(Span<char> word, int length)
    {
        word[length] = 'e';
        return length + 1;
    }

    /// <summary>How often a vowel is followed by a consonant.</summary>
    private static int Measure(ReadOnlySpan<char> stem)
    {
        var (count, wasVowel) = (0, false);
        for (var i = 0; i < stem.Length; i++)
        {
            // The word's "y" is a vowel after a consonant.
            var isVowel = stem[i] is 'a' or 'e' or 'i' or 'o' or 'u' || (stem[i] == 'y' && i > 0 && !wasVowel);
            if (wasVowel && !isVowel)
            {
                count++;
            }

            wasVowel = isVowel;
        }

        return count;
    }

    private static bool HasVowel(ReadOnlySpan<char> stem)
    {
        for (var i = 0; i < stem.Length; i++)
        {
            if (!IsConsonant(stem, i))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsConsonant(ReadOnlySpan<char> word, int at) => word[at] switch
    {
        'a' or 'e' or 'i' or 'o' or 'u' => false,
        'y' => at == 0 || !IsConsonant(word, at - 1),
        _ => true,
    };

    private static bool EndsInDoubleConsonant(ReadOnlySpan<char> word) =>
        word.Length >= 2 && word[^1] == word[^2] && IsConsonant(word, word.Length - 1);

    private static bool EndsInShortSyllable(ReadOnlySpan<char> word) =>
        word.Length >= 3 && IsConsonant(word, word.Length - 3) && !IsConsonant(word, word.Length - 2)
        && IsConsonant(word, word.Length - 1) && word[^1] is not ('w' or 'x' or 'y');
}
