using AiBackend.DataStores;

namespace AiBackend.Tests.Semantics.Rows;

/// <summary>A table in memory. Its keys are ordered from their ends, as no ordinal comparison would order them.</summary>
internal sealed class ScriptedTable : IConnector
{
    private static readonly string[] Names = ["id", "changed", "title", "body"];

    /// <summary>Rows by key: when changed, title, body.</summary>
    public Dictionary<string, (string? Changed, string? Title, string? Body)> Rows { get; } = new(StringComparer.Ordinal);

    /// <summary>The pages that were asked for.</summary>
    public List<RowRequest> Requests { get; } = [];

    /// <summary>Comes before a page, with the number of the request from 1.</summary>
    public Func<int, Task> Before { get; set; } = _ => Task.CompletedTask;

    /// <summary>A page has at most this many rows, however many are asked for.</summary>
    public int Most { get; set; } = int.MaxValue;

    /// <summary>Sees each page that is given.</summary>
    public Action<RowPage> Given { get; set; } = _ => { };

    public StoreKind Kind => StoreKind.Sqlite;

    /// <summary>How many pages were read with their texts.</summary>
    public int WholePages => Requests.Count(request => request.Columns.Contains("body"));

    public static DatabaseSchema Schema { get; } = new([Table("articles")]);

    /// <summary>Such a table by a name.</summary>
    public static TableSchema Table(string name) => new()
    {
        Name = new TableName(null, name),
        Columns =
        [
            new ColumnSchema("id", "text", ColumnKind.Text, IsNullable: false, null),
            new ColumnSchema("changed", "timestamp", ColumnKind.Time, IsNullable: true, null),
            new ColumnSchema("title", "text", ColumnKind.Text, IsNullable: true, null),
            new ColumnSchema("body", "text", ColumnKind.Text, IsNullable: true, null),
        ],
        PrimaryKey = ["id"],
    };

    public async Task<RowPage> ReadRowsAsync(ConnectionTarget target, RowRequest request, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        Requests.Add(request);
        await Before(Requests.Count).WaitAsync(ct);
        var limit = Math.Min(request.Limit, Most);
        Assert.Equal(["id"], request.OrderBy);
        var after = request.After is null ? null : Turned(request.After[0]);
        var found = Rows.Select(row => (Order: Turned(row.Key), row.Key, row.Value)).OrderBy(row => row.Order, StringComparer.Ordinal)
            .Where(row => after is null || string.CompareOrdinal(row.Order, after) > 0).Take(limit + 1).ToList();
        var read = found.Take(limit).Select(row => (IReadOnlyList<string?>)[.. request.Columns.Select(column => ValueOf(row.Key, row.Value, column))]).ToList();
        var page = new RowPage(read, found.Count > limit ? [found[limit - 1].Key] : null);
        Given(page);
        return page;
    }

    public Task<ConnectionReport> TestAsync(ConnectionTarget target, CancellationToken ct) => throw new NotSupportedException();

    public Task<DatabaseSchema> ReadSchemaAsync(ConnectionTarget target, CancellationToken ct) => throw new NotSupportedException();

    public Task<IReadOnlyList<ValueCount>> ReadValuesAsync(ConnectionTarget target, TableName table, string column, int limit, CancellationToken ct) =>
        throw new NotSupportedException();

    private static string Turned(string key) => new([.. key.Reverse()]);

    private static string? ValueOf(string key, (string? Changed, string? Title, string? Body) row, string column) => Array.IndexOf(Names, column) switch
    {
        0 => key,
        1 => row.Changed,
        2 => row.Title,
        3 => row.Body,
        _ => throw new ArgumentException(column),
    };
}
