using AiBackend.Http;
using Microsoft.AspNetCore.Routing;

namespace AiBackend.Tests.Http;

/// <summary>One route of the service with one of its methods.</summary>
internal sealed record ServedRoute(string Method, string Pattern, RouteEndpoint Endpoint)
{
    private static readonly Dictionary<string, string> PrefixByCollection = new()
    {
        ["sessions"] = "ses",
        ["messages"] = "msg",
        ["runs"] = "run",
        ["suggestions"] = "sug",
        ["feedback"] = "fbk",
        ["analyses"] = "ana",
        ["recaps"] = "rcp",
        ["collections"] = "col",
        ["documents"] = "doc",
        ["chunks"] = "chk",
        ["events"] = "evt",
        ["event-processors"] = "prc",
        ["deliveries"] = "dlv",
        ["jobs"] = "job",
        ["keys"] = "key",
        ["channels"] = "chn",
        ["user-types"] = "uty",
        ["database-servers"] = "dbs",
        ["data-stores"] = "dst",
        ["repositories"] = "rep",
        ["servers"] = "srv",
        ["layers"] = "lay",
        ["models"] = "mdl",
        ["sync-jobs"] = "syn",
        ["data-sources"] = "dst",
    };

    public string Name => $"{Method} {Pattern}";

    public Access Access => Endpoint.Metadata.GetMetadata<Access>() ?? Access.Undeclared;

    public JsonBodyMetadata? Body => Endpoint.Metadata.GetMetadata<JsonBodyMetadata>();

    public bool HasClient => Pattern.Contains("{client}", StringComparison.Ordinal);

    public bool HasId => Endpoint.RoutePattern.Parameters.Any(parameter => parameter.Name != "client");

    /// <summary>The path with this client and an id of nothing for every other value.</summary>
    public string PathWith(string clientId)
    {
        var parts = Pattern.Split('/');
        for (var i = 0; i < parts.Length; i++)
        {
            if (parts[i] == "{client}")
            {
                parts[i] = clientId;
            }
            else if (parts[i].StartsWith('{'))
            {
                Assert.True(PrefixByCollection.TryGetValue(parts[i - 1], out var prefix), $"Say in ServedRoute which ids {parts[i - 1]} have.");
                parts[i] = $"{prefix}_00000000000000000000000000";
            }
        }

        return string.Join('/', parts);
    }
}
