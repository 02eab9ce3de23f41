using System.Data.Common;
using MySqlConnector;

namespace AiBackend.DataStores;

/// <summary>Short forms for reading through a driver.</summary>
internal static class SqlReading
{
    // Beyond any schema: a server that answers so much is none.
    private const int MostRows = 2_000_000;

    /// <summary>Runs a query and turns each row into a value.</summary>
    public static async Task<List<T>> QueryAsync<T>(
        this DbConnection connection, string sql, Func<DbDataReader, T> row, CancellationToken ct, params IReadOnlyList<DbParameter> parameters)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        await command.BindAsync(ct);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<T>();
        while (await reader.ReadAsync(ct))
        {
            rows.Add(rows.Count < MostRows ? row(reader) : throw ConnectionProblem.TooMuch());
        }

        return rows;
    }

    /// <summary>Sees to it that parameters go to the server as such: of the drivers one writes them into the statement unless it is prepared.</summary>
    public static Task BindAsync(this DbCommand command, CancellationToken ct) =>
        command is MySqlCommand { Parameters.Count: > 0 } ? command.PrepareAsync(ct) : Task.CompletedTask;

    /// <summary>Runs statements that answer nothing.</summary>
    public static async Task ExecuteAsync(this DbConnection connection, string sql, CancellationToken ct)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>A text that may be null.</summary>
    public static string? TextOrNull(this DbDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    /// <summary>A whole number that may be null.</summary>
    public static long? WholeOrNull(this DbDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);

    /// <summary>Tables in the order of a <see cref="DatabaseSchema"/>.</summary>
    public static IReadOnlyList<TableSchema> InOrder(this IEnumerable<TableSchema> tables) =>
    [
        .. tables.OrderBy(table => table.Name.Schema, StringComparer.Ordinal).ThenBy(table => table.Name.Name, StringComparer.Ordinal),
    ];
}
