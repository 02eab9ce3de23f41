using AiBackend.Clients;
using AiBackend.Http;

namespace AiBackend.Chat.Sessions;

/// <summary>What a session refuses.</summary>
internal static class SessionRules
{
    public static ApiException Closed() => ApiException.Conflict(
        "The session is closed. A message to its external_session_id opens a new one.", "session_closed");

    /// <summary>Refuses (409) what would be done in a channel that is turned off. One that was deleted has left its sessions as they were.</summary>
    public static void RequireActive(Channel? channel)
    {
        if (channel is { IsActive: false })
        {
            throw ApiException.Conflict("The channel is not active: it takes no messages and opens no sessions.", "channel_inactive");
        }
    }

    public static ApiException TooManyRuns() => new(
        StatusCodes.Status429TooManyRequests,
        "rate_limited",
        $"{Session.MaxPendingRuns} messages of this session still wait for their answers.")
    {
        RetryAfter = TimeSpan.FromSeconds(1),
    };
}
