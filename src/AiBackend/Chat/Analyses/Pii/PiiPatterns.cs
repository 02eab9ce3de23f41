using System.Buffers;
using System.Text.RegularExpressions;

namespace AiBackend.Chat.Analyses.Pii;

/// <summary>What each kind of personal or secret thing looks like. Every pattern is bounded, so that no text takes long.</summary>
internal static partial class PiiPatterns
{
    private const int FewestDifferentDigits = 3;

    private static readonly SearchValues<char> PhoneSeparators = SearchValues.Create(" ()./-");

    /// <summary>The kinds, the surest first: where two find the same place, the first has it.</summary>
    public static IReadOnlyList<(string Kind, Func<string, IEnumerable<(int Start, int Length)>> Find)> InOrder { get; } =
    [
        ("api_key", text => Matches(ApiKey(), text, _ => true)),
        ("email", text => Matches(Email(), text, _ => true)),
        ("iban", FindIbans),
        ("card", FindCards),
        ("it_fiscal_code", text => Matches(FiscalCode(), text, NationalIds.IsItalianFiscalCode)),
        ("es_nie", text => Matches(Nie(), text, NationalIds.IsSpanishId)),
        ("es_dni", text => Matches(Dni(), text, NationalIds.IsSpanishId)),
        ("uk_nino", text => Matches(Nino(), text, _ => true)),
        ("us_ssn", text => Matches(Ssn(), text, _ => true)),
        ("de_tax_id", text => Matches(TaxId(), text, value => NationalIds.IsGermanTaxId(DigitsOf(value)))),
        ("nl_bsn", text => Matches(Bsn(), text, value => NationalIds.IsDutchBsn(DigitsOf(value)))),
        ("phone", FindPhones),
    ];

    private static IEnumerable<(int Start, int Length)> Matches(Regex pattern, string text, Func<string, bool> accept)
    {
        foreach (Match match in pattern.Matches(text))
        {
            if (accept(match.Value))
            {
                yield return (match.Index, match.Length);
            }
        }
    }

    /// <summary>The country says how long one is; what follows in the text may look as if it went on.</summary>
    private static IEnumerable<(int Start, int Length)> FindIbans(string text)
    {
        foreach (Match start in IbanStart().Matches(text))
        {
            if (Checksums.IbanLengths.TryGetValue(start.Value[..2].ToUpperInvariant(), out var length)
                && Take(text, start.Index, length) is { } value
                && Checksums.IsIban(value.Compact))
            {
                yield return (start.Index, value.Length);
            }
        }
    }

    /// <summary>So many letters and digits from here, with single spaces or hyphens between; null when there are not.</summary>
    private static (string Compact, int Length)? Take(string text, int start, int count)
    {
        var taken = new char[count];
        var at = start;
        for (var i = 0; i < count; at++)
        {
            if (at < text.Length && char.IsAsciiLetterOrDigit(text[at]))
            {
                taken[i++] = char.ToUpperInvariant(text[at]);
            }
            else if (at >= text.Length || text[at] is not (' ' or '-') || text[at - 1] is ' ' or '-')
            {
                return null;
            }
        }

        return at < text.Length && char.IsAsciiLetterOrDigit(text[at]) ? null : (new string(taken), at - start);
    }

    private static IEnumerable<(int Start, int Length)> FindPhones(string text)
    {
        foreach (Match match in Phone().Matches(text))
        {
            var isAnnounced = PhoneWord().IsMatch(text.AsSpan(Math.Max(0, match.Index - 30), Math.Min(30, match.Index)));

            // Another number may stand right behind it.
            var value = match.Value;
            while (value.Length > 0 && !IsPhone(value, isAnnounced))
            {
                value = value[..Math.Max(0, value.AsSpan().LastIndexOfAny(PhoneSeparators))].TrimEnd(' ', '(', ')', '.', '/', '-');
            }

            if (value.Length > 0)
            {
                yield return (match.Index, value.Length);
            }
        }
    }

    private static bool IsPhone(string value, bool isAnnounced)
    {
        var digits = DigitsOf(value).Length;
        return DigitsOf(value).Distinct().Count() >= FewestDifferentDigits && (value[0] == '+' ? digits is >= 8 and <= 15
            : !Date().IsMatch(value) && (
                value.StartsWith("00", StringComparison.Ordinal) ? digits is >= 10 and <= 17
                : value.TrimStart('(').StartsWith('0') ? digits is >= 9 and <= 12
                : NorthAmericanPhone().IsMatch(value) || (isAnnounced && digits is >= 6 and <= 13)));
    }

    /// <summary>The longest number from each group of digits that has the beginning, the length and the check digit of a card.</summary>
    private static IEnumerable<(int Start, int Length)> FindCards(string text)
    {
        foreach (Match start in CardStart().Matches(text))
        {
            for (var length = 19; length >= 13; length--)
            {
                if (Take(text, start.Index, length) is { } value && IsCard(value.Compact))
                {
                    yield return (start.Index, value.Length);
                    break;
                }
            }
        }
    }

    private static bool IsCard(string value) =>
        value.All(char.IsAsciiDigit) && IsLengthOfCard(value[0], value.Length) && value.Distinct().Count() > 1 && Checksums.IsLuhn(value);

