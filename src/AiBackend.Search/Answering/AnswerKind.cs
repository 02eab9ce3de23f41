using System.Text.RegularExpressions;

namespace AiBackend.Search.Answering;

/// <summary>
/// What an English question asks to be told, where its first words say so: a time or a price. A sentence that holds one is then
/// more likely the answer than one that only speaks of the same thing.
/// </summary>
internal sealed partial record AnswerKind(Regex Evidence)
{
    private static readonly AnswerKind Time = new(TimeEvidence());
    private static readonly AnswerKind Price = new(PriceEvidence());

    /// <returns>Null for a question of any other kind.</returns>
    public static AnswerKind? Of(string question) =>
        TimeQuestion().IsMatch(question) ? Time : PriceQuestion().IsMatch(question) ? Price : null;

    /// <summary>The question without the words that only say its kind, such as "long" in "how long".</summary>
    public static string WithoutQuestionWords(string question) => QuestionWords().Replace(question, " ");

    public bool IsIn(ReadOnlySpan<char> sentence) => Evidence.IsMatch(sentence);

    [GeneratedRegex(@"\bhow (long|soon|fast|quick\w*|much|many|often)\b|\bwhat time\b", RegexOptions.IgnoreCase)]
    private static partial Regex QuestionWords();

    [GeneratedRegex(@"\bhow (long|soon|fast|quick\w*|many (hours|days|weeks|months|years))\b|^\W*when\b|\bwhat time\b|\bopening hours\b", RegexOptions.IgnoreCase)]
    private static partial Regex TimeQuestion();

    [GeneratedRegex(@"\bhow much\b|\b(costs?|prices?|fees?|free|charge)\b", RegexOptions.IgnoreCase)]
    private static partial Regex PriceQuestion();

    [GeneratedRegex(
        @"\b(\d+|one|two|three|four|five|six|seven|eight|nine|ten|twelve|next|same|few)\b[\w -]{0,18}\b(minutes?|hours?|days?|weeks?|months?|years?|morning|am|pm)\b|\b\d{1,2}:\d\d\b|\b(mon|tues|wednes|thurs|fri|satur|sun)day\b|\b(19|20)\d\d\b",
        RegexOptions.IgnoreCase)]
    private static partial Regex TimeEvidence();

    [GeneratedRegex(@"\d\s?(€|eur|euros?|dollars?|usd|cents?|pounds?)|[$€£]\s?\d|\b(free|no (cost|charge)|without charge|at cost)\b", RegexOptions.IgnoreCase)]
    private static partial Regex PriceEvidence();
}
