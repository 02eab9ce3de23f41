using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace AiBackend.Http;

/// <summary>What the description says of the interface as a whole.</summary>
internal static class DocumentDescription
{
    /// <summary>The name of the way to authenticate.</summary>
    public const string Bearer = "bearer";

    public static Task DescribeAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken ct)
    {
        document.Info = new OpenApiInfo
        {
            Title = "AI Backend",
            Version = "1",
            Description = "Keeps conversations, answers from the client's own documents, and tells the client's systems of what happens.",
            License = new OpenApiLicense { Name = "Apache-2.0", Identifier = "Apache-2.0" },
        };
        document.Servers = [new OpenApiServer { Url = "/" }];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal);
        document.Components.SecuritySchemes[Bearer] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            Description = "A client's key (aib_…), or the admin key with X-Client-Id.",
        };
        return Task.CompletedTask;
    }
}
