using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;

namespace AiBackend.Knowledge.Extraction;

/// <summary>
/// Parses HTML without loading anything. The standard's rules for broken HTML let a small file become a huge tree, or take time in
/// the square of its depth; such files are refused while they are parsed.
/// </summary>
internal static class HtmlPage
{
    private const int MaxElements = 500_000;
    private const int MaxDepth = 400;
    private const int DepthCheckInterval = 64;

    /// <exception cref="ExtractionException">It is nested too deeply, or becomes too large.</exception>
    public static IHtmlDocument Parse(string html)
    {
        var guard = new Guard();
        return new HtmlParser(new HtmlParserOptions { OnCreated = (element, _) => guard.Check(element) }).ParseDocument(html);
    }

    private sealed class Guard
    {
        private IElement? previous;
        private int created;
        private int all;

        public void Check(IElement element)
        {
            created++;
            all++;

            // Formatting that is opened again in each paragraph is not announced, but hangs below the element before.
            for (var inner = previous?.LastElementChild; inner is not null; inner = inner.LastElementChild)
            {
                all++;
            }

            if (all > MaxElements)
            {
                throw new ExtractionException("too_complex", $"The page has more than {MaxElements} elements. Split it.");
            }

            if (created % DepthCheckInterval == 0 && DepthOf(previous) > MaxDepth)
            {
                throw new ExtractionException("too_complex", $"The elements of the page are nested more than {MaxDepth} deep.");
            }

            previous = element;
        }

        private static int DepthOf(INode? node)
        {
            var depth = 0;
            for (; node is not null; node = node.Parent)
            {
                depth++;
            }

            return depth;
        }
    }
}
