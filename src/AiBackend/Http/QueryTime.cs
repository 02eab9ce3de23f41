using AiBackend.Documents;

namespace AiBackend.Http;

/// <summary>Reads times of the query string.</summary>
internal static class QueryTime
{
    /// <summary>The time.</summary>
    /// <exception cref="ApiException">422: the text is not an RFC 3339 time.</exception>
    public static DateTimeOffset Parse(string field, string text) =>
        UtcTimeConverter.TryParse(text, out var time)
            ? time
            : throw ApiException.Invalid(field, "An RFC 3339 time such as 2026-11-22T15:04:05.678Z is expected.");
}
