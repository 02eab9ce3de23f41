namespace AiBackend.Documents.Sqlite;

/// <summary>
/// Moves the write-ahead log's pages into the database file. SQLite's own way does all of it in the commit that passes a
/// limit, and every commit that waits behind it waits too; here most is done beside the writer, on a connection of its own.
/// </summary>
internal sealed class Checkpoints(Connection connection)
{
    /// <summary>The log is let grow to this (16 MB), so that a page that is written often is moved once.</summary>
    private const int StartPages = 4_000;

    /// <summary>At this size the log is emptied at any price.</summary>
    private const int MaxPages = 16_000;

    /// <summary>So few pages are moved by the writer: the log begins anew only when a writer finds all of it moved.</summary>
    private const int FewPages = 500;

    /// <summary>A sync to disk for fewer pages than this is not worth it.</summary>
    private const int LeastPages = 250;

    private Task background = Task.CompletedTask;

    /// <summary>Called by the writer between its transactions.</summary>
    public void Consider(Connection writer)
    {
        var (log, moved) = writer.LogPages();
        if (!background.IsCompleted)
        {
            if (log <= MaxPages)
            {
                return;
            }

            // The disk is slower than the commits: they wait, or the log would grow without end.
            ((IAsyncResult)background).AsyncWaitHandle.WaitOne();
            (log, moved) = writer.LogPages();
        }

        var rest = log - moved;
        if (log < StartPages || rest < LeastPages)
        {
            return;
        }

        if (rest <= FewPages || log > MaxPages)
        {
            writer.Checkpoint();
        }
        else
        {
            background = Task.Run(connection.Checkpoint);
        }
    }

    public async Task CloseAsync()
    {
        await background;
        connection.Dispose();
    }
}
