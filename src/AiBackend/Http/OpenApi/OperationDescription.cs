using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;

namespace AiBackend.Http;

/// <summary>What the description says of a route beyond its types: all that its metadata implies.</summary>
internal static class OperationDescription
{
    public static async Task DescribeAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken ct)
    {
        var route = new DescribedRoute(context.Description);
        operation.OperationId ??= route.OperationId;
        operation.Parameters ??= [];
        DescribeParameters(operation, route);
        if (route.Body is { } body)
        {
            var described = await BodyAsync(body, context, ct);
            if (route.Form is { } form)
            {
                described.Content!["multipart/form-data"] = new OpenApiMediaType { Schema = FormSchema(form) };
            }

            operation.RequestBody = described;
        }

        if (route.NeedsKey)
        {
            DescribeAccess(operation, route.Access!, context.Document);
        }

        await DescribeAnswersAsync(operation, route, context, ct);
    }

    private static void DescribeParameters(OpenApiOperation operation, DescribedRoute route)
    {
        foreach (var name in route.PathNames)
        {
            if (!operation.Parameters!.Any(parameter => parameter.In == ParameterLocation.Path && parameter.Name == name))
            {
                Add(operation, name, ParameterLocation.Path, DescribedRoute.DescriptionOf(name), JsonSchemaType.String, isRequired: true);
            }
        }

        foreach (var query in route.Queries)
        {
            Add(operation, query.Name, ParameterLocation.Query, query.Description, query.Type == typeof(int) ? JsonSchemaType.Integer : JsonSchemaType.String);
        }

        foreach (var header in route.Headers)
        {
            Add(operation, header.Name, ParameterLocation.Header, header.Description, JsonSchemaType.String);
        }
    }

    private static void DescribeAccess(OpenApiOperation operation, Access access, OpenApiDocument? document)
    {
        operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(DocumentDescription.Bearer, document)] = [] }];
        var needs = access switch
        {
            { Kind: AccessKind.Admin } => "Needs the admin key.",
            { Scope: { } scope } => $"Needs a key with the scope `{scope}`, or the admin key.",
            _ => "Needs a key with the scope of what it works on, or the admin key.",
        };
        operation.Description = string.IsNullOrEmpty(operation.Description) ? needs : $"{operation.Description}\n\n{needs}";
    }

    private static async Task<OpenApiRequestBody> BodyAsync(JsonBodyMetadata body, OpenApiOperationTransformerContext context, CancellationToken ct)
    {
        var schema = await context.GetOrCreateSchemaAsync(body.Type, parameterDescription: null, ct);
        if (body.IsPatch)
        {
            schema.Required = null;
            schema.Description = "A JSON merge patch (RFC 7396): what is absent stays, null clears.";
        }

        var content = new OpenApiMediaType { Schema = schema };
        return new OpenApiRequestBody
        {
            Required = body.IsPatch || schema.Required?.Count > 0,
            Content = body.IsPatch
                ? new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal) { ["application/merge-patch+json"] = content, ["application/json"] = content }
                : new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal) { ["application/json"] = content },
        };
    }

    private static OpenApiSchema FormSchema(FormBodyMetadata form)
    {
        var fields = form.Fields.ToDictionary(
            field => field.Key,
            field => (IOpenApiSchema)new OpenApiSchema { Type = JsonSchemaType.String, Description = field.Value },
            StringComparer.Ordinal);
        fields[form.File] = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" };
        return new OpenApiSchema { Type = JsonSchemaType.Object, Properties = fields, Required = new HashSet<string>(StringComparer.Ordinal) { form.File } };
    }

    private static async Task DescribeAnswersAsync(
        OpenApiOperation operation, DescribedRoute route, OpenApiOperationTransformerContext context, CancellationToken ct)
    {
        operation.Responses ??= [];
        if (route.MayStream && operation.Responses.TryGetValue("200", out var streamed))
        {
            streamed.Content?.Add(EventStreamWriter.MediaType, new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String } });
        }

        if (route.IsOurs || route.NeedsKey)
        {
            await DescribeRefusalsAsync(operation, route, context, ct);
        }

        AnswerHeaders.Describe(operation, route, context.Document);
    }

    private static async Task DescribeRefusalsAsync(
        OpenApiOperation operation, DescribedRoute route, OpenApiOperationTransformerContext context, CancellationToken ct)
    {
        var (mediaType, type, name) = route.ErrorForm is { } form
            ? ("application/json", form.Body, JsonNamingPolicy.SnakeCaseLower.ConvertName(form.Body.Name))
            : (Problem.MediaType, typeof(Problem), "problem");
        var schema = await context.GetOrCreateSchemaAsync(type, parameterDescription: null, ct);
        var content = new OpenApiMediaType { Schema = Component(context.Document, name, schema) };
        foreach (var (status, codes) in route.Refusals)
        {
            var text = status.ToString(CultureInfo.InvariantCulture);
            if (!operation.Responses!.ContainsKey(text) && (route.ErrorForm is null || status != StatusCodes.Status422UnprocessableEntity))
            {
                operation.Responses[text] = Refusal(status, codes, mediaType, content);
            }
        }
    }

    private static OpenApiResponse Refusal(int status, string codes, string mediaType, OpenApiMediaType content) => new()
    {
        Description = $"{ReasonPhrases.GetReasonPhrase(status)}: {codes}",
        Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal) { [mediaType] = content },
    };

    private static OpenApiSchemaReference Component(OpenApiDocument? document, string name, OpenApiSchema schema)
    {
        document?.AddComponent(name, schema);
        return new OpenApiSchemaReference(name, document);
    }

    private static void Add(
        OpenApiOperation operation, string name, ParameterLocation place, string description, JsonSchemaType type, bool isRequired = false) =>
        operation.Parameters!.Add(new OpenApiParameter
        {
            Name = name,
            In = place,
            Description = description,
            Required = isRequired,
            Schema = new OpenApiSchema { Type = type },
        });
}
