using System.Text.Json;
using AiBackend.Semantics.Servers;

namespace AiBackend.Semantics.Cube;

/// <summary>Whose models are asked, and where.</summary>
/// <param name="Server">The server.</param>
/// <param name="Claims">What the token of each request says.</param>
internal sealed record CubeTarget(SemanticServer Server, CubeClaims Claims);

/// <summary>What a query found, as Cube's <c>/load</c> answers it.</summary>
/// <param name="Data">An array of objects by member name; numbers may be texts.</param>
/// <param name="Annotation">Titles, types and formats by <c>measures</c>, <c>dimensions</c>, <c>segments</c> and <c>timeDimensions</c>.</param>
internal sealed record CubeRows(JsonElement Data, JsonElement Annotation);

/// <summary>The statement of a query.</summary>
/// <param name="Sql">With placeholders.</param>
/// <param name="Parameters">In their order.</param>
internal sealed record CubeSql(string Sql, IReadOnlyList<JsonElement> Parameters);

/// <summary>What calls to semantic servers may take.</summary>
internal sealed class CubeOptions
{
    /// <summary>For an answer that is not waited for on the server's side: <c>/readyz</c>, <c>/meta</c>, <c>/sql</c>.</summary>
    public TimeSpan AnswerLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For a query with all its waiting.</summary>
    public TimeSpan LoadLimit { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>For one answer.</summary>
    public int MaxBytes { get; init; } = 32 << 20;

    /// <summary>For a query, and where it does not say.</summary>
    public int MaxRows { get; init; } = 10_000;

    /// <summary>How long what <c>/meta</c> answered is remembered, from the answer on; failures too.</summary>
    public TimeSpan MetaFreshness { get; init; } = TimeSpan.FromSeconds(10);
}
