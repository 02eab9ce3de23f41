namespace AiBackend.Chat.Analyses.Pii;

/// <summary>The check digits of numbers that states give to people.</summary>
internal static class NationalIds
{
    private const string SpanishLetters = "TRWAGMYFPDXBNJZSQVHLCKE";

    /// <summary>Stand for the digits 0 to 9 where two people would have the same code.</summary>
    private const string ItalianDigits = "LMNPQRSTUV";

    /// <summary>What the digits 0 to 9, and the letters A to Z, count at odd places of an Italian code.</summary>
    private static readonly int[] OddDigits = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21];
    private static readonly int[] OddLetters = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

    /// <summary>
    /// A German Steuer-Identifikationsnummer: of the first ten digits one comes twice or three times, no other more than once, and the last
    /// digit is that of ISO/IEC 7064, mod 11,10.
    /// </summary>
    /// <param name="digits">Eleven.</param>
    public static bool IsGermanTaxId(string digits)
    {
        var repeated = digits.Take(10).GroupBy(digit => digit).Where(group => group.Count() > 1).ToList();
        if (repeated.Count != 1 || repeated[0].Count() > 3)
        {
            return false;
        }

        var product = 10;
        foreach (var digit in digits.AsSpan(0, 10))
        {
            var sum = (digit - '0' + product) % 10;
            product = (sum == 0 ? 10 : sum) * 2 % 11;
        }

        return (11 - product) % 10 == digits[10] - '0';
    }

    /// <summary>A Dutch burgerservicenummer: its digits times 9, 8 … 2 and -1 add up to a multiple of 11.</summary>
    /// <param name="digits">Nine.</param>
    public static bool IsDutchBsn(string digits)
    {
        var sum = -(digits[8] - '0');
        for (var i = 0; i < 8; i++)
        {
            sum += (digits[i] - '0') * (9 - i);
        }

        return sum % 11 == 0 && digits.Any(digit => digit != '0');
    }

    /// <summary>A Spanish DNI or NIE: the letter follows from the number; X, Y and Z of a NIE stand for 0, 1 and 2.</summary>
    public static bool IsSpanishId(string value)
    {
        var letters = value.ToUpperInvariant().Where(char.IsAsciiLetterOrDigit).ToArray();
        letters[0] = letters[0] switch { 'X' => '0', 'Y' => '1', 'Z' => '2', var digit => digit };
        var number = 0;
        foreach (var digit in letters.AsSpan(0, 8))
        {
            number = (number * 10) + (digit - '0');
        }

        return SpanishLetters[number % 23] == letters[8];
    }

    /// <summary>An Italian codice fiscale: the last letter follows from the other fifteen.</summary>
    /// <param name="value">Of the right shape.</param>
    public static bool IsItalianFiscalCode(string value)
    {
        var sum = 0;
        for (var i = 0; i < 15; i++)
        {
            var sign = char.ToUpperInvariant(value[i]);
            sum += (i % 2 == 0, char.IsAsciiDigit(sign)) switch
            {
                (true, true) => OddDigits[sign - '0'],
                (true, false) => OddLetters[sign - 'A'],
                (false, true) => sign - '0',
                (false, false) => sign - 'A',
            };
        }

        return sum % 26 == char.ToUpperInvariant(value[15]) - 'A' && IsDay(value);
    }

    /// <summary>The day of birth, women's plus 40.</summary>
    private static bool IsDay(string value)
    {
        var day = (DigitOf(value[9]) * 10) + DigitOf(value[10]);
        return day is (>= 1 and <= 31) or (>= 41 and <= 71);
    }

    private static int DigitOf(char sign) =>
        char.IsAsciiDigit(sign) ? sign - '0' : ItalianDigits.IndexOf(char.ToUpperInvariant(sign), StringComparison.Ordinal);
}
