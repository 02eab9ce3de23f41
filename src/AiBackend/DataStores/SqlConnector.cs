using System.Data.Common;
using System.Globalization;
using System.Net;

namespace AiBackend.DataStores;

/// <summary>
/// What the connectors to SQL databases share: pages by key, common values, and errors in words. Values leave the database as text that is
/// made there, so that none loses digits on its way, and come back as parameters that are given the column's type there.
/// </summary>
internal abstract class SqlConnector(DataOptions options) : IConnector
{
    public abstract StoreKind Kind { get; }

    /// <summary>Whether <c>(a, b) &gt; (x, y)</c> is understood, and by indexes too.</summary>
    protected virtual bool ComparesRows => true;

    /// <summary>How much longer than allowed a statement is waited for: servers end it by themselves, and say why.</summary>
    protected virtual TimeSpan Grace => TimeSpan.FromSeconds(2);

    protected DataOptions Options => options;

    public Task<ConnectionReport> TestAsync(ConnectionTarget target, CancellationToken ct) =>
        AskAsync(target, (connection, stop) => TestAsync(connection, target, stop), ct);

    public Task<DatabaseSchema> ReadSchemaAsync(ConnectionTarget target, CancellationToken ct) =>
        AskAsync(target, (connection, stop) => ReadSchemaAsync(connection, target, stop), ct);

    public Task<RowPage> ReadRowsAsync(ConnectionTarget target, RowRequest request, CancellationToken ct) =>
        AskAsync(target, (connection, stop) => ReadRowsAsync(connection, request, stop), ct);

    public Task<IReadOnlyList<ValueCount>> ReadValuesAsync(
        ConnectionTarget target, TableName table, string column, int limit, CancellationToken ct) =>
        AskAsync(target, (connection, stop) => ReadValuesAsync(connection, table, column, limit, stop), ct);

    /// <summary>Opens a connection, guarded and read-only, with its limits set.</summary>
    protected abstract Task<DbConnection> ConnectAsync(ConnectionTarget target, CancellationToken ct);

    /// <summary>What an error of the driver means; null when it is none of the database's.</summary>
    protected abstract ConnectionException? Explain(Exception error, ConnectionTarget target);

    protected abstract Task<ConnectionReport> TestAsync(DbConnection connection, ConnectionTarget target, CancellationToken ct);

    protected abstract Task<DatabaseSchema> ReadSchemaAsync(DbConnection connection, ConnectionTarget target, CancellationToken ct);

    /// <summary>The name so that the database takes it as a name, whatever is in it.</summary>
    protected abstract string Quote(string identifier);

    /// <summary>An expression for a column's value as text.</summary>
    /// <param name="quoted">The column's quoted name.</param>
    protected abstract string AsText(ColumnSchema column, string quoted);

    /// <summary>An expression that rows are ordered and compared by, one to one with the column's values.</summary>
    protected virtual string AsKey(ColumnSchema column, string quoted) => quoted;

    /// <summary>A parameter as an expression of the type of <see cref="AsKey"/>.</summary>
    protected abstract string AsParameter(ColumnSchema column, int number);

    /// <summary>The parameter itself.</summary>
    /// <param name="text">What <see cref="AsText(ColumnSchema, string)"/> gave.</param>
    protected abstract void AddParameter(DbCommand command, ColumnSchema column, int number, string text);

    /// <summary>What the database made of a value, as <see cref="RowPage.Rows"/> promises it.</summary>
    protected virtual string? ToText(ColumnSchema column, string value) => column.Kind == ColumnKind.Time ? Rfc3339(value) : value;

    /// <summary>An expression for a column's value as text where only its name is known.</summary>
    protected abstract string AsText(string quoted);

    protected string Quote(TableName table) => table.Schema is { } schema ? $"{Quote(schema)}.{Quote(table.Name)}" : Quote(table.Name);

    /// <summary>Has the driver end what the connection does when the token says so, for drivers that do not by themselves.</summary>
    protected virtual IDisposable? EndOn(DbConnection connection, CancellationToken ct) => null;

    /// <summary>Connects, asks, and puts what goes wrong into words.</summary>
    protected virtual async Task<T> AskAsync<T>(
        ConnectionTarget target, Func<DbConnection, CancellationToken, Task<T>> ask, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        stop.CancelAfter(options.ConnectLimit);
        var isConnected = false;
        try
        {
            await using var connection = await ConnectAsync(target, stop.Token);
            isConnected = true;

            stop.CancelAfter(options.StatementLimit + Grace);
            using var end = EndOn(connection, stop.Token);
            return await ask(connection, stop.Token);
        }
        catch (Exception error) when (error is not ConnectionException)
        {
            ct.ThrowIfCancellationRequested();
            if (stop.IsCancellationRequested)
            {
                throw isConnected
                    ? ConnectionProblem.StatementTimedOut(options.StatementLimit, error)
                    : ConnectionProblem.ConnectTimedOut(target, error);
            }

            if (Explain(error, target) is { } explained)
            {
                throw explained;
            }

            throw;
        }
    }

    /// <summary>Connects to the first of the addresses that answers.</summary>
    protected async Task<DbConnection> FirstAsync(
        ConnectionTarget target, IReadOnlyList<IPAddress> addresses, Func<IPAddress, Task<DbConnection>> connect)
    {
        foreach (var address in addresses.SkipLast(1))
        {
            try
            {
                return await connect(address);
            }
            catch (Exception error) when (Explain(error, target)?.Fault == ConnectionFault.Unreachable)
            {
                // The next one may.
            }
        }

        return await connect(addresses[^1]);
    }

