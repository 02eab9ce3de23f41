using System.Collections.Frozen;
using System.Text;

namespace AiBackend.Clients;

/// <summary>The readable names of clients in addresses.</summary>
internal static class Slug
{
    private const int MaxLength = 64;
    private const int SuffixLength = 7;

    // The runtime has no table of its own to decompose letters by: the service runs without ICU.
    private static readonly FrozenDictionary<char, string> PlainByLetter = new (string Plain, string Letters)[]
    {
        ("a", "àáâãäåāăąǎạảấầẩẫậắằẳẵặ"), ("ae", "æ"), ("c", "çćĉċč"), ("d", "ðďđ"), ("e", "èéêëēĕėęěẹẻẽếềểễệ"), ("g", "ĝğġģǧ"),
        ("h", "ĥħ"), ("i", "ìíîïĩīĭįıİǐỉị"), ("ij", "ĳ"), ("j", "ĵ"), ("k", "ķĸǩ"), ("l", "ĺļľŀł"), ("n", "ñńņňŉŋ"),
        ("o", "òóôõöøōŏőǒơọỏốồổỗộớờởỡợ"), ("oe", "œ"), ("r", "ŕŗř"), ("s", "śŝşšșſ"), ("ss", "ßẞ"), ("t", "ţťŧț"), ("th", "þ"),
        ("u", "ùúûüũūŭůűųǔưụủứừửữự"), ("w", "ŵẁẃẅ"), ("y", "ýÿŷỳỵỷỹ"), ("z", "źżž"),
    }.SelectMany(entry => entry.Letters.Select(letter => KeyValuePair.Create(letter, entry.Plain))).ToFrozenDictionary();

    public static bool IsValid(string text) => text.Length is > 0 and <= MaxLength && text.All(IsPlain);

    /// <summary>
    /// What a name becomes: its Latin letters without their marks, its digits, everything between them one dash; <c>client</c> when
    /// nothing is left.
    /// </summary>
    public static string From(string name)
    {
        var slug = new StringBuilder(MaxLength);
        foreach (var character in name.ToLowerInvariant())
        {
            if (IsPlain(character) && character != '-')
            {
                slug.Append(character);
            }
            else if (PlainByLetter.TryGetValue(character, out var plain))
            {
                slug.Append(plain);
            }
            else if (slug.Length > 0 && slug[^1] != '-' && !IsMark(character))
            {
                slug.Append('-');
            }

            if (slug.Length >= MaxLength)
            {
                slug.Length = MaxLength;
                break;
            }
        }

        var text = slug.ToString().TrimEnd('-');
        return text.Length == 0 ? "client" : text;
    }

    /// <summary>Another slug for when the first is taken; the end of the client's id tells them apart.</summary>
    public static string Apart(string slug, string clientId) =>
        $"{slug[..Math.Min(slug.Length, MaxLength - SuffixLength)].TrimEnd('-')}-{clientId[^(SuffixLength - 1)..]}";

    private static bool IsPlain(char character) => character is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-';

    // The marks of letters that came decomposed.
    private static bool IsMark(char character) => character is >= '\u0300' and <= '\u036F';
}
