using AiBackend.Clients;
using AiBackend.DataStores.Servers;
using AiBackend.Documents;
using AiBackend.Http;

namespace AiBackend.DataStores.Provisioning;

/// <content>What is stored before and after the steps on a server, and the running of the steps.</content>
internal sealed partial class Provisioner
{
    private static async Task BeginAsync(ClientRoute route, DataStore begun, CancellationToken ct)
    {
        try
        {
            await route.Caller.Documents.CommitAsync(
                async transaction =>
                {
                    // Written, so that it conflicts with a deletion of the server.
                    _ = await transaction.AcrossTenants.UpdateAsync<DatabaseServer>(begun.ServerId!, server => server with { UsedAt = begun.CreatedAt })
                        ?? throw ApiException.Conflict("The database server was removed in the meantime; try again.");
                    await DataStoreRegistry.InsertAsync(transaction, begun, route.Client.Settings.Quotas.DataStores);
                },
                ct);
        }
        catch (DuplicateKeyException)
        {
            throw DataStoreRegistry.NameTaken();
        }
    }

    private Task<DataStore> MarkAsync(
        ClientRoute route, string storeId, Func<DataStore, DataStore> mark, CancellationToken ct, IfMatch? free = null, string? note = null) =>
        route.Caller.Documents.CommitAsync(
            async transaction =>
            {
                if (free is not null)
                {
                    await registry.RequireFreeAsync(transaction, storeId, free);
                }

                if (note is not null)
                {
                    await registry.NoteAsync(transaction, route.By, note, storeId);
                }

                return await transaction.UpdateAsync<DataStore>(
                    storeId,
                    found =>
                    {
                        if (found.ServerId is null)
                        {
                            throw ApiException.Conflict("This database was connected, not made here; its owner changes and drops it.");
                        }

                        DataStoreRegistry.RequireReady(found);
                        return mark(found) with { BusyBy = ids.New("busy"), BusyUntil = clock.GetUtcNow() + BusyFor };
                    }) ?? throw ApiException.NotFound();
            },
            ct);

    private async Task<(IDatabaseMaker Maker, ConnectionTarget Target, DatabaseNames Names)> OpenAsync(DataStore made, CancellationToken ct)
    {
        var server = await store.AcrossTenants.FindAsync<DatabaseServer>(made.ServerId!, ct)
            ?? throw new InvalidOperationException($"The server {made.ServerId} of {made.Id} is gone.");
        return (MakerOf(made.Kind)!, servers.Open(server), DatabaseNames.Of(made.Id));
    }

    private void RequireLogins(DataStore found)
    {
        if (found.ServerId is not null && MakerOf(found.Kind) is { HasLogins: false })
        {
            throw ApiException.Conflict("A database in a file has no passwords.");
        }
    }

    private async Task RunAsync(IReadOnlyList<MakingStep> steps)
    {
        using var limit = new CancellationTokenSource(StepsLimit, clock);
        foreach (var step in steps)
        {
            await step.RunAsync(limit.Token);
        }
    }

    private async Task DropAsync(DataStore busy, CancellationToken ct)
    {
        var (maker, target, names) = await OpenAsync(busy, ct);
        await RunAsync(maker.Drop(target, names));
        await store.For(busy.ClientId).CommitAsync(
            async transaction =>
            {
                if (await transaction.FindAsync<DataStore>(busy.Id) is { } stored && stored.BusyBy == busy.BusyBy)
                {
                    await transaction.DeleteAsync<DataStore>(busy.Id);
                }
            },
            ct);
    }

    // Only while it is still this caller's: a commit whose answer was lost may have made it ready.
    private async Task<bool> UndoAsync(DataStore begun, IDatabaseMaker maker, ConnectionTarget target, DatabaseNames names)
    {
        try
        {
            var undone = await store.For(begun.ClientId).CommitAsync(
                async transaction => await transaction.UpdateAsync<DataStore>(
                    begun.Id, stored => stored.BusyBy == begun.BusyBy ? stored with { Status = StoreStatus.Dropping } : stored),
                CancellationToken.None);
            if (undone?.BusyBy == begun.BusyBy)
            {
                await RunAsync(maker.Drop(target, names));
                await store.For(begun.ClientId).CommitAsync(
                    async transaction => await transaction.DeleteAsync<DataStore>(begun.Id), CancellationToken.None);
                return true;
            }
        }
        catch (Exception error)
        {
            LogLeft(error, begun.Id, begun.ServerId!);
            await LeaveAsync(begun, RetryAfter);
        }

        return false;
    }

    // Should this not be stored either, the time that is stored runs out by itself.
    private async Task LeaveAsync(DataStore busy, TimeSpan wait)
    {
        try
        {
            await store.For(busy.ClientId).CommitAsync(
                async transaction => await transaction.UpdateAsync<DataStore>(
                    busy.Id, stored => stored.BusyBy == busy.BusyBy ? stored with { BusyUntil = clock.GetUtcNow() + wait } : stored),
                CancellationToken.None);
        }
        catch (StoreUnavailableException error)
        {
            LogLeft(error, busy.Id, busy.ServerId!);
        }
    }

    private static async ValueTask<DataStore> EndAsync(TenantTransaction transaction, DataStore held, DataStore ended)
    {
        var stored = await transaction.UpdateAsync<DataStore>(
            held.Id,
            current => current.BusyBy == held.BusyBy
                ? ended with { Version = current.Version, Name = current.Name, Config = current.Config }
                : throw new LeaseEndedException());
        return stored ?? throw new LeaseEndedException();
    }

    private static ApiException NotDone(ClientRoute route, string text, Exception error) => new(
        StatusCodes.Status503ServiceUnavailable,
        "unavailable",
        route.By.IsAdmin ? $"{text} The server: {error.Message}" : $"{text} The operator finds the reason in the log, by the trace id.")
    {
        RetryAfter = RetryAfter,
    };

    [LoggerMessage(LogLevel.Error, "The database of {StoreId} on {ServerId} could not be changed as asked")]
    private partial void LogFailed(Exception error, string storeId, string serverId);

    [LoggerMessage(LogLevel.Warning, "What there is of {StoreId} on {ServerId} is taken away later")]
    private partial void LogLeft(Exception error, string storeId, string serverId);

    /// <summary>It took longer than there was time, and another has taken it over.</summary>
    private sealed class LeaseEndedException() : Exception("It took too long, and is finished or undone by another.");
}
