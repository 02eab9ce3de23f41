namespace AiBackend.Knowledge.Extraction;

/// <summary>A kind of file that can be read.</summary>
internal enum DocumentFormat
{
    Text,
    Markdown,
    Html,
}

internal static class DocumentFormats
{
    /// <summary>For the answer to a file of another kind.</summary>
    public const string Known = "text (.txt), Markdown (.md) and HTML (.html)";

    /// <summary>Judges by the file name's ending first, as senders' media types are often a guess; null: cannot be read.</summary>
    public static DocumentFormat? Of(string? fileName, string? mediaType)
    {
        var ending = Path.GetExtension(fileName ?? string.Empty).ToLowerInvariant();
        return ending switch
        {
            ".txt" or ".text" => DocumentFormat.Text,
            ".md" or ".markdown" => DocumentFormat.Markdown,
            ".html" or ".htm" or ".xhtml" => DocumentFormat.Html,
            ".pdf" or ".docx" or ".csv" or ".json" => null,
            _ => mediaType?.ToLowerInvariant() switch
            {
                "text/plain" => DocumentFormat.Text,
                "text/markdown" or "text/x-markdown" => DocumentFormat.Markdown,
                "text/html" or "application/xhtml+xml" => DocumentFormat.Html,
                _ => null,
            },
        };
    }

    /// <summary>The media type under which the document is listed.</summary>
    public static string MediaType(DocumentFormat format) => format switch
    {
        DocumentFormat.Text => "text/plain",
        DocumentFormat.Markdown => "text/markdown",
        DocumentFormat.Html => "text/html",
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };
}
