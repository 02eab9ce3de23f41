using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace AiBackend.Orchestration;

/// <summary>Something to search for.</summary>
/// <param name="Text">The message, perhaps with what the user said before it.</param>
/// <param name="MustHoldMessage">What is found must speak of the message's own words too, not only of what was said before.</param>
internal sealed record SearchText(string Text, bool MustHoldMessage);

/// <summary>
/// Makes a message that leans on what was said before, such as "And how long does that take?", into something that can be searched
/// for: what the user said earlier is added.
/// </summary>
/// <remarks>
/// A message of at most eight words leans on the one before it when it holds one of a few pointing words, begins as a continuation or
/// has no telling word of its own. One of at most three words may lean: it is searched for as it stands first. The user's message
/// before it is added, and one more if that one leans too, without the words that say what kind of answer was asked for then. Nothing
/// of the answers is added: what the service said must not decide what it finds.
/// </remarks>
internal static partial class FollowUp
{
    private const int FewWords = 3;
    private const int MostLeaningWords = 8;
    private const int MostAdded = 2;

    /// <summary>Enough to say what it was about; a pasted page would drown the question.</summary>
    private const int LongestAdded = 400;

    private static readonly FrozenSet<string> Pointing = Set(
        "it its it's they them their theirs that that's those these this one ones he him his she her");

    private static readonly FrozenSet<string> Untelling = Set(
        """
        a about am an any are at be been by can could did do does for from get got had has have here how i i'm if in is long many may me
        more much must my need no not now of often ok okay on or our please shall should so some soon still take takes the then there to
        too us want was we were what when where which who why will with would yes you your
        """);

    private static readonly string[] Continuations =
        ["and ", "or ", "but ", "also ", "what about ", "how about ", "what if ", "why not", "then "];

    /// <summary>What to search for, best first; the second only helps when the first does not.</summary>
    /// <param name="history">What was said before, oldest first.</param>
    public static IReadOnlyList<SearchText> Queries(string message, IReadOnlyList<Turn> history)
    {
        message = SmallTalk.Without(message);
        var asIs = new SearchText(message, MustHoldMessage: false);
        var doesLean = Leans(message);
        if (!doesLean && Words(message).Length > FewWords)
        {
            return [asIs];
        }

        List<string> parts = [message];
        for (var at = history.Count - 1; at >= 0 && parts.Count <= MostAdded; at--)
        {
            if (history[at] is not { Role: "user", Text: var earlier } || string.IsNullOrWhiteSpace(earlier) || SmallTalk.Is(earlier))
            {
                continue;
            }

            earlier = SmallTalk.Without(earlier);
            parts.Add(QuestionWords().Replace(earlier.Length <= LongestAdded ? earlier : earlier[..LongestAdded], "").Trim());
            if (!Leans(earlier) && Words(earlier).Length > FewWords)
            {
                break;
            }
        }

        var whole = new SearchText(string.Join('\n', parts), MustHoldMessage: !doesLean);
        return parts.Count == 1 ? [asIs] : doesLean ? [whole] : [asIs, whole];
    }

    private static bool Leans(string message)
    {
        var words = Words(message);
        return words.Length <= MostLeaningWords
            && (words.Any(Pointing.Contains)
                || words.All(Untelling.Contains)
                || Continuations.Any(start => message.AsSpan().TrimStart().StartsWith(start, StringComparison.OrdinalIgnoreCase)));
    }

    private static string[] Words(string text) => text.Split(
        [' ', '\t', '\n', '\r', ',', '.', '!', '?', ':', ';', '(', ')', '"'], StringSplitOptions.RemoveEmptyEntries);

    private static FrozenSet<string> Set(string words) =>
        FrozenSet.ToFrozenSet(words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries), StringComparer.OrdinalIgnoreCase);

    [GeneratedRegex(
        @"\b(how (long|soon|fast|quickly|much|many|often)|what time|when|what|where|who|whom|whose|which|why|how)\b ?", RegexOptions.IgnoreCase)]
    private static partial Regex QuestionWords();
}
