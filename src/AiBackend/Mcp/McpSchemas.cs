using System.Text.Json;
using System.Text.Json.Nodes;
using AiBackend.Http;
using Microsoft.Extensions.AI;

namespace AiBackend.Mcp;

/// <summary>Describes the arguments of tools as the wire has them.</summary>
internal static class McpSchemas
{
    private static readonly AIJsonSchemaCreateOptions Options = new()
    {
        TransformSchemaNode = Complete,
        TransformOptions = new AIJsonSchemaTransformOptions { DisallowAdditionalProperties = true },
    };

    public static JsonElement Of<TArguments>() =>
        AIJsonUtilities.CreateJsonSchema(typeof(TArguments), serializerOptions: WireJson.Options, inferenceOptions: Options);

    // What the converters and rules of this service know and the framework cannot see.
    private static JsonNode Complete(AIJsonSchemaCreateContext context, JsonNode schema)
    {
        if (schema is not JsonObject fields)
        {
            return schema;
        }

        var type = Nullable.GetUnderlyingType(context.TypeInfo.Type) ?? context.TypeInfo.Type;
        if (type.IsEnum)
        {
            fields["type"] = "string";
            fields["enum"] = new JsonArray([.. Enum.GetNames(type).Select(name => (JsonNode)JsonNamingPolicy.SnakeCaseLower.ConvertName(name))]);
        }
        else if (type == typeof(DateTimeOffset))
        {
            fields["type"] = "string";
            fields["format"] = "date-time";
        }
        else if (context.PropertyInfo?.AttributeProvider?.GetCustomAttributes(typeof(NameAttribute), inherit: false) is [NameAttribute name])
        {
            fields["minLength"] = 1;
            fields["maxLength"] = name.MaxLength;
        }

        return schema;
    }
}
