using AiBackend.Http;

namespace AiBackend.Chat.Sessions;

/// <summary>What a session refuses.</summary>
internal static class SessionRules
{
    public static ApiException Closed() => ApiException.Conflict(
        "The session is closed. A message to its external_session_id opens a new one.", "session_closed");

    public static ApiException TooManyRuns() => new(
        StatusCodes.Status429TooManyRequests,
        "rate_limited",
        $"{Session.MaxPendingRuns} messages of this session still wait for their answers.")
    {
        RetryAfter = TimeSpan.FromSeconds(1),
    };
}
