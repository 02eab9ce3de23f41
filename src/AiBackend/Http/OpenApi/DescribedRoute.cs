using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Routing.Patterns;

namespace AiBackend.Http;

/// <summary>Tells the OpenAPI document of a route that answers 200 with server-sent events when it is asked to, and otherwise as it says.</summary>
internal sealed record StreamedAnswer;

/// <summary>A route as its metadata tells of it.</summary>
internal sealed class DescribedRoute
{
    private readonly ApiDescription description;
    private readonly IList<object> metadata;

    public DescribedRoute(ApiDescription description)
    {
        this.description = description;
        metadata = description.ActionDescriptor.EndpointMetadata;
        PathNames = [.. RoutePatternFactory.Parse(description.RelativePath ?? string.Empty).Parameters.Select(parameter => parameter.Name)];
    }

    public IReadOnlyList<string> PathNames { get; }

    /// <summary>Whether it is part of the interface that the ground rules hold for.</summary>
    public bool IsOurs => description.RelativePath?.StartsWith("api/v1/", StringComparison.Ordinal) == true;

    public Access? Access => metadata.OfType<Access>().LastOrDefault();

    /// <summary>The form of its refusals; null: problems.</summary>
    public ErrorForm? ErrorForm => metadata.OfType<ErrorForm>().LastOrDefault();

    public FormBodyMetadata? Form => metadata.OfType<FormBodyMetadata>().LastOrDefault();

    public JsonBodyMetadata? Body => metadata.OfType<JsonBodyMetadata>().LastOrDefault();

    public IEnumerable<QueryParameterMetadata> Queries => metadata.OfType<QueryParameterMetadata>();

    /// <summary>The headers that it reads.</summary>
    public IEnumerable<RequestHeaderMetadata> Headers
    {
        get
        {
            foreach (var header in metadata.OfType<RequestHeaderMetadata>())
            {
                yield return header;
            }

            if (metadata.OfType<TenantRoute>().Any())
            {
                yield return new RequestHeaderMetadata("X-Client-Id", "For which client (cli_…) the admin key acts; with a client's own key it has no meaning.");
            }

            if (metadata.OfType<OwnerRoute>().Any())
            {
                yield return new RequestHeaderMetadata(
                    "X-Client-Id", "For which client (cli_…) the admin key acts; without it, for the operator, whose things are shared by all clients.");
            }

            if (IsPost && IsOurs)
            {
                yield return new RequestHeaderMetadata(
                    IdempotentRequests.Header, "1 to 255 visible ASCII characters. A repeat with the same key and body within 24 hours gets the first answer again.");
            }
        }
    }

    /// <summary>Whether it may answer with server-sent events in place of what else it answers.</summary>
    public bool MayStream => metadata.OfType<StreamedAnswer>().Any();

    /// <summary>Whether it is for those who have a key.</summary>
    public bool NeedsKey => Access is { Kind: not AccessKind.Keyless };

    /// <summary>Whether its answer shows a version.</summary>
    public bool IsVersioned => description.SupportedResponseTypes.Any(answer => typeof(IVersioned).IsAssignableFrom(answer.Type));

    /// <summary>A name for generated programs, from method and path, for a route that has none.</summary>
    public string OperationId =>
        string.Concat(
            (description.HttpMethod ?? string.Empty).ToLowerInvariant(),
            string.Concat((description.RelativePath ?? string.Empty).Split('/', '{', '}', '-', '.').Where(part => part.Length > 0).Select(part => $"_{part}")));

    /// <summary>The statuses that it may refuse with, and the codes of each.</summary>
    public IEnumerable<(int Status, string Codes)> Refusals
    {
        get
        {
            var isPaged = Queries.Any(query => query.Name == "cursor");
            var isLocked = metadata.OfType<RequestHeaderMetadata>().Any(header => header.Name == "If-Match");
            string[] bad = [.. When(Body is not null, "malformed_json"), .. When(isPaged, "invalid_cursor"), .. When(metadata.OfType<TenantRoute>().Any(), "client_required")];
            if (bad.Length > 0)
            {
                yield return (StatusCodes.Status400BadRequest, string.Join(", ", bad));
            }

            if (NeedsKey)
            {
                yield return (StatusCodes.Status401Unauthorized, "unauthorized");
                yield return (StatusCodes.Status403Forbidden, "insufficient_scope, client_inactive");
                yield return (StatusCodes.Status429TooManyRequests, "rate_limited, quota_exceeded");
            }

            // An admin may name a client that is not there.
            if (PathNames.Count > 0 || metadata.OfType<TenantRoute>().Any() || metadata.OfType<OwnerRoute>().Any())
            {
                yield return (StatusCodes.Status404NotFound, "not_found");
            }

            if (IsPost || Body is not null || isLocked)
            {
                yield return (StatusCodes.Status409Conflict, IsPost ? "conflict, idempotency_in_progress" : "conflict");
            }

            if (IsPost && IsOurs)
            {
                yield return (StatusCodes.Status410Gone, "erased");
            }

            if (isLocked)
            {
                yield return (StatusCodes.Status412PreconditionFailed, "version_mismatch");
            }

            if (Body is not null)
            {
                yield return (StatusCodes.Status413PayloadTooLarge, "too_large");
            }

            if (Body is not null || (IsPost && IsOurs))
            {
                yield return (StatusCodes.Status415UnsupportedMediaType, "unsupported_media_type");
            }

            // Every route of ours refuses parameters that it does not know.
            if (Body is not null || IsOurs || IsPost)
            {
                yield return (StatusCodes.Status422UnprocessableEntity, IsPost ? "validation_failed, idempotency_key_reused" : "validation_failed");
            }

            yield return (StatusCodes.Status500InternalServerError, "internal_error");
            yield return (StatusCodes.Status503ServiceUnavailable, "unavailable");
        }
    }

    private bool IsPost => HttpMethods.IsPost(description.HttpMethod ?? string.Empty);

    /// <summary>What a value of the path is.</summary>
    public static string DescriptionOf(string pathName) => pathName == "client" ? "The client's id (cli_…) or slug." : "The id.";

    private static string[] When(bool condition, string code) => condition ? [code] : [];
}
