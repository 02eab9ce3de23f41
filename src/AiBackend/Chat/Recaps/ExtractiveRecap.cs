using System.Text.RegularExpressions;
using AiBackend.Chat.Analyses.Sentiment;
using AiBackend.Chat.Messages;
using AiBackend.Orchestration;

namespace AiBackend.Chat.Recaps;

/// <summary>
/// Tells a conversation in its own words: its most telling sentences, the questions without an answer, and sentences (English ones) in which
/// something is promised. Nothing is made up; what quotations cannot tell is left out.
/// </summary>
internal static partial class ExtractiveRecap
{
    private const int MostHighlights = 6;
    private const int SummarySentences = 3;
    private const int MostPoints = 10;
    private const int MostIds = 50;

    public static RecapData Of(IReadOnlyList<RecapLine> lines)
    {
        var said = lines.Where(line => line is { Category: MessageCategory.Message, Role: not MessageRole.System }).ToList();
        var best = RankedQuotes.Rank(said);
        return new RecapData
        {
            Summary = best.Count == 0
                ? null
                : string.Join('\n', InOrder(best.Take(SummarySentences)).Select(quote => $"{RecapReader.RoleOf(quote.Line.Role)}: “{quote.Text}”")),
            ContextOfIssue = said.Where(line => line.Role is MessageRole.User && !SmallTalk.Is(line.Text))
                .SelectMany(RankedQuotes.Of).FirstOrDefault()?.Text,
            Highlights = [.. InOrder(best.Take(MostHighlights)).Select(PointOf)],
            Participants = [.. said.GroupBy(line => (line.Role, line.Sender?.Id)).Select(group => ParticipantOf([.. group], best))],
            Sentiment = SentimentOf(said),
            CommunicationNotes = null,
            UnresolvedPoints = [.. Unresolved(lines).Take(MostPoints)],
            Agreements =
            [
                .. said.Where(line => line.Role is MessageRole.Agent or MessageRole.Assistant)
                    .SelectMany(RankedQuotes.Of)
                    .Where(quote => Promise().IsMatch(quote.Text) && !Refusal().IsMatch(quote.Text))
                    .Take(MostPoints)
                    .Select(quote => new RecapAgreement(quote.Text, Details: null, [quote.Line.Id])),
            ],
        };
    }

    private static IEnumerable<Quote> InOrder(IEnumerable<Quote> quotes) => quotes.OrderBy(quote => quote.Line.Position);

    private static RecapPoint PointOf(Quote quote) => new(quote.Text, [quote.Line.Id]);

    private static RecapParticipant ParticipantOf(IReadOnlyList<RecapLine> lines, IReadOnlyList<Quote> best) => new(
        lines.LastOrDefault(line => line.Sender?.Name is not null)?.Sender?.Name ?? lines[0].Sender?.Id,
        RecapReader.RoleOf(lines[0].Role),
        best.FirstOrDefault(quote => quote.Line.Role == lines[0].Role && quote.Line.Sender?.Id == lines[0].Sender?.Id)?.Text,
        [.. lines.Take(MostIds).Select(line => line.Id)]);

    private static string? SentimentOf(IReadOnlyList<RecapLine> said)
    {
        var felt = SentimentReader
            .Read(string.Join('\n', said.Where(line => line.Role is MessageRole.User).Select(line => line.Text))).Data.ToElement();
        return felt.GetProperty("words").GetInt32() == 0 ? null : felt.GetProperty("sentiment").GetString();
    }

    /// <summary>Questions that nobody has answered, and messages whose answer failed or was left to a person who has not written since.</summary>
    private static IEnumerable<RecapPoint> Unresolved(IReadOnlyList<RecapLine> lines)
    {
        var about = lines.Where(line => line.InReplyTo is not null).ToLookup(line => line.InReplyTo, StringComparer.Ordinal);
        foreach (var question in lines)
        {
            if (question is not { Category: MessageCategory.Message, Role: MessageRole.User })
            {
                continue;
            }

            var notice = about[question.Id].LastOrDefault(line => line.Category is MessageCategory.Error or MessageCategory.Info);
            var since = notice?.Position ?? question.Position;
            var isAnswered = about[question.Id].Any(line => IsAnswer(line) && line.Position > since)
                || lines.Any(line => IsAnswer(line) && line.Position > since && line.InReplyTo is null);
            var quote = RankedQuotes.Of(question).FirstOrDefault(IsQuestion) ?? (notice is null ? null : RankedQuotes.Of(question).FirstOrDefault());
            if (!isAnswered && quote is not null)
            {
                yield return new RecapPoint(quote.Text, notice is null ? [question.Id] : [question.Id, notice.Id]);
            }
        }
    }

    // An agent's message answers whatever was asked before; so does one that was imported, which does not say what it answers.
    private static bool IsAnswer(RecapLine line) =>
        line is { Category: MessageCategory.Message, Role: MessageRole.Agent or MessageRole.Assistant };

    private static bool IsQuestion(Quote quote) => quote.Text.AsSpan().IndexOfAny("?？؟") >= 0;

    [GeneratedRegex(
        @"\b(I|we)\s?(['’]ll|will|shall|promise|guarantee|['’](m|re) going to|(am|are) going to)\b|\byou(['’]ll| will) (get|receive|hear|be|have)\b|\byour \w+ will be\b",
        RegexOptions.IgnoreCase)]
    private static partial Regex Promise();

    [GeneratedRegex(@"\b(will|shall)(\s+\w+)? not\b|\bwon['’]t\b|\b(unable|cannot|can['’]t)\b|\?\s*$", RegexOptions.IgnoreCase)]
    private static partial Regex Refusal();
}