    private static string Rfc3339(string value) =>
        // A date of four digits and a time; other years and infinity stay as the database writes them.
        value is [_, _, _, _, '-', _, _, '-', _, _, ' ' or 'T', _, _, ':', _, _, ':', ..] && !value.EndsWith("BC", StringComparison.Ordinal)
            ? $"{value.AsSpan(0, 10)}T{(value.EndsWith("+00", StringComparison.Ordinal) ? value.AsSpan(11, value.Length - 14) : value.AsSpan(11).TrimEnd('Z'))}Z"
            : value;

    private static ColumnSchema Column(TableSchema table, string name) =>
        table.Columns.FirstOrDefault(column => column.Name == name)
        ?? throw ConnectionProblem.Changed($"the table {table.Name.Name} has no column {name}.");

    private async Task<RowPage> ReadRowsAsync(DbConnection connection, RowRequest request, CancellationToken ct)
    {
        ColumnSchema[] order = [.. request.OrderBy.Select(name => Column(request.Table, name))];
        ColumnSchema[] columns = [.. request.Columns.Concat(request.OrderBy.Except(request.Columns)).Select(name => Column(request.Table, name))];

        // Of the table: a bare name in ORDER BY would mean the text that is selected under that name.
        var rows = Quote("rows");
        string[] keys = [.. order.Select(column => AsKey(column, $"{rows}.{Quote(column.Name)}"))];
        var values = columns.Select(column => AsText(column, $"{rows}.{Quote(column.Name)}"));
        var after = request.After is null ? string.Empty : $" WHERE {After(order, keys)}";
        await using var command = connection.CreateCommand();
        command.CommandText =
            $"SELECT {string.Join(", ", values)} FROM {Quote(request.Table.Name)} AS {rows}{after} "
            + $"ORDER BY {string.Join(", ", keys)} LIMIT {(request.Limit + 1).ToString(CultureInfo.InvariantCulture)}";
        for (var i = 0; request.After is not null && i < order.Length; i++)
        {
            AddParameter(command, order[i], i + 1, request.After[i]);
        }

        await command.BindAsync(ct);
        var read = new List<string?[]>();
        var characters = 0L;
        int[] places = [.. order.Select(column => Array.IndexOf(columns, column))];
        var (hasMore, isTorn) = (false, false);
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (!hasMore && await reader.ReadAsync(ct))
            {
                // One row more than was asked for tells that there are more; so does a page that is full by its texts.
                hasMore = read.Count == request.Limit || characters > options.PageCharacters;
                if (!hasMore)
                {
                    read.Add([.. columns.Select((_, i) => reader.TextOrNull(i))]);
                    characters += read[^1].Sum(value => value?.Length ?? 0);
                }
                else
                {
                    isTorn = read.Count > 0 && Array.TrueForAll(places, place => reader.TextOrNull(place) is { } value && value == read[^1][place]);
                }
            }
        }

        string[]? last = read.Count == 0 ? null : [.. places.Select(place => read[^1][place] ?? string.Empty)];
        if (hasMore && request.After is not null && request.After.SequenceEqual(last!))
        {
            throw ConnectionProblem.Unordered(request.Table.Name.Name);
        }

        return new RowPage([.. read.Select(row => Shown(row))], hasMore ? last : null)
        {
            Last = last,
            IsTorn = isTorn,
            LeavesNullsOut = !hasMore && request.After is not null && await HasNullsAsync(connection, request.Table, order, ct),
        };

        string?[] Shown(string?[] row) =>
            [.. row.Take(request.Columns.Count).Select((value, i) => value is null ? null : ToText(columns[i], value))];
    }

    // What is compared with null is found by no page but the first.
    private async Task<bool> HasNullsAsync(DbConnection connection, TableSchema table, ColumnSchema[] order, CancellationToken ct)
    {
        string[] nulls = [.. order.Where(column => column.IsNullable).Select(column => $"{Quote(column.Name)} IS NULL")];
        return nulls.Length > 0
            && (await connection.QueryAsync($"SELECT 1 FROM {Quote(table.Name)} WHERE {string.Join(" OR ", nulls)} LIMIT 1", _ => true, ct)).Count > 0;
    }

    private string After(ColumnSchema[] order, string[] keys)
    {
        string[] values = [.. order.Select((column, i) => AsParameter(column, i + 1))];
        if (keys.Length == 1)
        {
            return $"{keys[0]} > {values[0]}";
        }

        if (ComparesRows)
        {
            return $"({string.Join(", ", keys)}) > ({string.Join(", ", values)})";
        }

        // The first condition is for the index: it bounds where to begin.
        var later = keys.Select((key, i) =>
            $"({string.Concat(keys.Take(i).Select((equal, j) => $"{equal} = {values[j]} AND "))}{key} > {values[i]})");
        return $"{keys[0]} >= {values[0]} AND ({string.Join(" OR ", later)})";
    }

    private async Task<IReadOnlyList<ValueCount>> ReadValuesAsync(
        DbConnection connection, TableName table, string column, int limit, CancellationToken ct)
    {
        var (name, value, count) = (Quote(column), Quote("value"), Quote("count"));
        var culture = CultureInfo.InvariantCulture;
        return await connection.QueryAsync(
            $"SELECT {AsText(value)}, {count} FROM (SELECT {value}, count(*) AS {count} FROM "
            + $"(SELECT {name} AS {value} FROM {Quote(table)} WHERE {name} IS NOT NULL LIMIT {options.CountedRows.ToString(culture)}) {Quote("first")} "
            + $"GROUP BY {value}) {Quote("groups")} ORDER BY {count} DESC, {value} LIMIT {limit.ToString(culture)}",
            reader => new ValueCount(reader.GetString(0), Convert.ToInt64(reader.GetValue(1), culture)),
            ct);
    }
}
