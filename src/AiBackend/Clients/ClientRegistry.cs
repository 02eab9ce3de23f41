using AiBackend.Documents;
using AiBackend.Http;

namespace AiBackend.Clients;

/// <summary>Makes, changes and removes clients.</summary>
internal sealed class ClientRegistry(
    DocumentStore store,
    ClientDirectory directory,
    ClientRemoval removal,
    IEnumerable<ClientUse> uses,
    AuditLog audit,
    Ids ids,
    TimeProvider clock)
{
    private const string SlugTaken = "The slug is taken by another client.";

    /// <summary>Makes a client with its first channel.</summary>
    public async Task<ClientResponse> CreateAsync(RequestCommits commits, Credential by, ClientForm form, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var id = ids.New("cli");
        var wanted = form.Slug ?? Slug.From(form.Name);
        try
        {
            return await InsertAsync(commits, by, Made(id, wanted, form, now), ct);
        }
        catch (DuplicateKeyException) when (form.Slug is null)
        {
            return await InsertAsync(commits, by, Made(id, Slug.Apart(wanted, id), form, now), ct);
        }
        catch (DuplicateKeyException)
        {
            throw ApiException.Conflict(SlugTaken);
        }
    }

    /// <summary>Changes what the patch names. Quotas and activity are an admin's.</summary>
    public async Task<ClientResponse> UpdateAsync(ClientRoute route, MergePatch<ClientForm> patch, IfMatch ifMatch, CancellationToken ct)
    {
        if (!route.By.IsAdmin && (patch.Names("settings", "quotas") || patch.Names("is_active")))
        {
            throw ApiException.Forbidden("Only the admin key changes is_active and settings.quotas.");
        }

        try
        {
            var updated = await store.AcrossTenants.CommitAsync(
                async transaction =>
                {
                    Client? before = null;
                    var client = await transaction.UpdateAsync<Client>(route.Client.Id, current => Changed(before = current, patch, ifMatch))
                        ?? throw ApiException.NotFound();
                    if (!ReferenceEquals(client, before))
                    {
                        await audit.AppendAsync(transaction, route.By, route.Client.Id, "client.updated", route.Client.Id);
                    }

                    return client;
                },
                ct);
            directory.Forget(updated.Id);
            return ClientResponse.From(updated);
        }
        catch (DuplicateKeyException)
        {
            throw ApiException.Conflict(SlugTaken);
        }
    }

    /// <summary>Removes the client and all that is its own; its keys are refused from the moment on.</summary>
    public async Task RemoveAsync(ClientRoute route, IfMatch ifMatch, CancellationToken ct)
    {
        await store.AcrossTenants.CommitAsync(
            async transaction =>
            {
                foreach (var use in uses)
                {
                    if (await use(transaction, route.Client.Id) is { } reason)
                    {
                        throw ApiException.Conflict(reason);
                    }
                }

                return await transaction.UpdateAsync<Client>(
                    route.Client.Id,
                    current =>
                    {
                        ifMatch.Require(current.Version);
                        return current.RemovedAt is null ? current with { RemovedAt = clock.GetUtcNow(), Slug = null } : throw ApiException.NotFound();
                    });
            },
            ct);
        directory.Forget(route.Client.Id);
        await removal.SweepAsync(route.Client.Id, ct);
    }

    private async Task<ClientResponse> InsertAsync(RequestCommits commits, Credential by, Client client, CancellationToken ct) =>
        await commits.CommitAsync(
            StatusCodes.Status201Created,
            async transaction =>
            {
                await transaction.InsertAsync(client);
                await transaction.InsertAsync(FirstChannel(client));
                await audit.AppendAsync(transaction, by, client.Id, "client.created", client.Id);
                return ClientResponse.From(client with { Version = 1 });
            },
            ct);

    private static Client Made(string id, string slug, ClientForm form, DateTimeOffset now) => new()
    {
        Id = id,
        Slug = slug,
        Name = form.Name,
        Email = form.Email,
        IsActive = form.IsActive,
        Settings = form.Settings,
        CreatedAt = now,
        UpdatedAt = now,
    };

    private static Channel FirstChannel(Client client) => new()
    {
        Id = Channels.DefaultId(client.Id),
        ClientId = client.Id,
        Type = ChannelType.Api,
        Name = "API",
        CreatedAt = client.CreatedAt,
        UpdatedAt = client.CreatedAt,
    };

    private Client Changed(Client current, MergePatch<ClientForm> patch, IfMatch ifMatch)
    {
        if (current.RemovedAt is not null)
        {
            throw ApiException.NotFound();
        }

        ifMatch.Require(current.Version);
        if (!patch.Changes(ClientForm.Of(current), out var form))
        {
            return current;
        }

        return current with
        {
            Slug = form.Slug ?? Slug.From(form.Name),
            Name = form.Name,
            Email = form.Email,
            IsActive = form.IsActive,
            Settings = form.Settings,
            UpdatedAt = clock.GetUtcNow(),
        };
    }
}
