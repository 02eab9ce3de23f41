using Microsoft.OpenApi;

namespace AiBackend.Http;

/// <summary>The headers of answers that the ground rules promise, described once and referred to by every answer that has them.</summary>
internal static class AnswerHeaders
{
    private const string Version = "ETag";
    private const string Pause = "Retry-After";

    private static readonly (string Name, string Description)[] Rates =
    [
        ("RateLimit-Limit", "The most requests at once with this key."),
        ("RateLimit-Remaining", "How many more are granted now."),
        ("RateLimit-Reset", "Seconds until the limit stands open again entirely."),
    ];

    /// <summary>Adds to each answer of the operation the headers that it has.</summary>
    public static void Describe(OpenApiOperation operation, DescribedRoute route, OpenApiDocument? document)
    {
        foreach (var (status, response) in operation.Responses!)
        {
            if (response is not OpenApiResponse answer)
            {
                continue;
            }

            Add(answer, document, RequestId.Header, "The name of the request in logs: the caller's own, or one that was made.", JsonSchemaType.String);
            if (route.IsVersioned && status.StartsWith('2'))
            {
                Add(answer, document, Version, "The version, to be sent back as If-Match.", JsonSchemaType.String);
            }

            if (status is "429" or "503")
            {
                Add(answer, document, Pause, "Seconds until a repeat is worth while.", JsonSchemaType.Integer);
            }

            // Who has no key has no limit either.
            if (route.NeedsKey && status != "401")
            {
                foreach (var (name, description) in Rates)
                {
                    Add(answer, document, name, description, JsonSchemaType.Integer);
                }
            }
        }
    }

    private static void Add(OpenApiResponse answer, OpenApiDocument? document, string name, string description, JsonSchemaType type)
    {
        document?.AddComponent<IOpenApiHeader>(name, new OpenApiHeader { Description = description, Schema = new OpenApiSchema { Type = type } });
        answer.Headers ??= new Dictionary<string, IOpenApiHeader>(StringComparer.Ordinal);
        answer.Headers[name] = new OpenApiHeaderReference(name, document);
    }
}
