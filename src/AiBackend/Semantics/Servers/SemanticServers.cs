using AiBackend.DataStores;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Semantics.Layers;

namespace AiBackend.Semantics.Servers;

/// <summary>The semantic servers that clients and the operator have registered.</summary>
internal sealed class SemanticServers(
    DocumentStore store, SemanticOwners owners, DataOptions data, DataGuard guard, SecretBox box, Ids ids, TimeProvider clock)
{
    /// <summary>A server that the caller may see.</summary>
    /// <exception cref="ApiException">404.</exception>
    public async Task<SemanticServer> GetAsync(Owner owner, string id, CancellationToken ct) =>
        await store.AcrossTenants.FindAsync<SemanticServer>(id, ct) is { } found && owner.MaySee(found.ClientId)
            ? found
            : throw ApiException.NotFound();

    /// <summary>What the caller may see: a client its own and the shared ones, the operator all.</summary>
    public Task<Page<SemanticServer>> PageAsync(Owner owner, PageRequest page, CancellationToken ct) => store.AcrossTenants.PageAsync(
        page.Sort(owner.ClientId is null
            ? Query.Of<SemanticServer>()
            : Query.Of<SemanticServer>().In(server => server.OwnerId, [owner.ClientId, Owner.Operator])),
        page.Cursor,
        page.Limit,
        ct);

    /// <summary>The server for layers that name none: the client's own (the default among them), else the shared default; null without.</summary>
    public async Task<SemanticServer?> ChooseAsync(string clientId, CancellationToken ct)
    {
        var own = await store.AcrossTenants.ListAsync(Query.Of<SemanticServer>().Equal(server => server.OwnerId, clientId).Ascending(), ct);
        return own is not []
            ? own.FirstOrDefault(server => server.IsDefault) ?? own[0]
            : await store.AcrossTenants.ListAsync(
                Query.Of<SemanticServer>().Equal(server => server.DefaultFor, Owner.Operator).Take(1), ct) is [var shared] ? shared : null;
    }

    /// <summary>Registers a server.</summary>
    public async Task<SemanticServerResponse> CreateAsync(RequestCommits commits, Owner owner, SemanticServerForm form, CancellationToken ct)
    {
        var clientId = await owners.OwnerOfNewAsync(owner, form.ClientId, ct);
        await RequireAllowedAsync(owner, form.Url, ct);
        var (id, now) = (ids.New("srv"), clock.GetUtcNow());
        var server = new SemanticServer
        {
            Id = id,
            ClientId = clientId,
            IsOperators = owner.By.IsAdmin,
            Name = form.Name,
            Url = form.Url,
            ApiSecret = Sealed(id, form.ApiSecret, stored: null),
            IsDefault = form.IsDefault,
            CreatedAt = now,
            UpdatedAt = now,
        };
        try
        {
            return await commits.CommitAsync(
                StatusCodes.Status201Created,
                async transaction =>
                {
                    await transaction.InsertAsync(server);
                    await owners.NoteAsync(transaction, owner, clientId, "semantic_server.created", id);
                    return SemanticServerResponse.From(server with { Version = 1 }, owner);
                },
                ct);
        }
        catch (DuplicateKeyException error)
        {
            throw Taken(error);
        }
    }

    /// <summary>Changes what the patch names.</summary>
    public async Task<SemanticServerResponse> UpdateAsync(
        Owner owner, string id, MergePatch<SemanticServerForm> patch, IfMatch ifMatch, CancellationToken ct)
    {
        // The address is looked up before the commit, which may wait for nothing but storage.
        var before = await GetAsync(owner, id, ct);
        owner.RequireChange(before.ClientId);
        var looked = patch.ApplyTo(SemanticServerForm.Of(before)).Url;
        if (looked != before.Url)
        {
            await RequireAllowedAsync(owner, looked, ct);
        }

        try
        {
            return await store.AcrossTenants.CommitAsync(
                async transaction =>
                {
                    SemanticServer? stored = null;
                    var changed = await transaction.UpdateAsync<SemanticServer>(id, current => Changed(stored = current, owner, looked, patch, ifMatch))
                        ?? throw ApiException.NotFound();
                    if (!ReferenceEquals(stored, changed))
                    {
                        await owners.NoteAsync(transaction, owner, changed.ClientId, "semantic_server.updated", id);
                    }

                    return SemanticServerResponse.From(changed, owner);
                },
                ct);
        }
        catch (DuplicateKeyException error)
        {
            throw Taken(error);
        }
    }

    /// <summary>Forgets a server that no layer uses.</summary>
    public Task DeleteAsync(Owner owner, string id, IfMatch ifMatch, CancellationToken ct) => store.AcrossTenants.CommitAsync(
        async transaction =>
        {
            var found = await transaction.FindAsync<SemanticServer>(id);
            if (found is null || !owner.MaySee(found.ClientId))
            {
                throw ApiException.NotFound();
            }

            owner.RequireChange(found.ClientId);
            ifMatch.Require(found.Version);
            if (await transaction.ListAsync(Query.Of<SemanticLayer>().Equal(layer => layer.ServerId, id).Take(1)) is not [])
            {
                throw ApiException.Conflict("Semantic layers use this server; give them another one, or delete them first.");
            }

            await transaction.DeleteAsync<SemanticServer>(id);
            await owners.NoteAsync(transaction, owner, found.ClientId, "semantic_server.deleted", id);
            return true;
        },
        ct);

    /// <summary>Removes the servers of a client that is being removed.</summary>
    public static Task RemoveOfClientAsync(DocumentStore store, string clientId, CancellationToken ct) => store.AcrossTenants.CommitAsync(
        transaction => transaction.DeleteAllAsync(Query.Of<SemanticServer>().Equal(server => server.OwnerId, clientId)), ct);

    private SemanticServer Changed(SemanticServer stored, Owner owner, string looked, MergePatch<SemanticServerForm> patch, IfMatch ifMatch)
    {
        ifMatch.Require(stored.Version);
        if (!patch.Changes(SemanticServerForm.Of(stored), out var form))
        {
            return stored;
        }

        if (form.ClientId != stored.ClientId)
        {
            throw ApiException.Invalid("client_id", "It cannot be changed whose a server is.");
        }

        if (form.Url != stored.Url && form.Url != looked)
        {
            throw ApiException.Conflict("The server's address was changed in the meantime; try again.");
        }

        return stored with
        {
            Name = form.Name,
            Url = form.Url,
            IsOperators = form.Url == stored.Url ? stored.IsOperators : owner.By.IsAdmin,
            ApiSecret = Sealed(stored.Id, form.ApiSecret, stored.ApiSecret),
            IsDefault = form.IsDefault,
            UpdatedAt = clock.GetUtcNow(),
        };
    }

    private string Sealed(string id, string given, string? stored) =>
        SemanticOwners.Seal(box, SemanticServer.SecretPurpose(id), given, stored, "api_secret")!;

    private async Task RequireAllowedAsync(Owner owner, string url, CancellationToken ct)
    {
        if (owner.By.IsAdmin || data.AllowPrivateNetworks)
        {
            return;
        }

        try
        {
            await guard.RequireHostAsync(new Uri(url).IdnHost, ct);
        }
        catch (ConnectionException error) when (error.Fault == ConnectionFault.NotAllowed)
        {
            throw ApiException.Invalid("url", error.Message);
        }
        catch (ConnectionException error) when (error.Fault == ConnectionFault.UnknownHost)
        {
            // It is looked up again at each connection.
        }
    }

    private static ApiException Taken(DuplicateKeyException error) => ApiException.Conflict(
        error.Index == "default"
            ? "There is a default server already; set its is_default to false first."
            : "There is a server of this name already.");
}
