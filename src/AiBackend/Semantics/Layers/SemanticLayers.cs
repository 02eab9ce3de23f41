using AiBackend.Clients;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Semantics.Cube;
using AiBackend.Semantics.Repositories;
using AiBackend.Semantics.Servers;

namespace AiBackend.Semantics.Layers;

/// <summary>Removes what else is kept of a data store in a layer, within the commit that takes it out of the layer.</summary>
internal delegate ValueTask LayerStoreRemoval(TenantTransaction transaction, LayerStore link);

/// <summary>The layers of clients.</summary>
internal sealed class SemanticLayers(
    DocumentStore store,
    SemanticRepositories repositories,
    SemanticServers servers,
    GitRepositories git,
    IEnumerable<LayerStoreRemoval> removals,
    AuditLog audit,
    Ids ids,
    TimeProvider clock)
{
    /// <summary>The client's layer.</summary>
    /// <exception cref="ApiException">404.</exception>
    public static async Task<SemanticLayer> GetAsync(Caller caller, string id, CancellationToken ct) =>
        await caller.Documents.FindAsync<SemanticLayer>(id, ct) ?? throw ApiException.NotFound();

    /// <summary>Where questions to a layer go; null when it has no server.</summary>
    public async Task<CubeTarget?> TargetOfAsync(SemanticLayer layer, CancellationToken ct)
    {
        if (layer.ServerId is null || await store.AcrossTenants.FindAsync<SemanticServer>(layer.ServerId, ct) is not { } server)
        {
            return null;
        }

        var repository = await repositories.OfLayerAsync(layer, ct);
        return new CubeTarget(
            server,
            new CubeClaims { ClientId = layer.ClientId, LayerId = layer.Id, Folder = layer.Folder, Commit = git.NewestOf(repository) });
    }

    /// <summary>Makes a layer.</summary>
    public async Task<LayerResponse> CreateAsync(RequestCommits commits, Caller caller, Credential by, LayerForm form, CancellationToken ct)
    {
        var repository = await RepositoryOfAsync(caller, form, ct);
        var server = await ServerOfAsync(caller, form, ct);
        var folder = form.Folder ?? caller.ClientId;
        RequireOwnFolder(caller.ClientId, folder, repository, server);
        var now = clock.GetUtcNow();
        var layer = new SemanticLayer
        {
            Id = ids.New("lay"),
            ClientId = caller.ClientId,
            Name = form.Name,
            RepositoryId = repository.Id,
            ServerId = server?.Id,
            Folder = folder,
            CreatedAt = now,
            UpdatedAt = now,
        };
        try
        {
            return await commits.CommitAsync(
                caller,
                StatusCodes.Status201Created,
                async transaction =>
                {
                    await RequireThereAsync(transaction, layer);
                    await transaction.InsertAsync(layer);
                    await audit.AppendAsync(transaction.AcrossTenants, by, layer.ClientId, "semantic_layer.created", layer.Id);
                    return LayerResponse.From(layer with { Version = 1 });
                },
                ct);
        }
        catch (DuplicateKeyException error)
        {
            throw Taken(error, caller.ClientId);
        }
    }

    /// <summary>Changes what the patch names.</summary>
    public async Task<LayerResponse> UpdateAsync(
        Caller caller, Credential by, string id, MergePatch<LayerForm> patch, IfMatch ifMatch, CancellationToken ct)
    {
        var before = await GetAsync(caller, id, ct);
        var form = patch.ApplyTo(LayerForm.Of(before));
        var server = patch.Names("server_id") ? await ServerOfAsync(caller, form, ct) : null;
        var serverId = patch.Names("server_id") ? server?.Id : before.ServerId;
        if (server is not null)
        {
            RequireOwnFolder(caller.ClientId, before.Folder, await repositories.OfLayerAsync(before, ct), server);
        }

        try
        {
            return await caller.Documents.CommitAsync(
                async transaction =>
                {
                    SemanticLayer? stored = null;
                    var changed = await transaction.UpdateAsync<SemanticLayer>(id, current => Changed(stored = current, before, serverId, patch, ifMatch))
                        ?? throw ApiException.NotFound();
                    if (!ReferenceEquals(stored, changed))
                    {
                        await RequireThereAsync(transaction, changed);
                        await audit.AppendAsync(transaction.AcrossTenants, by, changed.ClientId, "semantic_layer.updated", id);
                    }

                    return LayerResponse.From(changed);
                },
                ct);
        }
        catch (DuplicateKeyException error)
        {
            throw Taken(error, caller.ClientId);
        }
    }

    /// <summary>Forgets a layer with its links; its models stay in git.</summary>
    public Task DeleteAsync(Caller caller, Credential by, string id, IfMatch ifMatch, CancellationToken ct) => caller.Documents.CommitAsync(
        async transaction =>
        {
            var found = await transaction.FindAsync<SemanticLayer>(id) ?? throw ApiException.NotFound();
            ifMatch.Require(found.Version);
            foreach (var link in await transaction.ListAsync(Query.Of<LayerStore>().Equal(link => link.LayerId, id)))
            {
                await RemoveAsync(transaction, link);
            }

            await transaction.DeleteAsync<SemanticLayer>(id);
            await audit.AppendAsync(transaction.AcrossTenants, by, found.ClientId, "semantic_layer.deleted", id);
        },
        ct);

    /// <summary>Takes a data store out of its layer.</summary>
    public async ValueTask RemoveAsync(TenantTransaction transaction, LayerStore link)
    {
        foreach (var remove in removals)
        {
            await remove(transaction, link);
        }

        await transaction.DeleteAsync<LayerStore>(link.Id);
    }

    private SemanticLayer Changed(SemanticLayer stored, SemanticLayer before, string? serverId, MergePatch<LayerForm> patch, IfMatch ifMatch)
    {
        ifMatch.Require(stored.Version);
        if (stored.ServerId != before.ServerId)
        {
            throw ApiException.Conflict("The layer's server was changed in the meantime; try again.");
        }

        var form = patch.ApplyTo(LayerForm.Of(stored));
        if ((form.RepositoryId ?? stored.RepositoryId) != stored.RepositoryId || (form.Folder ?? stored.Folder) != stored.Folder)
        {
            throw ApiException.Invalid(
                form.Folder == stored.Folder ? "repository_id" : "folder",
                "Where the models of a layer are cannot be changed, as they would stay behind; make another layer.");
        }

        return form.Name == stored.Name && serverId == stored.ServerId
            ? stored
            : stored with { Name = form.Name, ServerId = serverId, UpdatedAt = clock.GetUtcNow() };
    }

    // Neither may be deleted while a layer uses it.
    private static async ValueTask RequireThereAsync(TenantTransaction transaction, SemanticLayer layer)
    {
        if (await transaction.AcrossTenants.UpdateAsync<SemanticRepository>(layer.RepositoryId, found => found) is null
            || (layer.ServerId is not null && await transaction.AcrossTenants.UpdateAsync<SemanticServer>(layer.ServerId, found => found) is null))
        {
            throw ApiException.Conflict("The repository or the server was deleted in the meantime; try again.");
        }
    }

    private async Task<SemanticRepository> RepositoryOfAsync(Caller caller, LayerForm form, CancellationToken ct)
    {
        if (form.RepositoryId is null)
        {
            return await repositories.ChooseAsync(caller.ClientId, ct)
                ?? throw ApiException.Invalid("repository_id", "There is no default repository: register one at /semantic/repositories and name it here.");
        }

        return await store.AcrossTenants.FindAsync<SemanticRepository>(form.RepositoryId, ct) is { } found && IsFor(caller.ClientId, found.ClientId)
            ? found
            : throw ApiException.Invalid("repository_id", "There is no such repository.");
    }

    private async Task<SemanticServer?> ServerOfAsync(Caller caller, LayerForm form, CancellationToken ct)
    {
        if (form.ServerId is null)
        {
            return await servers.ChooseAsync(caller.ClientId, ct);
        }

        return await store.AcrossTenants.FindAsync<SemanticServer>(form.ServerId, ct) is { } found && IsFor(caller.ClientId, found.ClientId)
            ? found
            : throw ApiException.Invalid("server_id", "There is no such server.");
    }

    private static bool IsFor(string clientId, string? ownerId) => ownerId is null || ownerId == clientId;

    // What is shared keeps clients apart by their folders: a repository by what is committed there, a server by what it reads.
    private static void RequireOwnFolder(string clientId, string folder, SemanticRepository repository, SemanticServer? server)
    {
        var isShared = repository.ClientId is null || server is { ClientId: null };
        if (isShared && folder != clientId && !folder.StartsWith($"{clientId}/", StringComparison.Ordinal))
        {
            throw ApiException.Invalid("folder", $"In a shared repository, or for a shared server, the folder is {clientId} or begins with {clientId}/.");
        }
    }

    private static ApiException Taken(DuplicateKeyException error, string clientId) => ApiException.Conflict(
        error.Index == "folder"
            ? $"Another layer keeps its models in this folder of the repository: give this one another folder, such as {clientId}/second."
            : "The client has a layer of this name already.");
}
