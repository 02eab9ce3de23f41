using System.Text.Json;
using AiBackend.Clients;
using AiBackend.Documents;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Semantics;

/// <summary>The service, in which clients may name files below a folder.</summary>
public class SemanticsFixture : AppFixture
{
    public const string Repositories = "/api/v1/semantic/repositories";
    public const string Servers = "/api/v1/semantic/servers";
    public const string Layers = "/api/v1/semantic/layers";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>A repository that the admin key registers.</summary>
    public async Task<JsonElement> NewSharedRepositoryAsync(string url = "https://git.internal/models.git", bool isDefault = false) =>
        await (await Admin.PostJsonAsync(Repositories, new { url, credentials = new { token = "shared-t0ken" }, is_default = isDefault })).ExpectAsync(201);

    /// <summary>A server that the admin key registers.</summary>
    public async Task<JsonElement> NewSharedServerAsync(string name, bool isDefault = false) =>
        await (await Admin.PostJsonAsync(Servers, new { name, url = "http://cube:4000", api_secret = "shared-s3cret", is_default = isDefault })).ExpectAsync(201);

    /// <summary>The actions in a client's audit log.</summary>
    public async Task<IReadOnlyList<string>> AuditAsync(string clientId) =>
        [.. (await Store.For(clientId).ListAsync(Query.Of<AuditEntry>().Ascending(), Ct)).Select(entry => entry.Action)];

    protected override void Configure(IDictionary<string, string> settings) => settings["DATA_ALLOWED_PATHS"] = Path.GetTempPath();
}

internal static class SemanticSteps
{
    /// <summary>A client's own repository.</summary>
    public static async Task<JsonElement> NewRepositoryAsync(this Tenant tenant, string url = "https://git.example.org/models.git", bool isDefault = false) =>
        await (await tenant.Http.PostJsonAsync(
            SemanticsFixture.Repositories, new { url, credentials = new { token = "own-t0ken" }, is_default = isDefault })).ExpectAsync(201);

    /// <summary>A client's own server.</summary>
    public static async Task<JsonElement> NewServerAsync(this Tenant tenant, string name = "Cube", bool isDefault = false) =>
        await (await tenant.Http.PostJsonAsync(
            SemanticsFixture.Servers, new { name, url = "https://cube.example.org", api_secret = "own-s3cret", is_default = isDefault })).ExpectAsync(201);

    public static async Task<JsonElement> NewLayerAsync(this Tenant tenant, object layer) =>
        await (await tenant.Http.PostJsonAsync(SemanticsFixture.Layers, layer)).ExpectAsync(201);

    /// <summary>A database that is never connected to.</summary>
    public static async Task<JsonElement> NewStoreAsync(this Tenant tenant, string name = "Shop", string kind = "postgres") =>
        await (await tenant.Http.PostJsonAsync(
            $"/api/v1/clients/{tenant.ClientId}/data-stores",
            new
            {
                kind,
                name,
                config = kind == "qdrant"
                    ? (object)new { url = "http://8.8.8.8:6333", api_key = "k", collection = "c", text_field = "t" }
                    : new { host = "8.8.8.8", database = "shop", username = "reader", password = "x" },
            })).ExpectAsync(201);
}
