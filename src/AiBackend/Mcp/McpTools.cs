using System.Text.Json;
using AiBackend.Http;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace AiBackend.Mcp;

/// <summary>The tools, each for the keys that may use it.</summary>
internal sealed class McpTools(IEnumerable<McpTool> tools, McpFaults faults)
{
    private readonly McpTool[] all = [.. tools];

    /// <summary>What a key must be allowed to do for this tool; nothing when there is none of this name.</summary>
    public IReadOnlyList<string> ScopesOf(string? name) => Array.Find(all, tool => tool.Name == name)?.NeededScopes ?? [];

    /// <summary>The tools that the caller may use.</summary>
    public ListToolsResult List(Caller caller) => new() { Tools = [.. all.Where(tool => MayUse(caller, tool)).Select(tool => tool.Definition)] };

    /// <summary>Calls a tool. What the tool refuses is its answer, so that a model can read it and do better.</summary>
    /// <exception cref="McpProtocolException">There is no such tool for the caller.</exception>
    public async ValueTask<CallToolResult> CallAsync(HttpContext http, Caller caller, CallToolRequestParams? call, CancellationToken ct)
    {
        var tool = Array.Find(all, tool => tool.Name == call?.Name && MayUse(caller, tool))
            ?? throw new McpProtocolException("There is no such tool.", McpErrorCode.InvalidParams);
        try
        {
            return ResultOf(await tool.CallAsync(caller, call!.Arguments, ct), isError: false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            return ResultOf(new ToolRefusal(McpFailure.Of(faults.RefusalOf(exception, tool.Name, http))), isError: true);
        }
    }

    private static bool MayUse(Caller caller, McpTool tool) => tool.NeededScopes.All(caller.MayUse);

    private static CallToolResult ResultOf(object value, bool isError)
    {
        var json = JsonSerializer.SerializeToElement(value, value.GetType(), WireJson.Options);
        return new CallToolResult
        {
            Content = [new TextContentBlock { Text = json.GetRawText() }],
            StructuredContent = json,
            IsError = isError,
        };
    }

    /// <summary>What a tool answers that could not do it.</summary>
    private sealed record ToolRefusal(McpFailure Error);
}

/// <summary>Why something was not done.</summary>
/// <param name="Code">For programs, as in problems.</param>
/// <param name="Detail">For whoever reads it.</param>
/// <param name="Errors">What is wrong by argument.</param>
/// <param name="TraceId">Leads to the cause in the service's logs.</param>
internal sealed record McpFailure(string Code, string Detail, IReadOnlyDictionary<string, string[]>? Errors, string TraceId)
{
    public static McpFailure Of(ApiException refusal) => new(refusal.Code, refusal.Message, refusal.Errors, Tracing.CurrentTraceId());
}
