using System.Text.Json;

namespace AiBackend.Documents.Sqlite;

/// <summary>The tables of all sets, and how documents are read from them.</summary>
internal sealed class DocumentTables(DocumentCatalog catalog, bool requireServedQueries)
{
    private readonly Dictionary<Type, SetTable> byType =
        catalog.Sets.ToDictionary(set => set.DocumentType, set => new SetTable(set));

    public IEnumerable<SetTable> All => byType.Values;

    public SetTable Of<T>()
        where T : Document =>
        byType.TryGetValue(typeof(T), out var table) ? table : new SetTable(catalog.Of<T>());

    /// <summary>The document, or null.</summary>
    public T? Find<T>(Connection connection, string id)
        where T : Document
    {
        using var statement = connection.Use(Of<T>().FindSql);
        statement.Bind(1, id);
        return statement.Step() ? Read<T>(statement) : null;
    }

    /// <summary>What the query finds, each as a <typeparamref name="TView"/>.</summary>
    public List<TView> List<T, TView>(Connection connection, Query<T> query)
        where T : Document
    {
        var table = Of<T>();
        RequireServed(table, query, isOrdered: query.Limit is not null || query.Order.Count > 0);
        return Rows<TView>(connection, QuerySql.Select(table, "body", query, query.Limit));
    }

    public Page<T> Page<T>(Connection connection, Query<T> query, string? cursor, int limit)
        where T : Document
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var table = Of<T>();
        RequireServed(table, query, isOrdered: true);
        var items = cursor is null
            ? Rows<T>(connection, QuerySql.Select(table, "body", query, limit + 1))
            : After(connection, table, query, PageCursor.Read(table.Set, query, cursor), limit + 1);
        if (items.Count <= limit)
        {
            return new Page<T>(items, null);
        }

        items.RemoveAt(limit);
        return new Page<T>(items, PageCursor.After(table.Set, query, items[^1]));
    }

    public long Count<T>(Connection connection, Query<T> query)
        where T : Document
    {
        var table = Of<T>();
        RequireServed(table, query, isOrdered: false);
        using var statement = QuerySql.Count(table, query).On(connection);
        statement.Step();
        return statement.Int64(0);
    }

    public void RequireServed<T>(SetTable table, Query<T> query, bool isOrdered)
        where T : Document
    {
        if (requireServedQueries)
        {
            QueryCheck.Require(table.Set, query, isOrdered);
        }
    }

    /// <summary>The segments are read as of one moment, or a document that moves between them would be seen twice or not at all.</summary>
    private static List<T> After<T>(Connection connection, SetTable table, Query<T> query, IReadOnlyList<object?> after, int limit)
        where T : Document
    {
        List<T> items = [];
        connection.Execute("BEGIN");
        try
        {
            foreach (var segment in QuerySql.Segments(table, "body", query, after, limit))
            {
                items.AddRange(Rows<T>(connection, segment).Take(limit - items.Count));
                if (items.Count == limit)
                {
                    break;
                }
            }
        }
        finally
        {
            connection.Execute("COMMIT");
        }

        return items;
    }

    private static List<TView> Rows<TView>(Connection connection, QuerySql sql)
    {
        using var statement = sql.On(connection);
        List<TView> rows = [];
        while (statement.Step())
        {
            rows.Add(Read<TView>(statement));
        }

        return rows;
    }

    private static TView Read<TView>(Statement statement) =>
        JsonSerializer.Deserialize<TView>(statement.Utf8(0), DocumentJson.Options)!;
}
