using AiBackend.Clients;
using AiBackend.DataStores;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Semantics.Layers;

namespace AiBackend.Semantics.Repositories;

/// <summary>The repositories that clients and the operator have registered.</summary>
internal sealed class SemanticRepositories(
    DocumentStore store, SemanticOwners owners, GitClones clones, DataOptions data, DataGuard guard, SecretBox box, Ids ids, TimeProvider clock)
{
    private const string DefaultTaken = "There is a default repository already; set its is_default to false first.";

    /// <summary>A repository that the caller may see.</summary>
    /// <exception cref="ApiException">404.</exception>
    public async Task<SemanticRepository> GetAsync(Owner owner, string id, CancellationToken ct) =>
        await store.AcrossTenants.FindAsync<SemanticRepository>(id, ct) is { } found && owner.MaySee(found.ClientId)
            ? found
            : throw ApiException.NotFound();

    /// <summary>What the caller may see: a client its own and the shared ones, the operator all.</summary>
    public Task<Page<SemanticRepository>> PageAsync(Owner owner, PageRequest page, CancellationToken ct) => store.AcrossTenants.PageAsync(
        page.Sort(owner.ClientId is null
            ? Query.Of<SemanticRepository>()
            : Query.Of<SemanticRepository>().In(repository => repository.OwnerId, [owner.ClientId, Owner.Operator])),
        page.Cursor,
        page.Limit,
        ct);

    /// <summary>The repository of a client's layer.</summary>
    /// <exception cref="InvalidOperationException">There is none: it cannot be deleted while a layer uses it.</exception>
    public async Task<SemanticRepository> OfLayerAsync(SemanticLayer layer, CancellationToken ct) =>
        await store.AcrossTenants.FindAsync<SemanticRepository>(layer.RepositoryId, ct)
        ?? throw new InvalidOperationException($"The repository {layer.RepositoryId} of the layer {layer.Id} is missing.");

    /// <summary>The repository for layers that name none: the client's own (the default among them), else the shared default; null without.</summary>
    public async Task<SemanticRepository?> ChooseAsync(string clientId, CancellationToken ct)
    {
        var own = await store.AcrossTenants.ListAsync(
            Query.Of<SemanticRepository>().Equal(repository => repository.OwnerId, clientId).Ascending(), ct);
        return own is not []
            ? own.FirstOrDefault(repository => repository.IsDefault) ?? own[0]
            : await store.AcrossTenants.ListAsync(
                Query.Of<SemanticRepository>().Equal(repository => repository.DefaultFor, Owner.Operator).Take(1), ct) is [var shared] ? shared : null;
    }

    /// <summary>Registers a repository.</summary>
    public async Task<RepositoryResponse> CreateAsync(RequestCommits commits, Owner owner, RepositoryForm form, CancellationToken ct)
    {
        var clientId = await owners.OwnerOfNewAsync(owner, form.ClientId, ct);
        await RequireAllowedAsync(owner, form.Url, ct);
        var now = clock.GetUtcNow();
        var repository = Filled(
            new SemanticRepository
            {
                Id = ids.New("rep"),
                ClientId = clientId,
                IsOperators = owner.By.IsAdmin,
                Url = form.Url,
                Branch = form.Branch,
                Mode = form.Mode,
                BasePath = form.BasePath,
                CreatedAt = now,
                UpdatedAt = now,
            },
            form);
        try
        {
            return await commits.CommitAsync(
                StatusCodes.Status201Created,
                async transaction =>
                {
                    await transaction.InsertAsync(repository);
                    await owners.NoteAsync(transaction, owner, clientId, "semantic_repository.created", repository.Id);
                    return RepositoryResponse.From(repository with { Version = 1 }, owner);
                },
                ct);
        }
        catch (DuplicateKeyException)
        {
            throw ApiException.Conflict(DefaultTaken);
        }
    }

    /// <summary>Changes what the patch names.</summary>
    public async Task<RepositoryResponse> UpdateAsync(
        Owner owner, string id, MergePatch<RepositoryForm> patch, IfMatch ifMatch, CancellationToken ct)
    {
        // The address is looked up before the commit, which may wait for nothing but storage.
        var before = await GetAsync(owner, id, ct);
        owner.RequireChange(before.ClientId);
        var looked = patch.ApplyTo(RepositoryForm.Of(before)).Url;
        if (looked != before.Url)
        {
            await RequireAllowedAsync(owner, looked, ct);
        }

        try
        {
            return await store.AcrossTenants.CommitAsync(
                async transaction =>
                {
                    SemanticRepository? stored = null;
                    var changed = await transaction.UpdateAsync<SemanticRepository>(id, current => Changed(stored = current, owner, looked, patch, ifMatch))
                        ?? throw ApiException.NotFound();
                    if (!ReferenceEquals(stored, changed))
                    {
                        await owners.NoteAsync(transaction, owner, changed.ClientId, "semantic_repository.updated", id);
                    }

                    return RepositoryResponse.From(changed, owner);
                },
                ct);
        }
        catch (DuplicateKeyException)
        {
            throw ApiException.Conflict(DefaultTaken);
        }
    }

    /// <summary>Forgets a repository that no layer uses; what is in git stays.</summary>
    public async Task DeleteAsync(Owner owner, string id, IfMatch ifMatch, CancellationToken ct)
    {
        await store.AcrossTenants.CommitAsync(
            async transaction =>
            {
                var found = await transaction.FindAsync<SemanticRepository>(id);
                if (found is null || !owner.MaySee(found.ClientId))
                {
                    throw ApiException.NotFound();
                }

                owner.RequireChange(found.ClientId);
                ifMatch.Require(found.Version);
                if (await transaction.ListAsync(Query.Of<SemanticLayer>().Equal(layer => layer.RepositoryId, id).Take(1)) is not [])
                {
                    throw ApiException.Conflict("Semantic layers use this repository; delete them first.");
                }

                await transaction.DeleteAsync<SemanticRepository>(id);
                await owners.NoteAsync(transaction, owner, found.ClientId, "semantic_repository.deleted", id);
                return true;
            },
            ct);
        clones.Forget(id);
    }

    /// <summary>Removes the repositories of a client that is being removed.</summary>
    public static Task RemoveOfClientAsync(DocumentStore store, string clientId, CancellationToken ct) => store.AcrossTenants.CommitAsync(
        transaction => transaction.DeleteAllAsync(Query.Of<SemanticRepository>().Equal(repository => repository.OwnerId, clientId)), ct);

    private SemanticRepository Changed(SemanticRepository stored, Owner owner, string looked, MergePatch<RepositoryForm> patch, IfMatch ifMatch)
    {
        ifMatch.Require(stored.Version);
        if (!patch.Changes(RepositoryForm.Of(stored), out var form))
        {
            return stored;
        }

        if (form.ClientId != stored.ClientId)
        {
            throw ApiException.Invalid("client_id", "It cannot be changed whose a repository is.");
        }

        if (form.Url == stored.Url)
        {
            return Filled(stored, form) with { UpdatedAt = clock.GetUtcNow() };
        }

        if (form.Url != looked)
        {
            throw ApiException.Conflict("The repository's address was changed in the meantime; try again.");
        }

        return form.Credentials?.Token == SealedSecrets.Mask && LeadsElsewhere(stored.Url, form.Url)
            ? throw ApiException.Invalid("credentials.token", "The address leads to another server: give the token again. The stored one is not sent there.")
            : Filled(stored, form) with { IsOperators = owner.By.IsAdmin, UpdatedAt = clock.GetUtcNow() };
    }

    private static bool LeadsElsewhere(string before, string after) =>
        new Uri(before).GetLeftPart(UriPartial.Authority) != new Uri(after).GetLeftPart(UriPartial.Authority);

    private SemanticRepository Filled(SemanticRepository repository, RepositoryForm form) => repository with
    {
        Url = form.Url,
        Branch = form.Branch,
        Mode = form.Mode,
        BasePath = form.BasePath,
        Username = form.Credentials?.Username,
        Token = SemanticOwners.Seal(
            box, SemanticRepository.SecretPurpose(repository.Id), form.Credentials?.Token, repository.Token, "credentials.token"),
        IsDefault = form.IsDefault,
    };

    private async Task RequireAllowedAsync(Owner owner, string url, CancellationToken ct)
    {
        try
        {
            await GitAddress.RequireAllowedAsync(new Uri(url), owner.By.IsAdmin, data, guard, ct);
        }
        catch (GitException error) when (error.Fault == GitFault.NotAllowed)
        {
            throw ApiException.Invalid("url", error.Message);
        }
        catch (GitException error) when (error.Fault == GitFault.UnknownHost)
        {
            // It is looked up again at each connection.
        }
    }
}
