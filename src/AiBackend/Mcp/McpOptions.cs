namespace AiBackend.Mcp;

/// <summary>Settings of the Model Context Protocol.</summary>
internal sealed class McpOptions
{
    /// <summary><c>MCP_ALLOWED_ORIGINS</c>: where web pages may come from that call <c>/mcp</c>, such as <c>https://app.example.com</c>.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>Reads a list with commas.</summary>
    /// <exception cref="FormatException">An entry is no origin.</exception>
    public static IReadOnlyList<string> ParseOrigins(string text)
    {
        var origins = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return Array.TrueForAll(origins, IsOrigin)
            ? origins
            : throw new FormatException("origins with commas between them are expected, such as https://app.example.com");
    }

    // What follows the host would never match: browsers send scheme, host and port.
    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Host.Length > 0 && text.IndexOf('/', text.IndexOf("//", StringComparison.Ordinal) + 2) < 0;
}
