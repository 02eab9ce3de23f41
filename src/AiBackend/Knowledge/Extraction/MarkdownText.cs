using System.Text.RegularExpressions;
using Markdig;

namespace AiBackend.Knowledge.Extraction;

/// <summary>
/// Reads Markdown by way of HTML, which it may contain. What no author writes but would take the parser time in the square of its
/// length is read as plain text.
/// </summary>
internal static partial class MarkdownText
{
    private const int MaxUnclosedLinks = 1_000;
    private const int MaxLinkDefinitions = 5_000;

    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder()
        .UseYamlFrontMatter()
        .UsePipeTables()
        .UseTaskLists()
        .UseFootnotes()
        .Build();

    public static ExtractedText Extract(string markdown)
    {
        if (IsHostile(markdown))
        {
            return new ExtractedText(null, markdown);
        }

        string html;
        try
        {
            html = Markdown.ToHtml(markdown, Pipeline);
        }
        catch (ArgumentException)
        {
            // Nested deeper than the parser goes.
            return new ExtractedText(null, markdown);
        }

        return HtmlText.Extract(html);
    }

    private static bool IsHostile(string markdown) =>
        CountUnclosedLinks(markdown) > MaxUnclosedLinks
        || LinkDefinition().Count(markdown) > MaxLinkDefinitions
        || DeepLine().IsMatch(markdown);

    private static int CountUnclosedLinks(ReadOnlySpan<char> text)
    {
        var unclosed = 0;
        for (var at = text.IndexOf("]("); at >= 0; at = text.IndexOf("]("))
        {
            text = text[(at + 2)..];
            var end = text.IndexOfAny(')', ']', '\n');
            unclosed += end < 0 || text[end] != ')' ? 1 : 0;
        }

        return unclosed;
    }

    [GeneratedRegex(@"^ {0,3}\[[^\]\n]{1,999}\]:", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex LinkDefinition();

    [GeneratedRegex(@"^(?:[ \t]*(?:>|[-*+][ \t]|[0-9]{1,9}[.)][ \t])){64}", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex DeepLine();
}
