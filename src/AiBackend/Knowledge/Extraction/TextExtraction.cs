using System.Text.RegularExpressions;

namespace AiBackend.Knowledge.Extraction;

/// <summary>What a document says.</summary>
/// <param name="Title">What it calls itself; null when it has no text.</param>
/// <param name="Text">Paragraphs between blank lines, headings as <c># …</c>, entries as <c>- …</c>, table rows as <c>| … |</c>.</param>
internal sealed record ExtractedText(string? Title, string Text);

/// <summary>The document cannot be read. The message is for its owner.</summary>
internal sealed class ExtractionException(string code, string message, Exception? inner = null) : Exception(message, inner)
{
    public string Code { get; } = code;
}

/// <summary>Turns a document's content into text.</summary>
internal static partial class TextExtraction
{
    private const int MaxTitleLength = 200;

    /// <exception cref="ExtractionException">There is no text in it, or it is built so that it cannot be read.</exception>
    public static ExtractedText Extract(string content, DocumentFormat format)
    {
        var extracted = format switch
        {
            DocumentFormat.Text => new ExtractedText(null, content),
            DocumentFormat.Markdown => MarkdownText.Extract(content),
            DocumentFormat.Html => HtmlText.Extract(content),
            _ => throw new ArgumentOutOfRangeException(nameof(format)),
        };
        return string.IsNullOrWhiteSpace(extracted.Text)
            ? throw new ExtractionException("no_text", "The document holds no text.")
            : extracted with { Title = extracted.Title ?? TitleOf(extracted.Text) };
    }

    /// <summary>The first heading near the top, otherwise the first line.</summary>
    private static string TitleOf(string text)
    {
        string? first = null;
        foreach (var line in text.AsSpan()[..Math.Min(text.Length, 4_000)].EnumerateLines())
        {
            var trimmed = line.Trim();
            if (HeadingMark().IsMatch(trimmed))
            {
                return Shortened(trimmed.TrimStart('#').Trim());
            }

            first ??= trimmed.IsEmpty ? null : Shortened(trimmed);
        }

        return first ?? Shortened(text.AsSpan().Trim());
    }

    private static string Shortened(ReadOnlySpan<char> line)
    {
        if (line.Length <= MaxTitleLength)
        {
            return line.ToString();
        }

        var cut = line[..MaxTitleLength].LastIndexOf(' ');
        cut = cut > MaxTitleLength / 2 ? cut : MaxTitleLength - (char.IsHighSurrogate(line[MaxTitleLength - 1]) ? 1 : 0);
        return $"{line[..cut].TrimEnd()}…";
    }

    [GeneratedRegex(@"^#{1,6}\s+\S")]
    private static partial Regex HeadingMark();
}
