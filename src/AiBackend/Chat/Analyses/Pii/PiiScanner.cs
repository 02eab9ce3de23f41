using System.Text;

namespace AiBackend.Chat.Analyses.Pii;

/// <summary>
/// Finds where a text names personal or secret things. It tells kind and place, never the thing itself. Whatever has check digits is
/// checked, so that order numbers are not taken for cards.
/// </summary>
internal static class PiiScanner
{
    /// <summary>The result: <c>{"found": true, "kinds": ["email"], "spans": [{"kind": "email", "start": 4, "length": 15}]}</c>.</summary>
    public static AnalysisResult Read(string text)
    {
        var spans = Scan(text);
        return AnalysisResult.Of(
            new PiiData(spans.Count > 0, [.. spans.Select(span => span.Kind).Distinct(StringComparer.Ordinal)], spans), confidence: null);
    }

    /// <summary>The places in the order of the text; none overlaps another.</summary>
    public static IReadOnlyList<PiiSpan> Scan(string text)
    {
        var found = new List<PiiSpan>();
        foreach (var (kind, find) in PiiPatterns.InOrder)
        {
            foreach (var (start, length) in find(text))
            {
                if (!found.Exists(other => start < other.Start + other.Length && other.Start < start + length))
                {
                    found.Add(new PiiSpan(kind, start, length));
                }
            }
        }

        return [.. found.OrderBy(span => span.Start)];
    }

    /// <summary>The text with a full stop in place of all that is personal or secret.</summary>
    public static string Without(string text)
    {
        var (rest, at) = (new StringBuilder(text.Length), 0);
        foreach (var span in Scan(text))
        {
            rest.Append(text, at, span.Start - at).Append(" . ");
            at = span.Start + span.Length;
        }

        return rest.Append(text, at, text.Length - at).ToString();
    }

    private sealed record PiiData(bool Found, IReadOnlyList<string> Kinds, IReadOnlyList<PiiSpan> Spans);
}

/// <summary>Where something personal or secret is.</summary>
/// <param name="Kind">One of the kinds of <see cref="PiiPatterns.InOrder"/>.</param>
/// <param name="Start">In UTF-16 units from the text's beginning.</param>
/// <param name="Length">In UTF-16 units.</param>
internal sealed record PiiSpan(string Kind, int Start, int Length);
