namespace AiBackend.Search.Text;

/// <summary>
/// Reads the terms that the keyword index knows a text by: words in lower case without accents, cut at hyphens and apostrophes and
/// stemmed; pairs of neighbouring ideographs.
/// </summary>
internal ref struct TermScanner
{
    /// <summary>Longer terms are cut: nobody searches for the rest.</summary>
    private const int LongestTerm = 64;

    /// <summary>Lower-case base letters of U+00C0 to U+017F; the digits stand for the pairs in <see cref="Pairs"/>.</summary>
    private const string BaseLetters =
        "aaaaaa0ceeeeiiiidnooooo\u00D7ouuuuy12aaaaaa0ceeeeiiiidnooooo\u00F7ouuuuy1y"
        + "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii33jjkkkllllllllllnnnnnnnnnoooooo44rrrrrrsssssssstttttt"
        + "uuuuuuuuuuuuwwyyyzzzzzzs";

    private static readonly string[] Pairs = ["ae", "th", "ss", "ij", "oe"];

    private readonly ReadOnlySpan<char> text;
    private readonly char[] buffer = new char[LongestTerm];
    private TextScanner scanner;
    private TextRange word;
    private int at;
    private int lastIdeograph = -1;
    private bool isLastPaired;

    public TermScanner(ReadOnlySpan<char> text)
    {
        this.text = text;
        scanner = new TextScanner(text);
    }

    /// <param name="term">Valid until the next call.</param>
    /// <param name="source">The characters of the text that it stands for.</param>
    /// <param name="isStopWord">Whether it says nothing; such a term is not stemmed.</param>
    public bool Next(out ReadOnlySpan<char> term, out TextRange source, out bool isStopWord)
    {
        isStopWord = false;
        while (true)
        {
            if (at < word.End)
            {
                if (NextPiece(out term, out source, out isStopWord))
                {
                    return true;
                }

                continue;
            }

            if (lastIdeograph >= 0 && !isLastPaired && !FollowsIdeograph())
            {
                source = new TextRange(lastIdeograph, 1);
                term = text.Slice(lastIdeograph, 1);
                lastIdeograph = -1;
                return true;
            }

            if (!scanner.Next(out var kind, out var run))
            {
                term = default;
                source = default;
                return false;
            }

            if (kind == RunKind.Ideograph)
            {
                var isPair = lastIdeograph >= 0 && lastIdeograph + 1 == run.Start;
                lastIdeograph = run.Start;
                isLastPaired = isPair;
                if (isPair)
                {
                    source = new TextRange(run.Start - 1, 2);
                    term = source.Of(text);
                    return true;
                }

                continue;
            }

            lastIdeograph = -1;
            if (kind == RunKind.Word)
            {
                word = run;
                at = run.Start;
            }
        }
    }

    private readonly bool FollowsIdeograph() =>
        lastIdeograph + 1 < text.Length && TextScanner.IsIdeograph(text[lastIdeograph + 1]);

    private bool NextPiece(out ReadOnlySpan<char> term, out TextRange source, out bool isStopWord)
    {
        var start = at;
        while (at < word.End && !TextScanner.IsApostrophe(text[at]) && !TextScanner.IsHyphen(text[at]))
        {
            at++;
        }

        source = new TextRange(start, at - start);
        var isClitic = start > word.Start && TextScanner.IsApostrophe(text[start - 1]) && source.Length <= 2;
        at++;

        var length = Fold(source.Of(text), out var isAscii);
        var folded = buffer.AsSpan(0, length);
        isStopWord = isClitic || IsNegated(source) || StopWords.Contains(folded);
        term = isStopWord || !isAscii ? folded : folded[..PorterStemmer.Stem(folded)];
        return length > 0;
    }

    /// <summary>Whether the piece is the verb of "won't", "isn't" and the like; without this, "won't" would find what was won.</summary>
    private readonly bool IsNegated(TextRange piece) => piece.Length > 0 && piece.End + 2 == word.End
        && text[piece.End - 1] is 'n' or 'N' && TextScanner.IsApostrophe(text[piece.End]) && text[piece.End + 1] is 't' or 'T';

    /// <returns>The length in the buffer.</returns>
    private readonly int Fold(ReadOnlySpan<char> piece, out bool isAsciiLetters)
    {
        var length = 0;
        isAsciiLetters = true;
        foreach (var unit in piece)
        {
            if (length + 2 > buffer.Length)
            {
                break;
            }

            if (unit is >= '\u0300' and <= '\u036F')
            {
                continue;
            }

            var folded = unit is >= '\u00C0' and <= '\u017F' ? BaseLetters[unit - '\u00C0'] : char.ToLowerInvariant(unit);
            if (unit >= '\u00C0' && char.IsAsciiDigit(folded))
            {
                Pairs[folded - '0'].CopyTo(buffer.AsSpan(length));
                length += 2;
                continue;
            }

            isAsciiLetters &= char.IsAsciiLetterLower(folded);
            buffer[length++] = folded;
        }

        return length;
    }
}
