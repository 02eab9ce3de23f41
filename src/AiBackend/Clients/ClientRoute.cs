using System.Reflection;
using AiBackend.Documents;
using AiBackend.Http;

namespace AiBackend.Clients;

/// <summary>
/// The client that a route below <c>/clients/{client}</c> names, by id or slug, if the caller may see it: an admin sees all, a
/// client's key its own.
/// </summary>
internal sealed class ClientRoute : IBindableFromHttpContext<ClientRoute>
{
    /// <summary>The route's pattern and the name of its value.</summary>
    public const string Pattern = "/clients/{client}";

    private ClientRoute(Client client, Credential by, DocumentStore store)
    {
        Client = client;
        By = by;
        Caller = Caller.For(by, client.Id, store);
    }

    /// <summary>As it is stored.</summary>
    public Client Client { get; }

    /// <summary>Who acts.</summary>
    public Credential By { get; }

    /// <summary>For the client's documents.</summary>
    public Caller Caller { get; }

    public static async ValueTask<ClientRoute?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var by = Credential.Of(context);
        var store = context.RequestServices.GetRequiredService<DocumentStore>();
        var named = context.GetRouteValue("client") as string ?? string.Empty;
        var client = await FindAsync(store, named, context.RequestAborted);
        return client is { RemovedAt: null } && (by.IsAdmin || by.ClientId == client.Id)
            ? new ClientRoute(client, by, store)
            : throw ApiException.NotFound();
    }

    private static async Task<Client?> FindAsync(DocumentStore store, string named, CancellationToken ct)
    {
        if (Ids.IsId("cli", named))
        {
            return await store.AcrossTenants.FindAsync<Client>(named, ct);
        }

        var found = await store.AcrossTenants.ListAsync(Query.Of<Client>().Equal(client => client.Slug, named).Take(1), ct);
        return found.Count == 0 ? null : found[0];
    }
}
