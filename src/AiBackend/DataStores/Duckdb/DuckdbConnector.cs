using System.Data.Common;
using DuckDB.NET.Data;
using DuckDB.NET.Native;

namespace AiBackend.DataStores.Duckdb;

/// <summary>Reads DuckDB files, without their engine's ways to other files and to the network.</summary>
internal sealed class DuckdbConnector(DataGuard guard, DataOptions options) : FileConnector(guard, options)
{
    public override StoreKind Kind => StoreKind.Duckdb;

    protected override DbConnection Connect(string path) => new DuckDBConnection(new DuckDBConnectionStringBuilder
    {
        DataSource = path,
        AccessMode = DuckDBAccessMode.ReadOnly,
        EnableExternalAccess = false,
        AutoloadKnownExtensions = false,
        AutoinstallKnownExtensions = false,
        AllowCommunityExtensions = false,
        AllowPersistentSecrets = false,
        LockConfiguration = true,
        Threads = 2,
        MemoryLimit = "1GB",
    }.ConnectionString);

    protected override IDisposable? EndOn(DbConnection connection, CancellationToken ct)
    {
        var native = ((DuckDBConnection)connection).NativeConnection;
        return ct.Register(() => native.Interrupt());
    }

    protected override ConnectionException? Explain(Exception error, ConnectionTarget target) => error is not DuckDBException refused
        ? null
        : refused.ErrorType switch
        {
            DuckDBErrorType.Interrupt => ConnectionProblem.StatementTimedOut(Options.StatementLimit, error),
            DuckDBErrorType.Catalog or DuckDBErrorType.Binder => ConnectionProblem.Changed(error.Message),
            _ when error.Message.Contains("lock", StringComparison.OrdinalIgnoreCase) => ConnectionProblem.FileBusy(error),
            _ when error.Message.Contains("not a valid DuckDB database", StringComparison.Ordinal) => ConnectionProblem.NotADatabase("DuckDB", error),
            _ => ConnectionProblem.Failed(target, error.Message, error),
        };

    protected override async Task<ConnectionReport> TestAsync(DbConnection connection, ConnectionTarget target, CancellationToken ct)
    {
        var names = await connection.QueryAsync(
            "SELECT schema_name FROM duckdb_schemas() WHERE database_name = current_database()", reader => reader.GetString(0), ct);
        return target.Schemas.FirstOrDefault(schema => !names.Contains(schema)) is { } missing
            ? throw ConnectionProblem.UnknownSchema(missing)
            : new ConnectionReport($"DuckDB {connection.ServerVersion}");
    }

    protected override Task<DatabaseSchema> ReadSchemaAsync(DbConnection connection, ConnectionTarget target, CancellationToken ct) =>
        DuckdbSchema.ReadAsync(connection, target.Schemas, ct);

    protected override string Quote(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    protected override string AsText(string quoted) => $"CAST({quoted} AS VARCHAR)";

    // A point in time is written in the zone of the session, which only an extension could set.
    protected override string AsText(ColumnSchema column, string quoted) => column.Type switch
    {
        "TIMESTAMP WITH TIME ZONE" =>
            $"CASE WHEN isfinite({quoted}) THEN CAST(make_timestamp(epoch_us({quoted})) AS VARCHAR) || '+00' ELSE CAST({quoted} AS VARCHAR) END",
        "BLOB" => $"hex({quoted})",
        _ => AsText(quoted),
    };

    // By their bytes: the key tells apart what a collation does not.
    protected override string AsKey(ColumnSchema column, string quoted) => column.Type == "VARCHAR" ? $"encode({quoted})" : quoted;

    protected override string AsParameter(ColumnSchema column, int number) => column.Type switch
    {
        "BLOB" => $"unhex($p{number})",
        "VARCHAR" => $"encode($p{number})",
        _ => $"CAST($p{number} AS {column.Type})",
    };

    protected override void AddParameter(DbCommand command, ColumnSchema column, int number, string text) =>
        command.Parameters.Add(new DuckDBParameter($"p{number}", text));
}
