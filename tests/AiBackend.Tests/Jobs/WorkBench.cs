using System.Collections.Concurrent;
using System.Threading.Channels;
using AiBackend.Documents;
using AiBackend.Documents.Sqlite;
using AiBackend.Jobs;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace AiBackend.Tests.Jobs;

internal sealed record Chore : LeasedDocument, ICancellableWork
{
    public bool CancelRequested { get; init; }
}

/// <summary>A work loop over a store of its own, and a handler that the test blocks, fails and watches.</summary>
internal sealed class WorkBench : IWorkHandler<Chore>, IAsyncLifetime
{
    public static readonly DateTimeOffset Start = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);

    private static readonly DocumentSet<Chore> Chores = new DocumentSet<Chore>("chores").WithDueIndexes();

    private readonly string folder = Directory.CreateTempSubdirectory("aibackend-work-").FullName;
    private readonly Channel<string> started = Channel.CreateUnbounded<string>();
    private readonly Channel<string> done = Channel.CreateUnbounded<string>();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> blocked = new();
    private readonly ConcurrentDictionary<string, bool> failing = new();
    private SqliteDocumentStore adapter = null!;
    private DocumentStore store = null!;
    private WorkLoop<Chore>? loop;

    public FakeTimeProvider Clock { get; } = new(Start);

    public WorkCancellation Cancellation { get; } = new();

    public JobsOptions Jobs { get; } = new();

    public async ValueTask InitializeAsync()
    {
        adapter = new SqliteDocumentStore(
            new DocumentCatalog([Chores]),
            new SqliteDocumentOptions { Path = Path.Combine(folder, "work.db"), RequireServedQueries = true });
        await adapter.InitializeAsync(CancellationToken.None);
        store = new DocumentStore(adapter);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var id in blocked.Keys)
        {
            Unblock(id);
        }

        await StopAsync();
        loop?.Dispose();
        await adapter.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    public async Task StartAsync(Action<WorkOptions<Chore>>? configure = null)
    {
        var options = new WorkOptions<Chore> { Name = "chores" };
        configure?.Invoke(options);
        loop = new WorkLoop<Chore>(
            store, this, options, Options.Create(Jobs), Cancellation, new WorkHealth(), Clock, NullLogger<WorkLoop<Chore>>.Instance);
        await loop.StartAsync(CancellationToken.None);
    }

    public Task StopAsync() => loop?.StopAsync(CancellationToken.None) ?? Task.CompletedTask;

    public Task AddAsync(string clientId, string id) => store.For(clientId).CommitAsync(
        async transaction =>
        {
            await transaction.InsertAsync(new Chore { Id = id, ClientId = clientId, DueAt = Clock.GetUtcNow() });
            transaction.SignalWork<Chore>();
        },
        CancellationToken.None);

    public async Task<Chore> ClaimAsDeadWorkerAsync(TimeSpan lease) => await adapter.ClaimAsync(
        Query.Of<Chore>().AtMost(chore => chore.DueAt, Clock.GetUtcNow()).Ascending(chore => chore.DueAt!),
        new Lease("dead", Clock.GetUtcNow() + lease),
        CancellationToken.None) ?? throw new InvalidOperationException("Nothing is due.");

    public async Task<Chore> FindAsync(string id) => (await adapter.FindAsync<Chore>(id, CancellationToken.None))!;

    public Task EndAsync(Chore held) => adapter.CommitAsync(
        transaction => transaction.UpdateAsync<Chore>(held.Id, stored => Leases.RequireHeld(stored, held) with { DueAt = null }),
        CancellationToken.None);

    public Task PutOffAsync(string id, DateTimeOffset due) => adapter.CommitAsync(
        transaction => transaction.UpdateAsync<Chore>(id, stored => stored with { DueAt = due }), CancellationToken.None);

    public Task RequestCancellationAsync(string id) => adapter.CommitAsync(
        transaction => transaction.UpdateAsync<Chore>(id, stored => stored with { CancelRequested = true }), CancellationToken.None);

    public void Block(string id) => blocked[id] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Unblock(string id) => blocked[id].TrySetResult();

    public void FailOnce(string id) => failing[id] = true;

    public Task<string> StartedAsync(CancellationToken ct) => started.Reader.ReadAsync(ct).AsTask();

    public Task<string> DoneAsync(CancellationToken ct) => done.Reader.ReadAsync(ct).AsTask();

    /// <summary>
    /// Advances the clock step by step until the observation ends, and gives the loop a moment of real time to react to each step, so
    /// that time does not run away from a busy machine.
    /// </summary>
    public async Task AdvanceUntilAsync(TimeSpan step, Task observed)
    {
        while (!observed.IsCompleted)
        {
            Clock.Advance(step);
            await Task.WhenAny(observed, Task.Delay(Moment, TestContext.Current.CancellationToken));
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }

        await observed;
    }

    /// <summary>Ends when the stored document is as asked for.</summary>
    public async Task UntilAsync(string id, Func<Chore, bool> isAsAsked)
    {
        while (!isAsAsked(await FindAsync(id)))
        {
            await Task.Delay(Moment / 10, TestContext.Current.CancellationToken);
        }
    }

    public async Task HandleAsync(Chore work, CancellationToken ct)
    {
        started.Writer.TryWrite(work.Id);
        if (failing.TryRemove(work.Id, out _))
        {
            throw new InvalidOperationException("Asked to fail.");
        }

        var outcome = work.Id;
        try
        {
            if (blocked.TryGetValue(work.Id, out var block))
            {
                await block.Task.WaitAsync(ct);
            }
        }
        catch (OperationCanceledException)
        {
            if (!(await FindAsync(work.Id)).CancelRequested)
            {
                throw;
            }

            outcome = $"cancelled {work.Id}";
        }

        await EndAsync(work);
        done.Writer.TryWrite(outcome);
    }

    public Task AbandonAsync(Chore work, Exception error, CancellationToken ct) => adapter.CommitAsync(
        transaction => transaction.UpdateAsync<Chore>(
            work.Id, stored => Leases.RequireHeld(stored, work) with { DueAt = Clock.GetUtcNow() + TimeSpan.FromSeconds(2) }),
        ct);
}
