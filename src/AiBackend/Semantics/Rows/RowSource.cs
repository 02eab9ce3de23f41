using System.Security.Cryptography;
using System.Text;
using AiBackend.DataStores;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Knowledge;
using AiBackend.Knowledge.Extraction;
using AiBackend.Semantics.Layers;

namespace AiBackend.Semantics.Rows;

/// <summary>A row as a document.</summary>
/// <param name="Upload">Null when the row has no text.</param>
/// <param name="Hash">Of its name, title and text; null without text.</param>
/// <param name="IsCut">Whether the text was longer than a document may be.</param>
internal sealed record RowContent(DocumentUpload? Upload, string? Hash, bool IsCut);

/// <summary>What is told of a row besides its text.</summary>
internal sealed record RowMetadata(string DataStoreId, string Table, string Id);

/// <summary>A table of the database by the settings of an entry: which columns are read, and how a row becomes a document.</summary>
internal sealed class RowSource
{
    /// <summary>Characters after which a text is cut.</summary>
    public const int MaxText = 1_000_000;

    private const int MaxTitle = 500;
    private const int MaxExternalId = 256;

    /// <summary>A value up to this length in one line is a fact, which its column's name explains; others are prose.</summary>
    private const int MaxFact = 100;

    /// <summary>Changes when the same rows give other documents than before.</summary>
    private const string Edition = "1";

    private readonly string dataStoreId;
    private readonly ColumnSchema id;
    private readonly ColumnSchema? updated;
    private readonly ColumnSchema? title;
    private readonly ColumnSchema[] texts;

    private RowSource(TableSchema table, RowDocuments entry, string dataStoreId)
    {
        this.dataStoreId = dataStoreId;
        Table = table;
        Entry = entry;
        id = ColumnOf(table, entry.IdColumn, "id_column");
        updated = entry.UpdatedColumn is null ? null : ColumnOf(table, entry.UpdatedColumn, "updated_column");
        title = entry.TitleColumn is null ? null : ColumnOf(table, entry.TitleColumn, "title_column");
        texts = [.. entry.TextColumns.Select(name => ColumnOf(table, name, "text_columns"))];
        KeyColumns = [.. new[] { id.Name, updated?.Name }.OfType<string>().Distinct(StringComparer.Ordinal)];
        Columns = [.. KeyColumns.Concat([.. texts.Select(column => column.Name), .. title is null ? [] : new[] { title.Name }]).Distinct(StringComparer.Ordinal)];
        Settings = Hash(string.Join(
            '\n',
            [Edition, dataStoreId, Name, id.Name, updated?.Name ?? string.Empty, title?.Name ?? string.Empty, .. texts.Select(column => column.Name)]));
    }

    public TableSchema Table { get; }

    public RowDocuments Entry { get; }

    /// <summary>The table's full name.</summary>
    public string Name => FullName(Table.Name);

    /// <summary>A fingerprint of all that documents follow from besides the rows.</summary>
    public string Settings { get; }

    /// <summary>What orders the rows.</summary>
    public string IdColumn => id.Name;

    /// <summary>Whether rows tell when they were changed.</summary>
    public bool TellsChanges => updated is not null;

    /// <summary>All that is read of a row; it begins with <see cref="KeyColumns"/>.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>What tells whether a row must be read.</summary>
    public IReadOnlyList<string> KeyColumns { get; }

    /// <summary>The table that an entry names.</summary>
    /// <exception cref="RowsException">There is none, the name means several tables, or a column is not there.</exception>
    public static RowSource Of(RowDocuments entry, DatabaseSchema schema, string dataStoreId)
    {
        TableSchema[] found = [.. Named(StringComparison.Ordinal)];
        found = found.Length == 0 ? [.. Named(StringComparison.OrdinalIgnoreCase)] : found;
        return found switch
        {
            [] => throw new RowsException(
                "table_not_found",
                $"There is no table {entry.Table}, or the data store's user may not see it. Its documents stay until it is taken out of documents."),
            [var table] => new RowSource(table, entry, dataStoreId),
            _ => throw new RowsException(
                "ambiguous_table",
                $"The table {entry.Table} means {string.Join(" and ", found.Select(table => FullName(table.Name)))}; name the one in full in documents."),
        };

        IEnumerable<TableSchema> Named(StringComparison comparison) => schema.Tables.Where(table =>
            entry.Table.Equals(table.Name.Name, comparison) || entry.Table.Equals(FullName(table.Name), comparison));
    }

