using AiBackend.Clients;
using AiBackend.Documents;
using AiBackend.Http;

namespace AiBackend.DataStores.Servers;

/// <summary>The servers on which databases are made. An admin registers them, so their addresses are not limited.</summary>
internal sealed class DatabaseServers(DocumentStore store, ClientDirectory clients, SecretBox box, AuditLog audit, Ids ids, TimeProvider clock)
{
    /// <summary>Registers a server.</summary>
    public async Task<ServerResponse> CreateAsync(RequestCommits commits, Credential by, ServerForm form, CancellationToken ct)
    {
        await RequireClientAsync(form.ClientId, ct);
        var (id, now) = (ids.New("dbs"), clock.GetUtcNow());
        var server = Filled(
            new DatabaseServer
            {
                Id = id,
                ClientId = form.ClientId,
                Kind = form.Kind,
                Config = form.Config.ToConfig(form.Kind),
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
                    await transaction.InsertAsync(server);
                    await NoteAsync(transaction, by, server, "created");
                    return ServerResponse.From(server with { Version = 1 });
                },
                ct);
        }
        catch (DuplicateKeyException)
        {
            throw DefaultTaken(form.Kind);
        }
    }

    /// <summary>Changes what the patch names. Stores that were made on it follow it to another address.</summary>
    public async Task<ServerResponse> UpdateAsync(Credential by, string serverId, MergePatch<ServerForm> patch, IfMatch ifMatch, CancellationToken ct)
    {
        try
        {
            return await store.AcrossTenants.CommitAsync(
                async transaction =>
                {
                    DatabaseServer? stored = null;
                    var changed = await transaction.UpdateAsync<DatabaseServer>(serverId, current => Changed(stored = current, patch, ifMatch))
                        ?? throw ApiException.NotFound();
                    if (!ReferenceEquals(stored, changed))
                    {
                        await MoveStoresAsync(transaction, stored!, changed);
                        await NoteAsync(transaction, by, changed, "updated");
                    }

                    return ServerResponse.From(changed);
                },
                ct);
        }
        catch (DuplicateKeyException)
        {
            throw ApiException.Conflict("Another server is the default of this kind; set its is_default to false first.");
        }
    }

    /// <summary>Forgets a server on which no store is.</summary>
    public Task DeleteAsync(Credential by, string serverId, IfMatch ifMatch, CancellationToken ct) => store.AcrossTenants.CommitAsync(
        async transaction =>
        {
            var server = await transaction.FindAsync<DatabaseServer>(serverId) ?? throw ApiException.NotFound();
            ifMatch.Require(server.Version);
            if (await transaction.ListAsync(Query.Of<DataStore>().Equal(made => made.ServerId, serverId).Take(1)) is not [])
            {
                throw ApiException.Conflict("Data stores were made on this server; delete them first.");
            }

            await transaction.DeleteAsync<DatabaseServer>(serverId);
            await NoteAsync(transaction, by, server, "deleted");
            return true;
        },
        ct);

    /// <summary>The server on which a database is made for a client: its own (the default among them), else the shared default; null without.</summary>
    public async Task<DatabaseServer?> ChooseAsync(string clientId, StoreKind kind, CancellationToken ct)
    {
        var own = await store.AcrossTenants.ListAsync(
            Query.Of<DatabaseServer>().Equal(server => server.ClientId, clientId).Equal(server => server.Kind, kind).Ascending(), ct);
        if (own is not [])
        {
            return own.FirstOrDefault(server => server.DefaultFor is not null) ?? own[0];
        }

        var shared = await store.AcrossTenants.ListAsync(
            Query.Of<DatabaseServer>().Equal(server => server.DefaultFor, DatabaseServer.DefaultKey(clientId: null, kind)).Take(1), ct);
        return shared is [var found] ? found : null;
    }

    /// <summary>How its administrator gets in.</summary>
    public ConnectionTarget Open(DatabaseServer server)
    {
        var secret = server.Secret is null ? null : box.Open(DatabaseServer.SecretPurpose(server.Id), server.Secret);
        return new ConnectionTarget
        {
            Kind = server.Kind,
            Host = server.Config.Host,
            Port = server.Config.Port,
            Database = server.Config.Database,
            Username = server.Config.Username,
            Password = server.Kind.IsServer() ? secret : null,
            Tls = server.Config.Tls ?? TlsMode.Disable,
            Path = server.Config.Path,
            Uri = server.Kind == StoreKind.Mongodb ? secret : null,
            IsOperators = true,
        };
    }

    /// <summary>Removes the servers of a client that is being removed.</summary>
    public static async Task RemoveOfClientAsync(DocumentStore store, string clientId, CancellationToken ct)
    {
        foreach (var kind in Enum.GetValues<StoreKind>())
        {
            await store.AcrossTenants.CommitAsync(
                transaction => transaction.DeleteAllAsync(
                    Query.Of<DatabaseServer>().Equal(server => server.ClientId, clientId).Equal(server => server.Kind, kind)),
                ct);
        }
    }

    private DatabaseServer Changed(DatabaseServer stored, MergePatch<ServerForm> patch, IfMatch ifMatch)
    {
        ifMatch.Require(stored.Version);
        if (!patch.Changes(ServerForm.Of(stored), out var form))
        {
            return stored;
        }

        if (form.Kind != stored.Kind || form.ClientId != stored.ClientId)
        {
            throw ApiException.Invalid(form.Kind != stored.Kind ? "kind" : "client_id", "This cannot be changed of a database server.");
        }

        var config = form.Config.ToConfig(stored.Kind);
        if (config.Path != stored.Config.Path)
        {
            throw ApiException.Invalid("config.path", "The folder cannot be changed, as its files stay where they are; register another server.");
        }

        var leadsElsewhere = config.Host != stored.Config.Host || config.Port != stored.Config.Port || config.Tls < stored.Config.Tls;
        return leadsElsewhere && form.Config.SecretOf(stored.Kind) == SealedSecrets.Mask
            ? throw ApiException.Invalid("config.password", "The address or its protection changes: give the password again. The stored one is not sent to another place.")
            : Filled(stored, form) with { Config = config, UpdatedAt = clock.GetUtcNow() };
    }

    private static async ValueTask MoveStoresAsync(ITransaction transaction, DatabaseServer before, DatabaseServer after)
    {
        if ((before.Config.Host, before.Config.Port, before.Config.Tls) == (after.Config.Host, after.Config.Port, after.Config.Tls))
        {
            return;
        }

        foreach (var made in await transaction.ListAsync(Query.Of<DataStore>().Equal(made => made.ServerId, after.Id)))
        {
            await transaction.UpdateAsync<DataStore>(
                made.Id,
                stored => stored with { Config = stored.Config with { Host = after.Config.Host, Port = after.Config.Port, Tls = after.Config.Tls } });
        }
    }

    private DatabaseServer Filled(DatabaseServer server, ServerForm form)
    {
        var secret = form.Config.SecretOf(server.Kind);
        return server with
        {
            Name = form.Name,
            DefaultFor = form.IsDefault ? DatabaseServer.DefaultKey(server.ClientId, server.Kind) : null,
            Secret = secret switch
            {
                null => null,
                SealedSecrets.Mask => server.Secret ?? throw ApiException.Invalid(
                    server.Kind.IsServer() ? "config.password" : "config.uri", "*** stands for a secret that is kept already; there is none."),
                _ => box.Seal(DatabaseServer.SecretPurpose(server.Id), secret),
            },
        };
    }

    private async Task RequireClientAsync(string? clientId, CancellationToken ct)
    {
        if (clientId is not null && (!Ids.IsId("cli", clientId) || await clients.FindAsync(clientId, ct) is null))
        {
            throw ApiException.Invalid("client_id", "There is no such client.");
        }
    }

    // The audit log is a client's; what is shared belongs to none.
    private ValueTask NoteAsync(ITransaction transaction, Credential by, DatabaseServer server, string done) => server.ClientId is { } clientId
        ? audit.AppendAsync(transaction, by, clientId, $"database_server.{done}", server.Id)
        : ValueTask.CompletedTask;

    private static ApiException DefaultTaken(StoreKind kind) =>
        ApiException.Conflict($"There is a default server for {kind.ToString().ToLowerInvariant()} already; set its is_default to false first.");
}
