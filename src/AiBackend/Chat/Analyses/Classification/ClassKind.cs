using System.Text.Json.Nodes;
using AiBackend.Clients;

namespace AiBackend.Chat.Analyses.Classification;

/// <summary>One of the client's lists of classes.</summary>
/// <param name="Name">What is looked for, and the name of the field that says it: <c>category</c> or <c>intent</c>.</param>
/// <param name="Setting">Where the client names the classes.</param>
/// <param name="Classes">At least one.</param>
internal sealed record ClassKind(string Name, string Setting, IReadOnlyList<TaxonomyEntry> Classes)
{
    /// <summary>Said of a message that fits none of the classes.</summary>
    public const string Unknown = "unknown";

    private const int MostCandidates = 3;

    /// <summary>The data of a result: <c>{"category": "returns", "candidates": [{"name": "returns", "score": 0.8}]}</c>.</summary>
    /// <param name="chosen">A class, or <see cref="Unknown"/>.</param>
    /// <param name="candidates">Best first.</param>
    public JsonObject DataOf(string chosen, IEnumerable<(string Name, double Score)> candidates) => new()
    {
        [Name] = chosen,
        ["candidates"] = new JsonArray(
        [
            .. candidates.Take(MostCandidates).Select(candidate => new JsonObject
            {
                ["name"] = candidate.Name,
                ["score"] = Math.Round(candidate.Score, 3),
            }),
        ]),
    };
}