    /// <summary>What tells a row apart.</summary>
    /// <exception cref="RowsException">It has nothing.</exception>
    public string KeyOf(IReadOnlyList<string?> row) => row[0] ?? throw IdIsNull();

    /// <summary>Rows have nothing that tells them apart.</summary>
    public RowsException IdIsNull() => new(
        "id_is_null", $"Rows of {Name} have no value in {IdColumn}. Name a column as id_column that is unique and never null.");

    /// <summary>What should tell rows apart does not.</summary>
    public RowsException IdNotUnique() => new(
        "id_not_unique", $"Several rows of {Name} have the same value in {IdColumn}. Name a column as id_column that is unique.");

    /// <summary>What would be remembered of when a row was changed, if it was long ago; null when it does not say.</summary>
    public string? Remembered(IReadOnlyList<string?> row)
    {
        var value = updated is null ? null : row[At(updated)];
        return value is { Length: > 100 } ? Hash(value) : value;
    }

    /// <summary>What to remember of when a row was changed; null when it has to be read again the next time, whatever it says then.</summary>
    /// <param name="row">The row.</param>
    /// <param name="readAt">When the reading of it began.</param>
    public string? MarkOf(IReadOnlyList<string?> row, DateTimeOffset readAt)
    {
        var value = Remembered(row);
        return updated is null || value is null || !RowTimes.IsSettled(updated, value, readAt) ? null : value;
    }

    /// <summary>The document that a row with all <see cref="Columns"/> is.</summary>
    public RowContent Read(IReadOnlyList<string?> row)
    {
        var text = TextOf(row);
        if (text.Length == 0)
        {
            return new RowContent(null, null, IsCut: false);
        }

        var isCut = text.Length > MaxText;
        text = Cut(text, MaxText);
        var called = title is null ? string.Empty : Cut(string.Join(' ', (row[At(title)] ?? string.Empty).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)), MaxTitle);
        var key = KeyOf(row);
        var externalId = ExternalIdOf(key);
        return new RowContent(
            new DocumentUpload(text, DocumentFormat.Text)
            {
                ExternalId = externalId,
                Title = called.Length == 0 ? null : called,
                Metadata = RawJson.Of(new RowMetadata(dataStoreId, Name, key), WireJson.Options),
            },
            Hash($"{externalId}\n{called}\n{text}"),
            isCut);
    }

    /// <summary>A short text that stands for another.</summary>
    public static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));

    private static string FullName(TableName table) => table.Schema is { } schema ? $"{schema}.{table.Name}" : table.Name;

    private static ColumnSchema ColumnOf(TableSchema table, string name, string setting) =>
        table.Columns.FirstOrDefault(column => column.Name == name)
        ?? table.Columns.FirstOrDefault(column => column.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new RowsException(
            "column_not_found", $"The table {FullName(table.Name)} has no column {name}, which is its {setting} in documents.");

    private static string Cut(string text, int length) =>
        text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];

    private int At(ColumnSchema column)
    {
        for (var i = 0; i < Columns.Count; i++)
        {
            if (Columns[i] == column.Name)
            {
                return i;
            }
        }

        throw new InvalidOperationException($"The column {column.Name} is not read.");
    }

    private string TextOf(IReadOnlyList<string?> row)
    {
        var parts = new List<string>();
        foreach (var column in texts)
        {
            var value = row[At(column)]?.Trim();
            if (!string.IsNullOrEmpty(value))
            {
                var isFact = texts.Length > 1 && value.Length <= MaxFact && !value.Contains('\n', StringComparison.Ordinal);
                parts.Add(isFact ? $"{column.Name.Replace('_', ' ')}: {value}" : value);
            }
        }

        return string.Join("\n\n", parts);
    }

    private string ExternalIdOf(string key)
    {
        var (prefix, plain) = ($"{dataStoreId}:{Name}", $"{dataStoreId}:{Name}:{key}");
        return plain.Length <= MaxExternalId ? plain : $"{Cut(prefix, MaxExternalId - 40)}:{Hash(plain)}";
    }
}
