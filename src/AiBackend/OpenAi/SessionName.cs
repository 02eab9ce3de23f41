using System.Buffers;

namespace AiBackend.OpenAi;

/// <summary>What a caller names a session by in <c>metadata.session_id</c>.</summary>
internal static class SessionName
{
    /// <summary>As for <c>external_session_id</c> of a message.</summary>
    public const int MaxLength = 255;

    private const string Prefix = "ses_";
    private const int IdLength = 30;
    private static readonly SearchValues<char> IdCharacters = SearchValues.Create("0123456789abcdefghjkmnpqrstvwxyz");

    public static bool IsValid(string text) => text.Length <= MaxLength && !string.IsNullOrWhiteSpace(text);

    /// <summary>Whether it is the id of a session here, which must then be there, rather than a name of the caller's own.</summary>
    public static bool IsId(string text) =>
        text.Length == IdLength && text.StartsWith(Prefix, StringComparison.Ordinal) && !text.AsSpan(Prefix.Length).ContainsAnyExcept(IdCharacters);
}
