using System.Data.Common;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace AiBackend.DataStores.Sqlite;

/// <summary>Reads SQLite files.</summary>
internal sealed class SqliteConnector(DataGuard guard, DataOptions options) : FileConnector(guard, options)
{
    // How many steps of its machine SQLite makes before it asks whether to go on.
    private const int Steps = 10_000;

    public override StoreKind Kind => StoreKind.Sqlite;

    protected override DbConnection Connect(string path) => new SqliteConnection(new SqliteConnectionStringBuilder
    {
        DataSource = path,
        Mode = SqliteOpenMode.ReadOnly,
        Pooling = false,
        DefaultTimeout = 5,
    }.ConnectionString);

    // Views of the file call nothing that reaches beyond it, and pages are read with more care.
    protected override Task PrepareAsync(DbConnection connection, CancellationToken ct) =>
        connection.ExecuteAsync("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0", ct);

    protected override IDisposable? EndOn(DbConnection connection, CancellationToken ct)
    {
        var database = ((SqliteConnection)connection).Handle;
        raw.sqlite3_progress_handler(database, Steps, _ => ct.IsCancellationRequested ? 1 : 0, null);
        return null;
    }

    protected override ConnectionException? Explain(Exception error, ConnectionTarget target) => error is not SqliteException refused
        ? null
        : refused.SqliteErrorCode switch
        {
            raw.SQLITE_CANTOPEN or raw.SQLITE_PERM => ConnectionProblem.FileMissing(error),
            raw.SQLITE_NOTADB or raw.SQLITE_CORRUPT => ConnectionProblem.NotADatabase("SQLite", error),
            raw.SQLITE_INTERRUPT => ConnectionProblem.StatementTimedOut(Options.StatementLimit, error),
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => ConnectionProblem.FileBusy(error),
            raw.SQLITE_ERROR when error.Message.Contains("no such", StringComparison.Ordinal) => ConnectionProblem.Changed(error.Message),
            _ => ConnectionProblem.Failed(target, error.Message, error),
        };

    protected override async Task<ConnectionReport> TestAsync(DbConnection connection, ConnectionTarget target, CancellationToken ct)
    {
        await connection.QueryAsync("SELECT count(*) FROM sqlite_schema", reader => reader.GetInt64(0), ct);
        return new ConnectionReport($"SQLite {connection.ServerVersion}");
    }

    protected override async Task<DatabaseSchema> ReadSchemaAsync(DbConnection connection, ConnectionTarget target, CancellationToken ct) =>
        await SqliteSchema.ReadAsync((SqliteConnection)connection, ct);

    protected override string Quote(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    // A column holds values of any class. A number is written with as many digits as it takes to read it again.
    protected override string AsText(string quoted) =>
        $"CASE typeof({quoted}) WHEN 'blob' THEN hex({quoted}) "
        + $"WHEN 'real' THEN iif(CAST(CAST({quoted} AS TEXT) AS REAL) = {quoted}, CAST({quoted} AS TEXT), printf('%!.17g', {quoted})) "
        + $"ELSE CAST({quoted} AS TEXT) END";

    protected override string AsText(ColumnSchema column, string quoted) => AsText(quoted);

    // Numbers and texts are compared as the column has them, texts by their bytes: an index may tell apart what the column's collation does
    // not. Without a declared class, values of several could stand side by side, and are compared as texts.
    protected override string AsKey(ColumnSchema column, string quoted) =>
        SqliteTypes.AffinityOf(column.Type) == SqliteTypes.Affinity.Blob ? $"({AsText(quoted)})" : $"{quoted} COLLATE BINARY";

    // A text that is compared with a column of numbers becomes a number.
    protected override string AsParameter(ColumnSchema column, int number) => $"@p{number}";

    protected override void AddParameter(DbCommand command, ColumnSchema column, int number, string text) =>
        command.Parameters.Add(new SqliteParameter($"@p{number}", text));

    protected override string? ToText(ColumnSchema column, string value) => (column.Kind, value) switch
    {
        (ColumnKind.Boolean, "0") => "false",
        (ColumnKind.Boolean, "1") => "true",
        _ => base.ToText(column, value),
    };
}
