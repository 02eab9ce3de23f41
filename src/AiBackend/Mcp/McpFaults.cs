using AiBackend.Http;
using ModelContextProtocol;

namespace AiBackend.Mcp;

/// <summary>What becomes of exceptions: the protocol's own parts would show nothing of them but that they were.</summary>
internal sealed partial class McpFaults(ILogger<McpFaults> logger)
{
    /// <summary>The refusal that an exception stands for; a fault of the service is logged and says nothing of its cause.</summary>
    public ApiException RefusalOf(Exception exception, string what, HttpContext http)
    {
        if (Problem.RefusalOf(exception, http) is { } refusal)
        {
            return refusal;
        }

        LogFault(exception, what);
        return Problem.Fault();
    }

    /// <summary>Reads, and answers failures as the protocol does.</summary>
    public async ValueTask<T> GuardAsync<T>(string what, HttpContext http, Func<ValueTask<T>> read, CancellationToken ct)
    {
        try
        {
            return await read();
        }
        catch (Exception exception) when (exception is not McpException && !ct.IsCancellationRequested)
        {
            var refusal = RefusalOf(exception, what, http);
            throw new McpProtocolException(
                refusal.Message, refusal.Status < StatusCodes.Status500InternalServerError ? McpErrorCode.InvalidParams : McpErrorCode.InternalError);
        }
    }

    [LoggerMessage(LogLevel.Error, "{What} failed")]
    private partial void LogFault(Exception exception, string what);
}
