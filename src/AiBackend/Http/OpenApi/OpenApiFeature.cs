using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using AiBackend.Documents;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace AiBackend.Http;

/// <summary>The description of the interface, for programs (OpenAPI 3.1) and for people.</summary>
internal static class OpenApiFeature
{
    private const string DocumentName = "v1";

    public static IServiceCollection AddOpenApiDescription(this IServiceCollection services) => services.AddOpenApi(
        DocumentName,
        options =>
        {
            options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
            options.CreateSchemaReferenceId = SchemaName;
            options.AddDocumentTransformer(DocumentDescription.DescribeAsync);
            options.AddOperationTransformer(OperationDescription.DescribeAsync);
            options.AddSchemaTransformer(DescribeFreeJsonAsync);
        });

    /// <summary>Serves the description and the page that shows it; the front door leads there.</summary>
    public static void MapOpenApiDescription(this IEndpointRouteBuilder app)
    {
        // One document at one address: for any other name the framework would answer a page of text.
        app.MapOpenApi($"/openapi/{DocumentName}.json");
        app.MapScalarApiReference(
            "/docs",
            options => options
                .WithTitle("AI Backend")
                .WithOpenApiRoutePattern("/openapi/{documentName}.json")
                .AddDocument(DocumentName)
                .DisableDefaultFonts()
                .DisableTelemetry()
                .DisableAgent()
                .DisableMcp())
            .Add(KeepToOnePage);
        app.MapGet("/", () => TypedResults.Redirect("/docs")).ExcludeFromDescription();
    }

    // The page would be shown at every address below its own.
    private static void KeepToOnePage(EndpointBuilder endpoint)
    {
        if (endpoint is RouteEndpointBuilder { RoutePattern: { } pattern } route && pattern.GetParameter("documentName") is not null)
        {
            route.RoutePattern = RoutePatternFactory.Parse("/docs/");
        }
    }

    // ClientResponse is client, PageResponse<ClientResponse> is client_page.
    private static string? SchemaName(JsonTypeInfo type)
    {
        if (OpenApiOptions.CreateDefaultSchemaReferenceId(type) is not { } name || type.Type == typeof(RawJson))
        {
            return null;
        }

        if (type.Type.IsGenericType && type.Type.GetGenericTypeDefinition() == typeof(PageResponse<>))
        {
            name = $"{type.Type.GetGenericArguments()[0].Name.Replace("Response", string.Empty, StringComparison.Ordinal)}Page";
        }
        else if (name.EndsWith("Response", StringComparison.Ordinal) && name != "Response")
        {
            name = name[..^"Response".Length];
        }

        return JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
    }

    private static Task DescribeFreeJsonAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken ct)
    {
        if (context.JsonTypeInfo.Type == typeof(RawJson) || context.JsonTypeInfo.Type == typeof(RawJson?))
        {
            schema.Properties = null;
            schema.Type = JsonSchemaType.Object;
            schema.Description ??= "Free JSON: values, their order and the form of numbers are kept.";
        }

        return Task.CompletedTask;
    }
}
