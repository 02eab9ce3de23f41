using System.Net;
using System.Text.Json;
using AiBackend.Http;
using AiBackend.OpenAi;

namespace AiBackend.Mcp;

/// <summary>
/// Stands before the protocol: refuses web pages from elsewhere, and what the key may not do, with an HTTP status as the protocol's
/// specification asks for.
/// </summary>
internal sealed class McpGate(McpOptions options, McpTools tools, McpProtocol protocol)
{
    private const string CallTool = "tools/call";
    private const string ResourceMethods = "resources/";
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = WireJson.MaxDepth };

    public async Task ServeAsync(HttpContext http)
    {
        RequireOrigin(http.Request);
        var body = await RequestBytes.ReadAsync(http.Request, http.RequestAborted);
        RequireScopes(http, body);
        http.Request.Body = new MemoryStream(body, writable: false);
        try
        {
            await protocol.ServeAsync(http);
        }
        catch (JsonException) when (!http.Response.HasStarted)
        {
            // The protocol's library reads the parameters of some methods without a net.
            throw new ApiException(StatusCodes.Status400BadRequest, "invalid_message", "The parameters are not those of this method of the protocol.");
        }
    }

    /// <summary>
    /// Programs send no origin; browsers do. A page whose host name was made to lead here must not reach the service through the
    /// browser of somebody inside: only pages of the same machine and those that the operator named may call.
    /// </summary>
    private void RequireOrigin(HttpRequest request)
    {
        var origin = request.Headers.Origin;
        if (origin.Count > 0
            && !options.AllowedOrigins.Contains(origin.ToString(), StringComparer.OrdinalIgnoreCase)
            && !(IsLocal(request.Host.Host) && Uri.TryCreate(origin.ToString(), UriKind.Absolute, out var page) && IsLocal(page.Host)))
        {
            throw new ApiException(
                StatusCodes.Status403Forbidden, "origin_not_allowed", "Web pages of this origin may not call here; see MCP_ALLOWED_ORIGINS.");
        }
    }

    private static bool IsLocal(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private void RequireScopes(HttpContext http, byte[] body)
    {
        var credential = Credential.Of(http);
        foreach (var scope in ScopesOf(body))
        {
            if (!credential.Allows(scope))
            {
                http.Response.Headers.WWWAuthenticate = $"Bearer error=\"insufficient_scope\", scope=\"{scope}\"";
                credential.Require(scope);
            }
        }
    }

    /// <summary>What the message asks for. Whatever else may be wrong with it, the protocol says.</summary>
    private IReadOnlyList<string> ScopesOf(byte[] body)
    {
        JsonText.RequireStorable(body);
        try
        {
            using var message = JsonDocument.Parse(body, Strict);
            return message.RootElement.ValueKind != JsonValueKind.Object || TextOf(message.RootElement, "method") is not { } method ? []
                : method == CallTool ? tools.ScopesOf(message.RootElement.TryGetProperty("params", out var call) ? TextOf(call, "name") : null)
                : method.StartsWith(ResourceMethods, StringComparison.Ordinal) ? [Scopes.KnowledgeRead]
                : [];
        }
        catch (JsonException malformed)
        {
            throw ApiException.Malformed($"The body is not JSON: line {malformed.LineNumber + 1}, byte {malformed.BytePositionInLine + 1}.");
        }
    }

    private static string? TextOf(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
