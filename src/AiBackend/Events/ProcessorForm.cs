using System.Buffers;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using AiBackend.Documents;
using AiBackend.Http;

namespace AiBackend.Events;

/// <summary>How a processor takes events.</summary>
[Description("amqp is not available in this version.")]
internal enum ProcessorType
{
    /// <summary>Each event is posted to an address.</summary>
    Http,
}

/// <summary>Which events wait for which others.</summary>
[Description("session is not available in this version.")]
internal enum ProcessorOrdering
{
    /// <summary>None for any.</summary>
    None,
}

/// <summary>What a caller may say of a processor.</summary>
internal sealed record ProcessorForm : IValidatableObject
{
    [Name(200)]
    public required string Name { get; init; }

    [StringLength(2_000)]
    public string? Description { get; init; }

    public ProcessorType Type { get; init; } = ProcessorType.Http;

    public required HttpConfigForm Config { get; init; }

    /// <summary><c>*</c>, groups such as <c>chat.*</c>, or types.</summary>
    [Entries(100)]
    [NotCleared]
    public IReadOnlyList<string> EventTypes { get; init; } = ["*"];

    /// <summary>Not available in this version: only null is taken.</summary>
    public RawJson? Filter { get; init; }

    public ProcessorOrdering Ordering { get; init; } = ProcessorOrdering.None;

    [NotCleared]
    public bool IsActive { get; init; } = true;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (EventTypes.Count == 0)
        {
            yield return new ValidationResult("At least one type is expected.", [nameof(EventTypes)]);
        }

        // An entry that is null is refused as such.
        foreach (var unknown in EventTypes.Where(pattern => pattern is not null && !Events.EventTypes.IsPattern(pattern)))
        {
            yield return new ValidationResult(
                $"'{unknown}' matches no event type. Give *, a group such as chat.*, or a type such as {Events.EventTypes.ChatMessageCreated}.",
                [nameof(EventTypes)]);
        }

        if (Filter is not null)
        {
            yield return new ValidationResult("A filter is not available in this version; narrow down event_types.", [nameof(Filter)]);
        }
    }
}

/// <summary>Where and how events are posted.</summary>
internal sealed record HttpConfigForm : IValidatableObject
{
    private const int MaxHeaders = 20;
    private const int MaxHeaderName = 100;
    private const int MaxHeaderValue = 4_096;

    private static readonly SearchValues<char> TokenCharacters = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static readonly HashSet<string> ReservedHeaders = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Content-Encoding", "Content-Length", "Content-Type", "Expect", "Host", "HTTP2-Settings", "Keep-Alive", "TE",
        "Trailer", "Transfer-Encoding", "Upgrade", "User-Agent", "traceparent", "tracestate", "baggage",
    };

    /// <summary>Absolute, <c>http</c> or <c>https</c>, to a public address.</summary>
    [WebAddress(IsConnectedTo = true)]
    public required string Url { get; init; }

    /// <summary>Sent with each request. Values are secrets: they are never shown, and <c>***</c> keeps the one that is there.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>How long an attempt may take.</summary>
    [Range(1, 60)]
    public int TimeoutSeconds { get; init; } = 15;

    /// <summary>Not available in this version: only false is taken.</summary>
    public bool CaptureExternalId { get; init; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Url.Contains('#', StringComparison.Ordinal))
        {
            yield return new ValidationResult("The address may not have a fragment.", [nameof(Url)]);
        }

        if (CaptureExternalId)
        {
            yield return new ValidationResult("This is not available in this version.", [nameof(CaptureExternalId)]);
        }

        if (Headers.Count > MaxHeaders)
        {
            yield return new ValidationResult($"At most {MaxHeaders} headers are allowed.", [nameof(Headers)]);
        }

        if (Headers.Keys.Distinct(StringComparer.OrdinalIgnoreCase).Count() < Headers.Count)
        {
            yield return new ValidationResult("A header is given twice; upper and lower case are the same.", [nameof(Headers)]);
        }

        foreach (var (name, value) in Headers.Take(MaxHeaders))
        {
            if (ErrorOf(name, value) is { } error)
            {
                yield return new ValidationResult(error, [nameof(Headers)]);
            }
        }
    }

    private static string? ErrorOf(string name, string? value)
    {
        if (name.Length is 0 or > MaxHeaderName || name.AsSpan().ContainsAnyExcept(TokenCharacters))
        {
            return $"A header's name has 1 to {MaxHeaderName} letters, digits and hyphens.";
        }

        if (ReservedHeaders.Contains(name)
            || name.StartsWith("webhook-", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("proxy-", StringComparison.OrdinalIgnoreCase))
        {
            return $"The header {name} is set by the service.";
        }

        return value is null || value.Length > MaxHeaderValue || value.AsSpan().ContainsAnyExceptInRange(' ', '~') || value != value.Trim()
            ? $"The value of {name} must be at most {MaxHeaderValue} ASCII characters, without line breaks and without spaces at its ends."
            : null;
    }
}
