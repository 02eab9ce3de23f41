using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using AiBackend.Search.Text;

namespace AiBackend.Semantics.Questions;

/// <summary>A word of a question.</summary>
/// <param name="Text">In lower case without accents; numbers plain (<c>1000</c>).</param>
/// <param name="Raw">As it was written.</param>
/// <param name="IsQuoted">Whether it stood in quotation marks, which makes it a value.</param>
internal sealed record QuestionWord(string Text, string Raw, string Stem, bool IsQuoted);

/// <summary>A question cut into words, and the same in one line for phrases to be looked for.</summary>
internal sealed partial class QuestionWords
{
    private static readonly Dictionary<string, string> Irregular = new(StringComparer.Ordinal)
    {
        ["paid"] = "pay",
        ["spent"] = "spend",
        ["sold"] = "sell",
        ["bought"] = "buy",
        ["sent"] = "send",
        ["men"] = "man",
        ["women"] = "woman",
        ["people"] = "person",
        ["children"] = "child",
        ["staff"] = "staff",
    };

    private static readonly Dictionary<string, string> NumberWords = new(StringComparer.Ordinal)
    {
        ["two"] = "2",
        ["three"] = "3",
        ["four"] = "4",
        ["five"] = "5",
        ["six"] = "6",
        ["seven"] = "7",
        ["eight"] = "8",
        ["nine"] = "9",
        ["ten"] = "10",
        ["twelve"] = "12",
        ["twenty"] = "20",
    };

    private readonly int[] starts;

    private QuestionWords(IReadOnlyList<QuestionWord> words)
    {
        Words = words;
        starts = new int[words.Count];
        var line = new StringBuilder();
        for (var index = 0; index < words.Count; index++)
        {
            starts[index] = line.Length;
            line.Append(words[index].IsQuoted ? new string('"', Math.Max(1, words[index].Text.Length)) : words[index].Text).Append(' ');
        }

        Line = line.ToString();
    }

    public IReadOnlyList<QuestionWord> Words { get; }

    /// <summary>The words with one space after each; quoted ones as quotation marks.</summary>
    public string Line { get; }

    public static QuestionWords Of(string question)
    {
        var words = new List<QuestionWord>();
        foreach (Match match in Piece().Matches(question))
        {
            if (match.Groups["quoted"] is { Success: true } quoted)
            {
                words.Add(new QuestionWord(Fold(quoted.Value), quoted.Value, Fold(quoted.Value), IsQuoted: true));
                continue;
            }

            var text = match.Groups["number"].Success ? Number(match.Value) : match.Value is "&" ? "and" : match.Value is "%" ? "percent" : Fold(match.Value);
            text = NumberWords.GetValueOrDefault(text, text);
            words.Add(new QuestionWord(text, match.Value, StemOf(text), IsQuoted: false));
        }

        return new QuestionWords(words);
    }

    /// <summary>The words that a stretch of <see cref="Line"/> covers: the first, and the one after the last.</summary>
    public (int Start, int End) At(Match match)
    {
        var start = Array.BinarySearch(starts, match.Index);
        var end = Array.BinarySearch(starts, match.Index + match.Length);
        return (start < 0 ? ~start - 1 : start, end < 0 ? ~end : end);
    }

    /// <summary>The words of a name, in lower case: <c>order_items</c> and <c>Order Items</c> are <c>order, items</c>.</summary>
    public static IReadOnlyList<string> OfName(string name) => [.. NamePart().Matches(name).Select(match => Fold(match.Value))];

    public static string StemOf(string word) => Stems.Of(Irregular.GetValueOrDefault(word, word));

    /// <summary>Lower case, without accents.</summary>
    public static string Fold(string text)
    {
        var folded = new StringBuilder(text.Length);
        foreach (var letter in text.Normalize(NormalizationForm.FormD))
        {
            if (CharUnicodeInfo.GetUnicodeCategory(letter) != UnicodeCategory.NonSpacingMark)
            {
                folded.Append(char.ToLowerInvariant(letter));
            }
        }

        return folded.ToString();
    }

    // 1,000 is a thousand and 1.5 one and a half; 10k is ten thousand.
    private static string Number(string text)
    {
        var plain = Thousands().IsMatch(text) ? text.Replace(",", string.Empty, StringComparison.Ordinal) : text;
        var factor = char.ToLowerInvariant(plain[^1]) switch { 'k' => 1_000m, 'm' => 1_000_000m, _ => 1m };
        return factor == 1 ? plain
            : decimal.TryParse(plain[..^1], NumberStyles.Number, CultureInfo.InvariantCulture, out var number) ? (number * factor).ToString("0.##", CultureInfo.InvariantCulture)
            : plain;
    }

    [GeneratedRegex(@"[""“„](?<quoted>[^""“”„]{1,200})[""”“]|\d{4}-\d{2}(-\d{2})?(?![\w-])|\d{1,2}\.\d{1,2}\.\d{4}|(?<number>\d+(,\d{3})*(\.\d+)?[kKmM]?(?![\p{L}\p{N}]))|(?<=\p{L})['’]s\b|[\p{L}\p{N}]+(['’](?!s\b)\p{L}+)?|[,;&%€$£<>=]=?")]
    private static partial Regex Piece();

    [GeneratedRegex(@"^\d{1,3}(,\d{3})+(\.\d+)?[kKmM]?$")]
    private static partial Regex Thousands();

    [GeneratedRegex(@"\p{Lu}?[\p{Ll}\p{Lo}\p{Mn}]+|\p{Lu}+(?!\p{Ll})|\p{N}+|\p{Lu}")]
    private static partial Regex NamePart();
}
