using System.Collections.Frozen;
using System.Globalization;
using AngleSharp.Dom;

namespace AiBackend.Knowledge.Extraction;

/// <summary>
/// Reads what a person would read of an HTML page: no scripts, styles, navigation, form controls or hidden parts. Nothing is
/// loaded from elsewhere. Walks without recursion, so that deep nesting costs no stack.
/// </summary>
internal static class HtmlText
{
    private static readonly FrozenSet<string> Skipped = FrozenSet.ToFrozenSet(
        [
            "head", "script", "style", "noscript", "template", "nav", "svg", "iframe", "object", "embed", "canvas", "audio", "video",
            "button", "select", "datalist", "textarea", "input",
        ],
        StringComparer.Ordinal);

    private static readonly FrozenSet<string> Blocks = FrozenSet.ToFrozenSet(
        [
            "address", "article", "aside", "blockquote", "body", "caption", "dd", "details", "dialog", "div", "dl", "dt", "fieldset",
            "figcaption", "figure", "footer", "form", "header", "hgroup", "hr", "legend", "main", "ol", "p", "section", "summary",
            "table", "ul",
        ],
        StringComparer.Ordinal);

    /// <exception cref="ExtractionException">It is built so that it cannot be read.</exception>
    public static ExtractedText Extract(string html)
    {
        using var page = HtmlPage.Parse(html);
        var text = new StructuredText();
        if (page.Body is { } body)
        {
            Walk(body, text);
        }

        var title = StructuredText.Collapse(page.QuerySelector("head > title")?.TextContent ?? string.Empty);
        return new ExtractedText(text.FirstHeading ?? (title.Length == 0 ? null : title), text.ToString());
    }

    private static void Walk(INode root, StructuredText text)
    {
        var node = root;
        while (true)
        {
            if (Enter(node, text) && node.FirstChild is { } child)
            {
                node = child;
                continue;
            }

            while (true)
            {
                Leave(node, text);
                if (node == root)
                {
                    return;
                }

                if (node.NextSibling is { } next)
                {
                    node = next;
                    break;
                }

                node = node.Parent!;
            }
        }
    }

    /// <returns>Whether to look inside.</returns>
    private static bool Enter(INode node, StructuredText text)
    {
        if (node is IText words)
        {
            if (text.IsVerbatim)
            {
                text.Verbatim(words.Data);
            }
            else
            {
                text.Inline(words.Data);
            }

            return false;
        }

        if (node is not IElement element || Skipped.Contains(element.LocalName) || element.HasAttribute("hidden"))
        {
            return false;
        }

        switch (element.LocalName)
        {
            case "br":
                text.Line();
                break;
            case "img":
                text.Inline(element.GetAttribute("alt") ?? string.Empty);
                break;
            case ['h', >= '1' and <= '6']:
                text.StartHeading(element.LocalName[1] - '0');
                break;
            case "li":
                text.Line();
                text.Mark(MarkOf(element));
                break;
            case "tr":
                text.Line();
                text.Mark("| ");
                break;
            case "pre":
                text.Block();
                text.IsVerbatim = true;
                break;
            default:
                if (Blocks.Contains(element.LocalName) && element.ParentElement?.LocalName != "li")
                {
                    text.Block();
                }

                break;
        }

        return true;
    }

    private static void Leave(INode node, StructuredText text)
    {
        if (node is not IElement element || Skipped.Contains(element.LocalName))
        {
            return;
        }

        switch (element.LocalName)
        {
            case ['h', >= '1' and <= '6']:
                text.EndHeading();
                break;
            case "td" or "th":
                text.EndCell();
                break;
            case "li" or "tr":
                text.Line();
                break;
            case "pre":
                text.IsVerbatim = false;
                text.Block();
                break;
            default:
                if (Blocks.Contains(element.LocalName))
                {
                    if (element.ParentElement?.LocalName == "li")
                    {
                        text.Line();
                    }
                    else
                    {
                        text.Block();
                    }
                }

                break;
        }
    }

    private static string MarkOf(IElement item)
    {
        if (item.ParentElement?.LocalName != "ol")
        {
            return "- ";
        }

        // Counting the siblings of each entry of an endless list would take quadratic time.
        var number = 1;
        for (var before = item.PreviousElementSibling; before is not null && number <= 1_000; before = before.PreviousElementSibling)
        {
            number++;
        }

        return number > 1_000 ? "- " : string.Create(CultureInfo.InvariantCulture, $"{number}. ");
    }
}
