using System.Security.Cryptography;
using AiBackend.Clients;
using AiBackend.DataStores.Servers;
using AiBackend.Documents;
using AiBackend.Http;

namespace AiBackend.DataStores.Provisioning;

/// <summary>
/// Makes databases for clients, changes their passwords and drops them. What is about to be done on a server is stored before it is done,
/// with a time by which it is over: what breaks off is finished or undone later (<see cref="FinishAsync"/>), so that nothing is left on a
/// server that the store does not know of.
/// </summary>
internal sealed partial class Provisioner(
    DatabaseServers servers,
    IEnumerable<IDatabaseMaker> makers,
    DataStoreRegistry registry,
    SecretBox box,
    DocumentStore store,
    Ids ids,
    TimeProvider clock,
    ILogger<Provisioner> logger)
{
    /// <summary>How long all steps together may take.</summary>
    public static readonly TimeSpan StepsLimit = TimeSpan.FromSeconds(60);

    /// <summary>After this long nobody is at it any more.</summary>
    public static readonly TimeSpan BusyFor = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan RetryAfter = TimeSpan.FromMinutes(5);

    // 32 of 62 characters: 190 bits, and nothing that any language quotes. The end is for servers that ask for one of each kind.
    private const string PasswordCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private const int PasswordLength = 32;
    private const string PasswordEnd = "-aZ9";

    /// <summary>Makes a database. The caller's leaving does not stop it: the answer is stored with what it tells of.</summary>
    /// <exception cref="ApiException">422: there is no server for it; 429; 409; 503: it could not be made, and what there is of it is taken away, now or later.</exception>
    public async Task<DataStoreResponse> CreateAsync(RequestCommits commits, ClientRoute route, DataStoreForm form, CancellationToken ct)
    {
        if (form.Config is not null)
        {
            throw ApiException.Invalid("config", "A database that is made here gets its address from its server; leave it out.");
        }

        var maker = MakerOf(form.Kind) ?? throw ApiException.Invalid("provision", "Databases of this kind are not made here; connect one.");
        var server = await servers.ChooseAsync(route.Client.Id, form.Kind, ct)
            ?? throw ApiException.Invalid("provision", "No server of this kind is registered on which a database could be made; ask the operator for one.");
        var (id, now) = (ids.New("dst"), clock.GetUtcNow());
        var (target, names) = (servers.Open(server), DatabaseNames.Of(id));
        var begun = new DataStore
        {
            Id = id,
            ClientId = route.Client.Id,
            Kind = form.Kind,
            Name = form.Name,
            Config = maker.ConfigOf(target, names),
            ServerId = server.Id,
            Status = StoreStatus.Provisioning,
            BusyBy = ids.New("busy"),
            BusyUntil = now + BusyFor,
            CreatedAt = now,
            UpdatedAt = now,
        };
        await BeginAsync(route, begun, ct);

        var passwords = new NewPasswords(NewPassword(), NewPassword());
        var made = begun with
        {
            Status = StoreStatus.Ready,
            BusyBy = null,
            BusyUntil = null,
            Secret = maker.HasLogins ? box.Seal(DataStore.SecretPurpose(id), passwords.Reader) : null,
        };
        try
        {
            await RunAsync(maker.Create(target, names, passwords));
            return await commits.CommitAsync(
                route.Caller,
                StatusCodes.Status201Created,
                async transaction =>
                {
                    var stored = await EndAsync(transaction, begun, made);
                    await registry.NoteAsync(transaction, route.By, "data_store.provisioned", id);
                    return DataStoreResponse.From(stored, maker.HasLogins ? CredentialsOf(names, passwords) : null);
                },
                CancellationToken.None);
        }
        catch (Exception error) when (error is not ApiException)
        {
            LogFailed(error, id, server.Id);
            throw NotDone(
                route,
                await UndoAsync(begun, maker, target, names)
                    ? "The database could not be made, and nothing is left of it."
                    : "The database could not be made. What there is of it could not be taken away yet; that is tried again until it is.",
                error);
        }
    }

    /// <summary>Changes both passwords. Should it break off, the stored one works again within minutes; the owner's is known after the next time.</summary>
    /// <exception cref="ApiException">404; 409: it was not made here, or is busy; 503: the server did not do it.</exception>
    public async Task<DataStoreResponse> RotateAsync(
        RequestCommits commits, ClientRoute route, string storeId, IfMatch ifMatch, CancellationToken ct)
    {
        var passwords = new NewPasswords(NewPassword(), NewPassword());
        var busy = await MarkAsync(
            route,
            storeId,
            found =>
            {
                ifMatch.Require(found.Version);
                RequireLogins(found);
                return found with { Status = StoreStatus.Rotating, PendingSecret = box.Seal(DataStore.SecretPurpose(storeId), passwords.Reader) };
            },
            ct);
        try
        {
            var (maker, target, names) = await OpenAsync(busy, CancellationToken.None);
            await RunAsync(maker.Rotate(target, names, passwords.Owner, passwords.Reader));
            return await commits.CommitAsync(
                route.Caller,
                StatusCodes.Status200OK,
                async transaction =>
                {
                    var stored = await EndAsync(transaction, busy, Rotated(busy));
                    await registry.NoteAsync(transaction, route.By, "data_store.credentials_rotated", storeId);
                    return DataStoreResponse.From(stored, CredentialsOf(names, passwords));
                },
                CancellationToken.None);
        }
        catch (Exception error) when (error is not ApiException)
        {
            // Whether the server changed them is not known: the reader's is set once more, soon, to the one that is stored as pending.
            LogFailed(error, storeId, busy.ServerId!);
            await LeaveAsync(busy, TimeSpan.Zero);
            throw NotDone(route, "The passwords could not be changed. Try again in a few minutes.", error);
        }
    }

    /// <summary>Drops a database with its users, and forgets the store.</summary>
    /// <exception cref="ApiException">404; 409: it was not made here, is busy or in use; 503: the server did not do it yet.</exception>
    public async Task DropAsync(ClientRoute route, string storeId, IfMatch ifMatch, CancellationToken ct)
    {
        var busy = await MarkAsync(route, storeId, found => found with { Status = StoreStatus.Dropping }, ct, ifMatch, "data_store.dropped");
        try
        {
            await DropAsync(busy, CancellationToken.None);
        }
        catch (Exception error) when (error is not ApiException)
        {
            LogFailed(error, storeId, busy.ServerId!);
            await LeaveAsync(busy, RetryAfter);
            throw NotDone(route, "The database could not be dropped yet; it is tried again until it is.", error);
        }
    }

    /// <summary>Finishes or undoes what somebody left; the store is this caller's (<see cref="DataStore.BusyBy"/>).</summary>
    public async Task FinishAsync(DataStore left, CancellationToken ct)
    {
        try
        {
            if (left.Status == StoreStatus.Rotating && left.PendingSecret is { } pending)
            {
                var (maker, target, names) = await OpenAsync(left, ct);
                await RunAsync(maker.Rotate(target, names, owner: null, box.Open(DataStore.SecretPurpose(left.Id), pending)));
                await store.For(left.ClientId).CommitAsync(transaction => EndAsync(transaction, left, Rotated(left)), ct);
            }
            else
            {
                await DropAsync(left, ct);
            }
        }
        catch (Exception error) when (!ct.IsCancellationRequested)
        {
            LogFailed(error, left.Id, left.ServerId!);
            await LeaveAsync(left, RetryAfter);
        }
    }

    /// <summary>Whether databases of this kind are made here.</summary>
    private IDatabaseMaker? MakerOf(StoreKind kind) => makers.FirstOrDefault(maker => maker.Kind == kind);

    private static string NewPassword() => RandomNumberGenerator.GetString(PasswordCharacters, PasswordLength) + PasswordEnd;

    private static StoreCredentials CredentialsOf(DatabaseNames names, NewPasswords passwords) =>
        new(new StoreLogin(names.Owner, passwords.Owner), new StoreLogin(names.Reader, passwords.Reader));

    private DataStore Rotated(DataStore busy) => busy with
    {
        Status = StoreStatus.Ready,
        BusyBy = null,
        BusyUntil = null,
        Secret = busy.PendingSecret,
        PendingSecret = null,
        UpdatedAt = clock.GetUtcNow(),
    };
}
