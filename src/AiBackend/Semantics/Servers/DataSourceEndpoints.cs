using AiBackend.Clients;
using AiBackend.DataStores;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Semantics.Cube;
using AiBackend.Semantics.Layers;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AiBackend.Semantics.Servers;

/// <summary>How a semantic server reaches a data store. The one answer that holds credentials.</summary>
/// <param name="DataStoreId">The store (<c>dst_…</c>): the <c>data_source</c> of its cubes.</param>
/// <param name="Tls"><c>disable</c>, <c>require</c> or <c>verify</c>.</param>
/// <param name="Path">The file, for sqlite and duckdb.</param>
/// <param name="Uri">The connection string, for mongodb.</param>
internal sealed record DataSourceResponse(
    string DataStoreId,
    StoreKind Kind,
    string? Host,
    int? Port,
    string? Database,
    string? Username,
    string? Password,
    IReadOnlyList<string> Schemas,
    TlsMode Tls,
    string? Path,
    string? Uri)
{
    public static DataSourceResponse From(string storeId, ConnectionTarget target) => new(
        storeId,
        target.Kind,
        target.Host,
        target.Port,
        target.Database,
        target.Username,
        target.Password,
        target.Schemas,
        target.Tls,
        target.Path,
        target.Uri);
}

/// <summary>Tells a semantic server, and nobody else, how to reach the data stores of the layers that it serves.</summary>
internal static class DataSourceEndpoints
{
    private const string Bearer = "Bearer ";

    public static void MapDataSources(this IEndpointRouteBuilder api) =>
        api.MapGet("/semantic/data-sources/{id}", GetAsync).AllowKeyless().WithTags("Semantic servers")
            .WithName("GetDataSource").WithSummary("Tells a semantic server how to reach a data store")
            .WithDescription(
                "For the server alone: the bearer is a JSON Web Token (HS256, valid for at most five minutes) signed with the server's api_secret, whose client_id is "
                + "the client's. The store must be linked to a layer of the client's that the server serves; otherwise, as for any other fault, the answer is 401.")
            .ProducesProblem(StatusCodes.Status401Unauthorized);

    private static async Task<Ok<DataSourceResponse>> GetAsync(
        string id,
        HttpContext http,
        DocumentStore store,
        DataStoreDirectory stores,
        DataGuard guard,
        AuditLog audit,
        SecretBox box,
        TimeProvider clock,
        CancellationToken ct)
    {
        var header = http.Request.Headers.Authorization.ToString();
        var token = header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? header[Bearer.Length..].Trim() : header;
        if (token.Length == 0 || await store.AcrossTenants.FindAsync<DataStore>(id, ct) is not { } found)
        {
            throw Unauthorized();
        }

        var documents = store.For(found.ClientId);
        foreach (var link in await documents.ListAsync(Query.Of<LayerStore>().Equal(link => link.DataStoreId, id).Ascending(), ct))
        {
            if (await documents.FindAsync<SemanticLayer>(link.LayerId, ct) is { } layer
                && layer.ServerId is { } serverId
                && await store.AcrossTenants.FindAsync<SemanticServer>(serverId, ct) is { } server
                && CubeTokens.Verify(box.Open(SemanticServer.SecretPurpose(server.Id), server.ApiSecret), token, clock.GetUtcNow()) is { } claims
                && claims.ClientId == found.ClientId)
            {
                var answer = await OpenAsync(stores, guard, found, ct);
                await documents.CommitAsync(
                    transaction => audit.AppendAsync(
                        transaction.AcrossTenants, server.Id, http.Connection.RemoteIpAddress?.ToString(), found.ClientId, "data_store.disclosed", id),
                    ct);
                return TypedResults.Ok(answer);
            }
        }

        throw Unauthorized();
    }

    private static ApiException Unauthorized() => new(
        StatusCodes.Status401Unauthorized, "unauthorized", "A token signed by the semantic server of a layer that has this data store is needed.");

    // The server connects from within the operator's network: an address that this service would not connect to is not handed on either.
    private static async Task<DataSourceResponse> OpenAsync(DataStoreDirectory stores, DataGuard guard, DataStore found, CancellationToken ct)
    {
        try
        {
            var target = stores.Open(found);
            await guard.RequireAsync(target, ct);
            return DataSourceResponse.From(found.Id, target);
        }
        catch (ConnectionException error)
        {
            throw DataStoreDirectory.ProblemOf(error);
        }
    }
}
