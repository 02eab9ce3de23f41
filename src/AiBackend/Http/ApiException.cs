namespace AiBackend.Http;

/// <summary>A rule of the interface is broken: the request ends here and is answered with a problem.</summary>
/// <param name="status">The HTTP status, 4xx or 503.</param>
/// <param name="code">What a program tells the case by, such as <c>session_closed</c>.</param>
/// <param name="detail">What a person reads; says what to do, never holds a secret.</param>
internal sealed class ApiException(int status, string code, string detail) : Exception(detail)
{
    public int Status { get; } = status;

    public string Code { get; } = code;

    /// <summary>What is wrong by field, in snake case with dots and indexes (<c>settings.chat.model</c>, <c>messages[3].text</c>).</summary>
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }

    /// <summary>What could be asked instead, in words; null where there is nothing to suggest.</summary>
    public IReadOnlyList<string>? Suggestions { get; init; }

    /// <summary>When a repeat is worth while; becomes <c>Retry-After</c>.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Absent, or another tenant's: the two are told apart by nobody.</summary>
    public static ApiException NotFound() =>
        new(StatusCodes.Status404NotFound, "not_found", "There is nothing at this address, or it is not yours.");

    /// <summary>The state that is stored does not allow it.</summary>
    public static ApiException Conflict(string detail, string? code = null) =>
        new(StatusCodes.Status409Conflict, code ?? "conflict", detail);

    /// <summary>One field is well formed but not valid.</summary>
    public static ApiException Invalid(string field, string text) =>
        Invalid(new Dictionary<string, string[]>(StringComparer.Ordinal) { [field] = [text] });

    /// <summary>Several fields are well formed but not valid.</summary>
    public static ApiException Invalid(IReadOnlyDictionary<string, string[]> errors) =>
        new(StatusCodes.Status422UnprocessableEntity, "validation_failed", Summary(errors)) { Errors = errors };

    /// <summary>The body is not what its media type says.</summary>
    public static ApiException Malformed(string detail) => new(StatusCodes.Status400BadRequest, "malformed_json", detail);

    /// <summary>The body is longer than the route takes.</summary>
    public static ApiException TooLarge(long limit) =>
        new(StatusCodes.Status413PayloadTooLarge, "too_large", $"The body may have at most {limit} bytes.");

    /// <summary>The key is valid but may not do this.</summary>
    public static ApiException Forbidden(string detail) =>
        new(StatusCodes.Status403Forbidden, "insufficient_scope", detail);

    private static string Summary(IReadOnlyDictionary<string, string[]> errors)
    {
        var (field, texts) = errors.First();
        var rest = errors.Count == 1 ? string.Empty : $" ({errors.Count - 1} more in errors)";
        return $"{field}: {texts[0]}{rest}";
    }
}
