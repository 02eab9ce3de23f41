using AiBackend.Documents;

namespace AiBackend.Jobs;

/// <summary>How one type of work is done in this process.</summary>
internal sealed class WorkOptions<T>
    where T : LeasedDocument
{
    /// <summary>For logs and metrics.</summary>
    public string Name { get; set; } = typeof(T).Name;

    /// <summary>The most that are done at once.</summary>
    public int Concurrency { get; set; } = 8;

    /// <summary>The most that are done at once for one client, so that its long work leaves room; null: no limit.</summary>
    public int? ConcurrencyPerClient { get; set; }

    /// <summary>The most that are done at once for one turn (<see cref="LeasedDocument.Turn"/>); null: no limit.</summary>
    public int? ConcurrencyPerTurn { get; set; }

    /// <summary>How long the work of a dead process stays untouched. A living one extends it every third of that.</summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(15);
}

/// <summary>Settings of all background work.</summary>
internal sealed class JobsOptions
{
    /// <summary>False in a process that only serves HTTP (<c>ROLE=api</c>).</summary>
    public bool RunsWork { get; set; } = true;

    /// <summary>How many background jobs run at once in this process (<c>WORKERS</c>).</summary>
    public int Workers { get; set; } = 4;

    /// <summary>How often to look for work of other processes, and for cancellations asked for there.</summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long running work may go on after the process was told to stop, before it is handed back.</summary>
    public TimeSpan DrainLimit { get; set; } = TimeSpan.FromSeconds(8);
}
