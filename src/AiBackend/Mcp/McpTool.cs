using System.Text.Json;
using AiBackend.Http;
using ModelContextProtocol.Protocol;

namespace AiBackend.Mcp;

/// <summary>Something that a program or its model can have done here.</summary>
/// <param name="name">What it is called by.</param>
/// <param name="scopes">What a key must be allowed to do; keys that are not do not see the tool.</param>
internal abstract class McpTool(string name, params string[] scopes)
{
    public string Name { get; } = name;

    public IReadOnlyList<string> NeededScopes { get; } = scopes;

    /// <summary>How the tool is shown.</summary>
    public abstract Tool Definition { get; }

    /// <summary>Does it.</summary>
    /// <returns>What is answered, as an object of the wire.</returns>
    /// <exception cref="ApiException">A rule is broken; the caller reads which.</exception>
    public abstract Task<object> CallAsync(Caller caller, IDictionary<string, JsonElement>? arguments, CancellationToken ct);
}

/// <summary>A tool whose arguments are read into a record, by the rules of request bodies.</summary>
internal abstract class McpTool<TArguments>(JsonBodies bodies, string name, params string[] scopes) : McpTool(name, scopes)
    where TArguments : class
{
    private Tool? definition;

    public sealed override Tool Definition => definition ??= new Tool
    {
        Name = Name,
        Title = Title,
        Description = Description,
        InputSchema = McpSchemas.Of<TArguments>(),
        Annotations = new ToolAnnotations
        {
            Title = Title,
            ReadOnlyHint = IsReadOnly,
            DestructiveHint = false,
            IdempotentHint = IsReadOnly,
            OpenWorldHint = false,
        },
    };

    protected abstract string Title { get; }

    /// <summary>For the model: what it gets and when to use it.</summary>
    protected abstract string Description { get; }

    /// <summary>Whether calling it changes nothing.</summary>
    protected virtual bool IsReadOnly => true;

    public sealed override Task<object> CallAsync(Caller caller, IDictionary<string, JsonElement>? arguments, CancellationToken ct) =>
        CallAsync(
            caller,
            bodies.Parse<TArguments>(
                arguments is null ? "{}"u8 : JsonSerializer.SerializeToUtf8Bytes(arguments, WireJson.Options)),
            ct);

    /// <inheritdoc cref="McpTool.CallAsync" />
    protected abstract Task<object> CallAsync(Caller caller, TArguments arguments, CancellationToken ct);
}
