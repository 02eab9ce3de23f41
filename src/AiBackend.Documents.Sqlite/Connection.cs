using SQLitePCL;

namespace AiBackend.Documents.Sqlite;

/// <summary>One connection and the statements prepared on it. Used by one thread at a time.</summary>
internal sealed class Connection : IDisposable
{
    private const int MaxStatements = 400;
    private const int BusyTimeoutMilliseconds = 5_000;

    private const int ShortBusyTimeoutMilliseconds = 200;

    // SQLITE_CHECKPOINT_NOOP, which SQLitePCLRaw does not name yet.
    private const int CheckpointNothing = -1;

    private readonly Dictionary<string, Statement> statements = new(StringComparer.Ordinal);
    private readonly sqlite3 handle;

    private Connection(sqlite3 handle) => this.handle = handle;

    /// <summary>Whether no transaction is open: false between BEGIN and its end, also when an error ended it.</summary>
    public bool IsAutocommit => raw.sqlite3_get_autocommit(handle) != 0;

    /// <summary>How many rows the last statement inserted, updated or deleted, without those of triggers.</summary>
    public int Changes => raw.sqlite3_changes(handle);

    /// <summary>How many rows all statements together changed, those that were undone too.</summary>
    public int TotalChanges => raw.sqlite3_total_changes(handle);

    public static Connection OpenWriter(string path)
    {
        var connection = Open(path, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE);
        try
        {
            connection.Execute("PRAGMA journal_mode = WAL");
            connection.Execute("PRAGMA synchronous = FULL");
            connection.Execute("PRAGMA secure_delete = ON");
            connection.Execute("PRAGMA foreign_keys = OFF");
            connection.Execute("PRAGMA temp_store = MEMORY");
            connection.Execute("PRAGMA cache_size = -32000");
            connection.Execute("PRAGMA wal_autocheckpoint = 0");
            connection.Execute("PRAGMA journal_size_limit = 67108864");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public static Connection OpenReader(string path)
    {
        // Not SQLITE_OPEN_READONLY: such a connection cannot recover the log when it is the first to come after a crash.
        var connection = Open(path, raw.SQLITE_OPEN_READWRITE);
        connection.Execute("PRAGMA query_only = ON");
        connection.Execute("PRAGMA mmap_size = 268435456");
        connection.Execute("PRAGMA cache_size = -4000");
        return connection;
    }

    /// <summary>
    /// Writes the whole database anew, by a connection of its own that has nothing to do but this. What it needs meanwhile, about the size of
    /// the database, lies in the database's folder.
    /// </summary>
    public static void Rewrite(string path)
    {
        using var connection = OpenWriter(path);
        connection.Execute("PRAGMA temp_store = FILE");
        connection.Execute($"PRAGMA temp_store_directory = '{Path.GetDirectoryName(Path.GetFullPath(path))!.Replace("'", "''", StringComparison.Ordinal)}'");
        connection.Execute("VACUUM");
    }

    /// <summary>The statement, prepared once. Dispose what is returned, to be able to use it again.</summary>
    public Statement Use(string sql)
    {
        if (!statements.TryGetValue(sql, out var statement))
        {
            statement = Prepare(sql);
        }

        return statement;
    }

    public void Execute(string sql)
    {
        using var statement = Use(sql);
        while (statement.Step())
        {
        }
    }

    /// <summary>How many pages the log has, and how many of them the database file has too.</summary>
    public (int Log, int Moved) LogPages()
    {
        _ = raw.sqlite3_wal_checkpoint_v2(handle, null, CheckpointNothing, out var log, out var moved);
        return (log, moved);
    }

    /// <summary>
    /// Moves the log's pages into the database file as far as readers allow, without waiting for anyone. What fails is left
    /// in the log, and tried again.
    /// </summary>
    public void Checkpoint() => _ = raw.sqlite3_wal_checkpoint_v2(handle, null, raw.SQLITE_CHECKPOINT_PASSIVE, out _, out _);

    /// <summary>
    /// Moves all of the log into the database file and cuts the log file to nothing. For a connection of its own: while it waits for
    /// readers, writers wait too, so it does not wait long.
    /// </summary>
    /// <returns>False when somebody reads or writes: to be tried again.</returns>
    public bool TryEmptyLog()
    {
        raw.sqlite3_busy_timeout(handle, ShortBusyTimeoutMilliseconds);
        var result = raw.sqlite3_wal_checkpoint_v2(handle, null, raw.SQLITE_CHECKPOINT_TRUNCATE, out _, out _);
        return (result & 0xFF) switch
        {
            raw.SQLITE_OK => true,
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => false,
            _ => throw Failure(result),
        };
    }

    /// <summary>Ends an open transaction without a trace. What fails here shows at the next BEGIN.</summary>
    public void Rollback()
    {
        if (!IsAutocommit)
        {
            _ = raw.sqlite3_exec(handle, "ROLLBACK");
        }
    }

    /// <summary>The exception for a result code.</summary>
    public Exception Failure(int result)
    {
        var message = raw.sqlite3_errmsg(handle).utf8_to_string();
        return (result & 0xFF) switch
        {
            raw.SQLITE_CONSTRAINT => new UniqueViolationException(message),
            raw.SQLITE_ERROR or raw.SQLITE_MISUSE or raw.SQLITE_RANGE or raw.SQLITE_MISMATCH =>
                new InvalidOperationException($"SQLite refused a statement: {message}."),
            _ => new StoreUnavailableException($"The SQLite database does not serve: {message} (code {result})."),
        };
    }

    public void Dispose()
    {
        foreach (var statement in statements.Values)
        {
            statement.Finish();
        }

        statements.Clear();
        handle.Dispose();
    }

    private static Connection Open(string path, int flags)
    {
        var result = raw.sqlite3_open_v2(path, out var handle, flags | raw.SQLITE_OPEN_NOMUTEX, null);
        if (result != raw.SQLITE_OK)
        {
            var message = raw.sqlite3_errstr(result).utf8_to_string();
            handle?.Dispose();
            throw new StoreUnavailableException(
                $"The SQLite database {path} cannot be opened: {message}. Give a path in a folder that the service may write to.");
        }

        raw.sqlite3_extended_result_codes(handle, 1);
        raw.sqlite3_busy_timeout(handle, BusyTimeoutMilliseconds);
        return new Connection(handle);
    }

    private Statement Prepare(string sql)
    {
        if (statements.Count >= MaxStatements)
        {
            foreach (var old in statements.Values)
            {
                old.Finish();
            }

            statements.Clear();
        }

        var result = raw.sqlite3_prepare_v3(handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var prepared);
        if (result != raw.SQLITE_OK)
        {
            throw Failure(result);
        }

        return statements[sql] = new Statement(this, prepared);
    }
}

/// <summary>A unique index or the primary key refused a row; SQLite's message says which.</summary>
internal sealed class UniqueViolationException(string message) : Exception(message);
