using AiBackend.Documents;
using AiBackend.Indexes;

namespace AiBackend.Knowledge.Indexing;

/// <summary>
/// Builds the indexes in the background once the service is up, one client after another, so that the first search after a restart
/// need not wait for its own. Stops at half of the memory that indexes may take: who searches first comes before who is read first.
/// </summary>
internal sealed partial class IndexWarmup(
    DocumentStore store, ClientIndexes indexes, IndexMemory memory, IHostApplicationLifetime lifetime, ILogger<IndexWarmup> logger)
    : BackgroundService
{
    private const int ClientsPerPage = 100;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
        try
        {
            await WarmUpAsync(stoppingToken);
        }
        catch (Exception error) when (!stoppingToken.IsCancellationRequested)
        {
            LogEnded(error);
        }
    }

    private async Task WarmUpAsync(CancellationToken ct)
    {
        string? cursor = null;
        do
        {
            var page = await store.AcrossTenants.PageAsync(Query.Of<KnowledgeState>().Ascending(), cursor, ClientsPerPage, ct);
            foreach (var state in page.Items.Where(state => state.Documents > 0))
            {
                if (memory.ApproximateBytes > memory.Budget / 2)
                {
                    return;
                }

                await BuildAsync(state.ClientId, ct);
            }

            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }

    private async Task BuildAsync(string clientId, CancellationToken ct)
    {
        try
        {
            await indexes.GetAsync(clientId, ct);
        }
        catch (Exception error) when (!ct.IsCancellationRequested)
        {
            LogFailed(error, clientId);
        }
    }

    [LoggerMessage(LogLevel.Warning, "No more indexes are built ahead; the first search of each client builds its own")]
    private partial void LogEnded(Exception error);

    [LoggerMessage(LogLevel.Warning, "The index of {ClientId} could not be built ahead; its first search will try again")]
    private partial void LogFailed(Exception error, string clientId);
}