    private static bool IsLengthOfCard(char first, int length) => first switch
    {
        '2' or '5' => length == 16,
        '3' => length is >= 14 and <= 16,
        '4' => length is 13 or 16 or 19,
        '6' => length >= 16,
        _ => false,
    };

    private static string DigitsOf(string value) => string.Concat(value.Where(char.IsAsciiDigit));

    [GeneratedRegex(
        """
        (?<![A-Za-z0-9_])(?:
          sk-[A-Za-z0-9_-]{16,256} | [sr]k_(?:live|test)_[A-Za-z0-9]{10,256} | (?:AKIA|ASIA)[0-9A-Z]{16} | gh[oprsu]_[A-Za-z0-9]{20,256}
          | github_pat_[A-Za-z0-9_]{20,256} | glpat-[A-Za-z0-9_-]{16,256} | xox[abeoprs]-[A-Za-z0-9-]{10,256} | AIza[A-Za-z0-9_-]{35}
          | aib_[a-z0-9]{10,64}_[A-Za-z0-9]{10,256} | whsec_[A-Za-z0-9+/=]{16,256} | npm_[A-Za-z0-9]{30,64} | hf_[A-Za-z0-9]{20,64}
          | eyJ[A-Za-z0-9_-]{8,4096}\.eyJ[A-Za-z0-9_-]{8,4096}\.[A-Za-z0-9_-]{8,4096}
        )(?![A-Za-z0-9_])
        | -----BEGIN[ ][A-Z ]{0,30}PRIVATE[ ]KEY-----[A-Za-z0-9+/=\s]{0,16384}(?:-----END[ ][A-Z ]{0,30}PRIVATE[ ]KEY-----)?
        """,
        RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex ApiKey();

    [GeneratedRegex(
        @"(?<![\w.+%-])[A-Z0-9][A-Z0-9._%+'-]{0,63}@(?:[A-Z0-9](?:[A-Z0-9-]{0,61}[A-Z0-9])?\.){1,8}[A-Z]{2,24}(?![A-Z0-9-])",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Email();

    [GeneratedRegex(@"(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2}(?=[ -]?[A-Za-z0-9])", RegexOptions.CultureInvariant)]
    private static partial Regex IbanStart();

    [GeneratedRegex(@"(?<![0-9A-Za-z])[2-6](?=[0-9]{3})", RegexOptions.CultureInvariant)]
    private static partial Regex CardStart();

    [GeneratedRegex(
        @"(?<![A-Z0-9])[A-Z]{6}[0-9LMNP-V]{2}[A-EHLMPR-T][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z](?![A-Z0-9])",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex FiscalCode();

    [GeneratedRegex(@"(?<![A-Z0-9])[XYZ][ -]?[0-9]{7}[ -]?[A-Z](?![A-Z0-9])", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Nie();

    [GeneratedRegex(@"(?<![A-Z0-9])[0-9]{8}[ -]?[A-Z](?![A-Z0-9])", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Dni();

    [GeneratedRegex(
        @"(?<![A-Z0-9])(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D](?![A-Z0-9])",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Nino();

    [GeneratedRegex(@"(?<![0-9A-Za-z-])(?!000|666|9)[0-9]{3}([- ])(?!00)[0-9]{2}\1(?!0000)[0-9]{4}(?![0-9A-Za-z-])", RegexOptions.CultureInvariant)]
    private static partial Regex Ssn();

    [GeneratedRegex(@"(?<![0-9A-Za-z])[1-9][0-9](?: ?[0-9]{3}){3}(?![0-9A-Za-z])", RegexOptions.CultureInvariant)]
    private static partial Regex TaxId();

    [GeneratedRegex(@"(?<![0-9A-Za-z+.,-])(?:[0-9]{9}|[0-9]{4}\.[0-9]{2}\.[0-9]{3})(?![0-9A-Za-z])(?![.,-][0-9])", RegexOptions.CultureInvariant)]
    private static partial Regex Bsn();

    [GeneratedRegex(
        @"(?<![0-9A-Za-z+.,#/-])(?:\+|\()?[0-9](?:[ )./-]{0,3}\(?[0-9]){5,19}(?![0-9A-Za-z])", RegexOptions.CultureInvariant)]
    private static partial Regex Phone();

    [GeneratedRegex(@"^\(?[2-9][0-9]{2}(?:\) ?|[-. ])[2-9][0-9]{2}[-. ][0-9]{4}$|^1[-. ]\(?[2-9][0-9]{2}\)?[-. ][2-9][0-9]{2}[-. ][0-9]{4}$", RegexOptions.CultureInvariant)]
    private static partial Regex NorthAmericanPhone();

    /// <summary>What begins like a date or a time is none, whatever follows.</summary>
    [GeneratedRegex(@"^[0-9]{1,2}[./-][0-9]{1,2}[./-](?:19|20)?[0-9]{2}(?![0-9])|^(?:19|20)[0-9]{2}[./-][0-9]{1,2}[./-][0-9]{1,2}(?![0-9])", RegexOptions.CultureInvariant)]
    private static partial Regex Date();

    [GeneratedRegex(
        @"\b(?:phone|tel|telephone|call|mobile|cell|fax|whatsapp|telefon|telefonnummer|handy|mobil|rufnummer|téléphone|portable|teléfono|móvil|telefono|cellulare|telefone|celular|telefoon|mobiel)\b[^0-9]{0,15}$",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex PhoneWord();
}
