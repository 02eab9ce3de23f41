using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace AiBackend.Orchestration;

/// <summary>
/// Recognises a message that only greets, thanks or takes leave, in English. There is nothing to look up for it, and no reason to
/// call a person.
/// </summary>
internal static partial class SmallTalk
{
    private const int MostWords = 8;

    private static readonly FrozenDictionary<string, Kind> Phrases = new Dictionary<string, Kind>
    {
        ["hi"] = Kind.Greeting,
        ["hello"] = Kind.Greeting,
        ["hey"] = Kind.Greeting,
        ["hiya"] = Kind.Greeting,
        ["howdy"] = Kind.Greeting,
        ["greetings"] = Kind.Greeting,
        ["good morning"] = Kind.Greeting,
        ["good afternoon"] = Kind.Greeting,
        ["good evening"] = Kind.Greeting,
        ["good day"] = Kind.Greeting,
        ["thanks"] = Kind.Thanks,
        ["thank you"] = Kind.Thanks,
        ["thank u"] = Kind.Thanks,
        ["thankyou"] = Kind.Thanks,
        ["thx"] = Kind.Thanks,
        ["many thanks"] = Kind.Thanks,
        ["cheers"] = Kind.Thanks,
        ["bye"] = Kind.Farewell,
        ["goodbye"] = Kind.Farewell,
        ["good bye"] = Kind.Farewell,
        ["see you"] = Kind.Farewell,
        ["have a nice day"] = Kind.Farewell,
        ["have a good day"] = Kind.Farewell,
        ["good night"] = Kind.Farewell,
        // These go with any of the above and say nothing alone.
        ["ok"] = Kind.Filler,
        ["okay"] = Kind.Filler,
        ["great"] = Kind.Filler,
        ["perfect"] = Kind.Filler,
        ["there"] = Kind.Filler,
        ["all"] = Kind.Filler,
        ["everyone"] = Kind.Filler,
        ["again"] = Kind.Filler,
        ["so much"] = Kind.Filler,
        ["very much"] = Kind.Filler,
        ["a lot"] = Kind.Filler,
        ["and"] = Kind.Filler,
        ["for your help"] = Kind.Filler,
        ["for the help"] = Kind.Filler,
        ["that helped"] = Kind.Filler,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private enum Kind
    {
        Filler,
        Greeting,
        Thanks,
        Farewell,
    }

    /// <summary>Whether there is nothing in the message but small talk.</summary>
    public static bool Is(string text) => KindOf(text) is not null;

    /// <summary>What the service says to it when no model is there to; null when the message is more than small talk.</summary>
    public static string? ReplyTo(string text) => KindOf(text) switch
    {
        Kind.Greeting => "Hello! What would you like to know?",
        Kind.Thanks => "You're welcome.",
        Kind.Farewell => "Goodbye!",
        _ => null,
    };

    /// <summary>The message without the greeting or thanks that it begins with; small talk alone stays as it is.</summary>
    public static string Without(string text)
    {
        var rest = text[Opening().Match(text).Length..];
        return string.IsNullOrWhiteSpace(rest) ? text : rest;
    }

    private static Kind? KindOf(string text)
    {
        var words = text.Split(
            [' ', '\t', '\n', '\r', ',', '.', '!', ':', ')', '(', '-', ';', '~'], MostWords + 1, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length is 0 or > MostWords)
        {
            return null;
        }

        Kind? first = null;
        for (var at = 0; at < words.Length;)
        {
            var length = Math.Min(4, words.Length - at);
            Kind kind;
            while (!Phrases.TryGetValue(string.Join(' ', words.AsSpan(at, length)), out kind))
            {
                if (--length == 0)
                {
                    return null;
                }
            }

            first ??= kind == Kind.Filler ? null : kind;
            at += length;
        }

        return first;
    }

    [GeneratedRegex(
        @"^\s*((hi|hello|hey|hiya|good (morning|afternoon|evening|day)|(many )?thanks|thank you|ok|okay|great|perfect)( (there|all|everyone|so much|very much|a lot))?(\s*[,.!:;-]+\s*|\s+(?=hi\b|hello\b|hey\b|good\b|thank)))+",
        RegexOptions.IgnoreCase)]
    private static partial Regex Opening();
}
