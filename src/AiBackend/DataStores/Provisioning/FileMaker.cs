using DuckDB.NET.Data;

namespace AiBackend.DataStores.Provisioning;

/// <summary>Makes databases that are a file in the server's folder. Files have no users.</summary>
internal abstract class FileMaker : IDatabaseMaker
{
    public abstract StoreKind Kind { get; }

    public bool HasLogins => false;

    /// <summary>Of the file, with its dot.</summary>
    protected abstract string Ending { get; }

    /// <summary>What a database may leave beside its file.</summary>
    protected abstract IReadOnlyList<string> CompanionEndings { get; }

    public StoreConfig ConfigOf(ConnectionTarget server, DatabaseNames names) => new() { Path = FileOf(server, names) };

    public IReadOnlyList<MakingStep> Create(ConnectionTarget server, DatabaseNames names, NewPasswords passwords) =>
    [
        new MakingStep("folder", _ =>
        {
            Directory.CreateDirectory(server.Path!);
            return Task.CompletedTask;
        }),
        new MakingStep("file", ct => MakeAsync(FileOf(server, names), ct)),
    ];

    public IReadOnlyList<MakingStep> Rotate(ConnectionTarget server, DatabaseNames names, string? owner, string reader) => [];

    public IReadOnlyList<MakingStep> Drop(ConnectionTarget server, DatabaseNames names) =>
    [
        new MakingStep("file", _ =>
        {
            var file = FileOf(server, names);
            if (Directory.Exists(server.Path))
            {
                foreach (var ending in CompanionEndings.Prepend(string.Empty))
                {
                    File.Delete(file + ending);
                }
            }

            return Task.CompletedTask;
        }),
    ];

    /// <summary>Makes an empty database.</summary>
    protected abstract Task MakeAsync(string file, CancellationToken ct);

    private string FileOf(ConnectionTarget server, DatabaseNames names) => Path.Combine(server.Path!, names.Database + Ending);
}

/// <inheritdoc />
internal sealed class SqliteMaker : FileMaker
{
    public override StoreKind Kind => StoreKind.Sqlite;

    protected override string Ending => ".sqlite";

    protected override IReadOnlyList<string> CompanionEndings { get; } = ["-wal", "-shm", "-journal"];

    // A file without a byte is a database without a table.
    protected override Task MakeAsync(string file, CancellationToken ct)
    {
        using var made = new FileStream(file, FileMode.CreateNew);
        return Task.CompletedTask;
    }
}

/// <inheritdoc />
internal sealed class DuckDbMaker : FileMaker
{
    public override StoreKind Kind => StoreKind.Duckdb;

    protected override string Ending => ".duckdb";

    protected override IReadOnlyList<string> CompanionEndings { get; } = [".wal"];

    protected override async Task MakeAsync(string file, CancellationToken ct)
    {
        await using var connection = new DuckDBConnection(new DuckDBConnectionStringBuilder { DataSource = file }.ConnectionString);
        await connection.OpenAsync(ct);
    }
}
