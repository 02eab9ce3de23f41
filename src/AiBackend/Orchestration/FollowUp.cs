using System.Collections.Frozen;

namespace AiBackend.Orchestration;

/// <summary>
/// Makes a message that leans on what was said before, such as "And how long does that take?", into something that can be searched
/// for: the earlier messages of the user are put before it.
/// </summary>
/// <remarks>
/// A message of at most eight words leans on the one before it when it holds one of a few pointing words or begins as a
/// continuation. One of at most three words may: it is searched for as it stands first. The user's message before it is added, and
/// one more if that one leans too. Nothing of the answers is added: what the service said must not decide what it finds.
/// </remarks>
internal static class FollowUp
{
    private const int FewWords = 3;

    private const int MostLeaningWords = 8;

    private const int MostAdded = 2;

    /// <summary>Enough to say what it was about; a pasted page would drown the question.</summary>
    private const int LongestAdded = 400;

    private static readonly FrozenSet<string> Pointing = FrozenSet.ToFrozenSet(
        ["it", "its", "it's", "they", "them", "their", "theirs", "that", "that's", "those", "these", "this", "one", "ones", "he", "him", "his", "she", "her"],
        StringComparer.OrdinalIgnoreCase);

    private static readonly string[] Continuations = ["and ", "or ", "but ", "also ", "what about ", "how about ", "what if ", "why not", "then "];

    /// <summary>What to search for, best first; the second only helps when the first does not.</summary>
    /// <param name="history">What was said before, oldest first.</param>
    public static IReadOnlyList<string> Queries(string message, IReadOnlyList<Turn> history)
    {
        var doesLean = Leans(message);
        if (!doesLean && Words(message).Length > FewWords)
        {
            return [message];
        }

        List<string> parts = [message];
        for (var at = history.Count - 1; at >= 0 && parts.Count <= MostAdded; at--)
        {
            if (history[at] is not { Role: "user", Text: var earlier } || string.IsNullOrWhiteSpace(earlier) || SmallTalk.Is(earlier))
            {
                continue;
            }

            parts.Insert(0, earlier.Length <= LongestAdded ? earlier : earlier[..LongestAdded]);
            if (!Leans(earlier) && Words(earlier).Length > FewWords)
            {
                break;
            }
        }

        var whole = string.Join('\n', parts);
        return parts.Count == 1 || doesLean ? [whole] : [message, whole];
    }

    private static bool Leans(string message)
    {
        var words = Words(message);
        return words.Length <= MostLeaningWords
            && (words.Any(Pointing.Contains)
                || Continuations.Any(start => message.AsSpan().TrimStart().StartsWith(start, StringComparison.OrdinalIgnoreCase)));
    }

    private static string[] Words(string text) => text.Split(
        [' ', '\t', '\n', '\r', ',', '.', '!', '?', ':', ';', '(', ')', '"'], StringSplitOptions.RemoveEmptyEntries);
}
