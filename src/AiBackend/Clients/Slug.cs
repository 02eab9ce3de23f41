using System.Text;

namespace AiBackend.Clients;

/// <summary>The readable names of clients in addresses.</summary>
internal static class Slug
{
    private const int MaxLength = 64;
    private const int SuffixLength = 7;

    public static bool IsValid(string text) => text.Length is > 0 and <= MaxLength && text.All(IsPlain);

    /// <summary>What a name becomes: its Latin letters and digits, everything between them one dash; <c>client</c> when nothing is left.</summary>
    public static string From(string name)
    {
        var slug = new StringBuilder(MaxLength);
        foreach (var character in name.ToLowerInvariant())
        {
            if (slug.Length == MaxLength)
            {
                break;
            }

            if (IsPlain(character) && character != '-')
            {
                slug.Append(character);
            }
            else if (slug.Length > 0 && slug[^1] != '-')
            {
                slug.Append('-');
            }
        }

        var text = slug.ToString().TrimEnd('-');
        return text.Length == 0 ? "client" : text;
    }

    /// <summary>Another slug for when the first is taken; the end of the client's id tells them apart.</summary>
    public static string Apart(string slug, string clientId) =>
        $"{slug[..Math.Min(slug.Length, MaxLength - SuffixLength)].TrimEnd('-')}-{clientId[^(SuffixLength - 1)..]}";

    private static bool IsPlain(char character) => character is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-';
}
