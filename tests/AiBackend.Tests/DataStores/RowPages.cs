using AiBackend.DataStores;

namespace AiBackend.Tests.DataStores;

/// <summary>Reads a table page by page to its end.</summary>
internal static class RowPages
{
    /// <summary>All rows, by columns named or else all of the table.</summary>
    /// <param name="size">Rows a page.</param>
    public static async Task<IReadOnlyList<IReadOnlyList<string?>>> ReadAllAsync(
        this IConnector connector, ConnectionTarget target, TableSchema table, IReadOnlyList<string> orderBy, int size, params string[] columns)
    {
        var rows = new List<IReadOnlyList<string?>>();
        var request = new RowRequest
        {
            Table = table,
            Columns = columns.Length > 0 ? columns : [.. table.Columns.Select(column => column.Name)],
            OrderBy = orderBy,
            Limit = size,
        };
        do
        {
            var page = await connector.ReadRowsAsync(target, request, TestContext.Current.CancellationToken);
            Assert.True(page.Rows.Count <= size);
            Assert.True(rows.Count < 200_000, "The pages do not end.");
            rows.AddRange(page.Rows);
            request = request with { After = page.Next };
        }
        while (request.After is not null);
        return rows;
    }

    /// <summary>The table of a schema with this name.</summary>
    public static async Task<TableSchema> ReadTableAsync(this IConnector connector, ConnectionTarget target, string name) =>
        (await connector.ReadSchemaAsync(target, TestContext.Current.CancellationToken)).Tables.Single(table => table.Name.Name == name);
}
