using System.Collections.Frozen;

namespace AiBackend.Chat.Analyses.Pii;

/// <summary>The check digits of payments.</summary>
internal static class Checksums
{
    /// <summary>How long the account numbers of each country are.</summary>
    public static FrozenDictionary<string, int> IbanLengths { get; } = """
        AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27
        GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19
        MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23
        TN24 TR26 UA29 VA22 VG24 XK20
        """.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
        .ToFrozenDictionary(entry => entry[..2], entry => int.Parse(entry[2..], System.Globalization.CultureInfo.InvariantCulture), StringComparer.Ordinal);

    /// <summary>The check of card numbers (ISO/IEC 7812): from the right, each second digit counts twice.</summary>
    /// <param name="digits">Digits alone.</param>
    public static bool IsLuhn(string digits)
    {
        var sum = 0;
        for (var i = 0; i < digits.Length; i++)
        {
            var digit = digits[^(i + 1)] - '0';
            sum += i % 2 == 0 ? digit : (digit * 2 / 10) + (digit * 2 % 10);
        }

        return sum % 10 == 0;
    }

    /// <summary>The check of account numbers (ISO 13616): the first four at the end, letters as numbers, the remainder by 97 is 1.</summary>
    /// <param name="iban">Upper-case letters and digits alone.</param>
    public static bool IsIban(string iban)
    {
        var remainder = 0;
        foreach (var letter in $"{iban[4..]}{iban[..4]}")
        {
            remainder = char.IsAsciiDigit(letter)
                ? ((remainder * 10) + (letter - '0')) % 97
                : ((remainder * 100) + (letter - 'A' + 10)) % 97;
        }

        return remainder == 1;
    }
}
