using AiBackend.Http;
using AiBackend.Mcp.Tools;

namespace AiBackend.Mcp;

/// <summary>The Model Context Protocol: tools and resources for programs that work with models.</summary>
internal static class McpFeature
{
    public static IServiceCollection AddMcp(this IServiceCollection services) => services
        .AddSingleton<McpProtocol>()
        .AddSingleton<McpGate>()
        .AddSingleton<McpFaults>()
        .AddSingleton<McpTools>()
        .AddSingleton<McpResources>()
        .AddSingleton<McpTool, SearchTool>()
        .AddSingleton<McpTool, AskTool>()
        .AddSingleton<McpTool, ListSessionsTool>()
        .AddSingleton<McpTool, ReadSessionTool>()
        .AddSingleton<McpTool, SearchMessagesTool>()
        .AddSingleton<McpTool, QueryDataTool>();

    public static void MapMcpServer(this IEndpointRouteBuilder app) =>
        app.MapPost("/mcp", ServeAsync).RequireAnyKey().WithMetadata(new TenantRoute()).ExcludeFromDescription();

    // What stands in this method is loaded when it runs, not when it is mapped.
    private static Task ServeAsync(HttpContext http) => http.RequestServices.GetRequiredService<McpGate>().ServeAsync(http);
}
