using System.ClientModel;
using System.Globalization;
using System.Text.Json;

namespace AiBackend.Ai;

/// <summary>Turns what the OpenAI client throws into failures whose messages are safe to show and to log.</summary>
internal static class OpenAiErrors
{
    /// <returns>The failure, or null when the exception is a bug of the service rather than a failure of the server.</returns>
    public static UpstreamException? Translate(string server, Exception error, TimeProvider clock) => error switch
    {
        UpstreamException known => known,
        ClientResultException { Status: > 0 } answered =>
            UpstreamException.OfStatus(server, answered.Status, RetryAfter(answered, clock)),
        // The transport wraps failed connections in status 0; streams that break off throw the plain IOException.
        ClientResultException or HttpRequestException or IOException =>
            new UpstreamException(UpstreamFailure.Unavailable, $"{server} could not be reached or broke off its answer."),
        // Content that is no JSON, JSON of another shape, or values that the protocol does not know.
        JsonException or InvalidOperationException or FormatException or ArgumentException or KeyNotFoundException =>
            new UpstreamException(UpstreamFailure.Invalid, $"{server} gave an answer that cannot be read."),
        _ => null,
    };

    private static TimeSpan? RetryAfter(ClientResultException answered, TimeProvider clock)
    {
        if (answered.GetRawResponse()?.Headers.TryGetValue("Retry-After", out var text) is not true || text is null)
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
        {
            return TimeSpan.FromSeconds(seconds);
        }

        var isTime = DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at);
        return isTime ? TimeSpan.FromTicks(Math.Max(0, (at - clock.GetUtcNow()).Ticks)) : null;
    }
}
