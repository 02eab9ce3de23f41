using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Http.Metadata;

namespace AiBackend.Http;

/// <summary>How long the caller likes to wait for a result (<c>Prefer: wait</c> or <c>wait=N</c>, RFC 7240).</summary>
/// <param name="Wait">1 to 60 seconds, 30 when no number was given; null: do not wait.</param>
internal sealed record WaitPreference(TimeSpan? Wait) : IBindableFromHttpContext<WaitPreference>, IEndpointParameterMetadataProvider
{
    private const int DefaultSeconds = 30;
    private const int MaxSeconds = 60;

    public static ValueTask<WaitPreference?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        foreach (var line in context.Request.Headers["Prefer"])
        {
            foreach (var preference in (line ?? string.Empty).Split([',', ';'], StringSplitOptions.TrimEntries))
            {
                if (Seconds(preference) is { } seconds)
                {
                    return ValueTask.FromResult<WaitPreference?>(new WaitPreference(TimeSpan.FromSeconds(seconds)));
                }
            }
        }

        return ValueTask.FromResult<WaitPreference?>(new WaitPreference(Wait: null));
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new RequestHeaderMetadata(
            "Prefer", $"wait or wait=N (1 to {MaxSeconds} seconds, {DefaultSeconds} without a number): answer when the work is done, or as it stands then."));

    private static int? Seconds(string preference)
    {
        var equals = preference.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? preference : preference[..equals].TrimEnd();
        if (!name.Equals("wait", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        if (equals < 0)
        {
            return DefaultSeconds;
        }

        var text = preference.AsSpan(equals + 1).Trim().Trim('"');
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 1 and <= MaxSeconds
            ? seconds
            : throw ApiException.Invalid("Prefer", $"wait takes a whole number of seconds from 1 to {MaxSeconds}.");
    }
}
