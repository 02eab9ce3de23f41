using AiBackend.Clients;
using AiBackend.Clients.Usage;
using AiBackend.Documents;
using AiBackend.Http;

namespace AiBackend.DataStores;

/// <summary>Connects, changes and forgets stores that are there. Making and dropping databases is <see cref="Provisioning.Provisioner"/>'s.</summary>
internal sealed class DataStoreRegistry(
    StoreAddresses addresses, SecretBox box, IEnumerable<DataStoreUse> uses, AuditLog audit, Ids ids, TimeProvider clock)
{
    private const string Taken = "The client has a data store of this name.";

    /// <summary>Adds a store that exists.</summary>
    public async Task<DataStoreResponse> ConnectAsync(RequestCommits commits, ClientRoute route, DataStoreForm form, CancellationToken ct)
    {
        await addresses.RequireAsync(form.Kind, form.Config!, ct);
        var (id, now) = (ids.New("dst"), clock.GetUtcNow());
        var connected = new DataStore
        {
            Id = id,
            ClientId = route.Client.Id,
            Kind = form.Kind,
            Name = form.Name,
            Config = form.Config!.ToConfig(form.Kind),
            Secret = SealedSecret(id, form.Kind, form.Config, kept: null),
            CreatedAt = now,
            UpdatedAt = now,
        };
        try
        {
            return await commits.CommitAsync(
                route.Caller,
                StatusCodes.Status201Created,
                async transaction =>
                {
                    await InsertAsync(transaction, connected, route.Client.Settings.Quotas.DataStores);
                    await NoteAsync(transaction, route.By, "data_store.created", id);
                    return DataStoreResponse.From(connected with { Version = 1 });
                },
                ct);
        }
        catch (DuplicateKeyException)
        {
            throw NameTaken();
        }
    }

    /// <summary>Stores a new store within the client's quota.</summary>
    /// <exception cref="ApiException">429.</exception>
    public static async ValueTask InsertAsync(TenantTransaction transaction, DataStore made, long? quota)
    {
        if (quota is { } most && (await transaction.ListAsync(Query.Of<DataStore>())).Count >= most)
        {
            throw Quotas.Exceeded($"The client may have {most} data stores, and has them. Delete some, or ask for more.", TimeSpan.FromHours(1));
        }

        await transaction.InsertAsync(made);
    }

    /// <summary>Changes what the patch names.</summary>
    public async Task<DataStoreResponse> UpdateAsync(
        ClientRoute route, string storeId, MergePatch<DataStoreForm> patch, IfMatch ifMatch, CancellationToken ct)
    {
        // The address is looked up before the commit, which may wait for nothing but storage.
        var before = await route.Caller.Documents.FindAsync<DataStore>(storeId, ct) ?? throw ApiException.NotFound();
        var wanted = patch.ApplyTo(DataStoreForm.Of(before));
        var place = wanted.Config?.ToConfig(wanted.Kind);
        if (before.ServerId is null && place is not null && wanted.Kind == before.Kind
            && (LeadsElsewhere(before.Config, place) || wanted.Config!.Uri is not (null or SealedSecrets.Mask)))
        {
            await addresses.RequireAsync(before.Kind, wanted.Config!, ct);
        }

        try
        {
            return DataStoreResponse.From(await route.Caller.Documents.CommitAsync(
                async transaction =>
                {
                    DataStore? stored = null;
                    var changed = await transaction.UpdateAsync<DataStore>(
                        storeId, current => Changed(stored = current, place, patch, ifMatch)) ?? throw ApiException.NotFound();
                    if (!ReferenceEquals(stored, changed))
                    {
                        await NoteAsync(transaction, route.By, "data_store.updated", storeId);
                    }

                    return changed;
                },
                ct));
        }
        catch (DuplicateKeyException)
        {
            throw NameTaken();
        }
    }

    /// <summary>Forgets a store. A database that was made for it stays on its server.</summary>
    public Task ForgetAsync(ClientRoute route, string storeId, IfMatch ifMatch, CancellationToken ct) => route.Caller.Documents.CommitAsync(
        async transaction =>
        {
            await RequireFreeAsync(transaction, storeId, ifMatch);
            await transaction.DeleteAsync<DataStore>(storeId);
            await NoteAsync(transaction, route.By, "data_store.deleted", storeId);
        },
        ct);

    /// <summary>The store, if it is ready and nothing builds on it.</summary>
    /// <exception cref="ApiException">404, 409 or 412.</exception>
    public async ValueTask<DataStore> RequireFreeAsync(TenantTransaction transaction, string storeId, IfMatch ifMatch)
    {
        var found = await transaction.FindAsync<DataStore>(storeId) ?? throw ApiException.NotFound();
        ifMatch.Require(found.Version);
        RequireReady(found);
        foreach (var use in uses)
        {
            if (await use(transaction, storeId) is { } reason)
            {
                throw ApiException.Conflict(reason);
            }
        }

        return found;
    }

    /// <summary>A client is not removed while databases are there that were made for it: to drop them or to keep them is decided one by one.</summary>
    public static async ValueTask<string?> UseOfClientAsync(ITransaction transaction, string clientId)
    {
        var stores = await transaction.ListAsync(Query.Of<DataStore>().Equal(store => store.ClientId, clientId));
        var made = stores.Where(store => store.ServerId is not null).Select(store => store.Id).ToArray();
        return made is []
            ? null
            : $"Databases were made for this client: {string.Join(", ", made)}. Delete each, with ?drop=true to drop the database too.";
    }

    /// <summary>Refuses (409) what somebody is changing on its server.</summary>
    public static void RequireReady(DataStore found)
    {
        if (found.Status != StoreStatus.Ready)
        {
            throw ApiException.Conflict($"The data store is {found.Status.ToString().ToLowerInvariant()}; try again when that has ended.");
        }
    }

    public ValueTask NoteAsync(TenantTransaction transaction, Credential by, string action, string storeId) =>
        audit.AppendAsync(transaction.AcrossTenants, by, transaction.ClientId, action, storeId);

    /// <summary>The refusal of a name.</summary>
    public static ApiException NameTaken() => ApiException.Conflict(Taken);

    private DataStore Changed(DataStore stored, StoreConfig? place, MergePatch<DataStoreForm> patch, IfMatch ifMatch)
    {
        ifMatch.Require(stored.Version);
        if (!patch.Changes(DataStoreForm.Of(stored), out var form))
        {
            return stored;
        }

        RequireReady(stored);
        RequireSameNature(stored, form);
        var config = form.Config!.ToConfig(stored.Kind);
        if (stored.ServerId is not null)
        {
            RequireOnlySchemas(stored, form.Config);
            return stored with { Name = form.Name, Config = stored.Config with { Schemas = config.Schemas }, UpdatedAt = clock.GetUtcNow() };
        }

        if (place is null || LeadsElsewhere(place, config))
        {
            throw ApiException.Conflict("The data store was changed in the meantime; try again.");
        }

        if (LeadsElsewhere(stored.Config, config) && form.Config.SecretOf(stored.Kind) == SealedSecrets.Mask)
        {
            RequireNoKeptSecret(stored);
        }

        return stored with
        {
            Name = form.Name,
            Config = config,
            Secret = SealedSecret(stored.Id, stored.Kind, form.Config, stored.Secret),
            UpdatedAt = clock.GetUtcNow(),
        };
    }

    private static void RequireSameNature(DataStore stored, DataStoreForm form)
    {
        if (form.Kind != stored.Kind)
        {
            throw ApiException.Invalid("kind", "The kind of a data store cannot be changed.");
        }

        if (form.Provision != stored.ServerId is not null || form.Config is null)
        {
            throw ApiException.Invalid(form.Config is null ? "config" : "provision", "What was connected stays so, and so does what was made.");
        }
    }

    private static void RequireOnlySchemas(DataStore stored, StoreConfigForm config)
    {
        var before = StoreConfigForm.Of(stored);
        if (config with { Schemas = before.Schemas } != before)
        {
            throw ApiException.Invalid("config", "Only schemas can be changed of a database that was made here; rotate-credentials changes its passwords.");
        }
    }

    // A secret must not be sent where its owner never sent it.
    private static void RequireNoKeptSecret(DataStore stored)
    {
        var field = stored.Kind.IsVector() ? "config.api_key" : "config.password";
        throw ApiException.Invalid(field, "The address or its protection changes: give the secret again, or null for none. The stored one is not sent to another place.");
    }

    private static bool LeadsElsewhere(StoreConfig before, StoreConfig after) =>
        !string.Equals(before.Host, after.Host, StringComparison.OrdinalIgnoreCase)
        || before.Port != after.Port
        || before.Url != after.Url
        || before.Path != after.Path
        || after.Tls < before.Tls;

    private string? SealedSecret(string storeId, StoreKind kind, StoreConfigForm config, string? kept)
    {
        var (secret, field) = (config.SecretOf(kind), kind.IsServer() ? "config.password" : kind.IsVector() ? "config.api_key" : "config.uri");
        return secret switch
        {
            null => null,
            SealedSecrets.Mask => kept ?? throw ApiException.Invalid(field, "*** stands for a secret that is kept already; there is none."),
            _ => box.Seal(DataStore.SecretPurpose(storeId), secret),
        };
    }
}
