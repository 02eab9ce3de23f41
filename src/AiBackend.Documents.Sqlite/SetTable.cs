using System.Collections.Concurrent;

namespace AiBackend.Documents.Sqlite;

/// <summary>
/// The table of a document set and the statements on it. The JSON is in <c>body</c>; every field that an index names has a
/// column beside it, filled from the document, because SQLite would parse the JSON for every index on every write.
/// </summary>
internal sealed class SetTable
{
    private readonly Dictionary<FieldPath, string> columns;
    private readonly Dictionary<string, string> uniqueNames;
    private readonly ConcurrentDictionary<ulong, string> updates = new();

    public SetTable(DocumentSet set)
    {
        Set = set;
        Name = Quote(set.Name);
        Fields =
        [
            .. set.Indexes.Where(index => !index.IsArray)
                .SelectMany(index => index.Fields.Concat(index.Present))
                .Concat(set.ExpiryField is { } expiry ? [expiry] : [])
                .Where(path => path != FieldPath.Id)
                .Distinct()
                .Select(path => StoredField.Of(set.DocumentType, path)),
        ];
        if (Fields.Count > 64)
        {
            throw new InvalidOperationException($"The set {set.Name} indexes more than 64 fields.");
        }

        columns = Fields.ToDictionary(field => field.Path, field => ColumnName(field.Path));
        columns[FieldPath.Id] = "id";
        uniqueNames = set.Indexes.Where(index => index.IsUnique).ToDictionary(
            index => string.Join(", ", index.Fields.Select(field => $"{set.Name}.{RawColumnName(field)}")), index => index.Name);
        uniqueNames[$"{set.Name}.id"] = "id";

        FindSql = $"SELECT body FROM {Name} WHERE id = ?1";
        InsertSql =
            $"INSERT INTO {Name} (id, version, body{string.Concat(Fields.Select(field => $", {columns[field.Path]}"))}) "
            + $"VALUES (?1, ?2, ?3{string.Concat(Fields.Select((_, i) => $", ?{i + 4}"))})";
        ReplaceSql =
            $"UPDATE {Name} SET version = ?2, body = ?3{string.Concat(Fields.Select((field, i) => $", {columns[field.Path]} = ?{i + 4}"))} "
            + $"WHERE id = ?1 AND version = ?{Fields.Count + 4}";
        DeleteSql = $"DELETE FROM {Name} WHERE id = ?1";
    }

    public DocumentSet Set { get; }

    /// <summary>Quoted.</summary>
    public string Name { get; }

    /// <summary>The fields with a column of their own, in the order of the statements' parameters from the fourth on.</summary>
    public IReadOnlyList<StoredField> Fields { get; }

    /// <summary>?1 id.</summary>
    public string FindSql { get; }

    /// <summary>?1 id, ?2 version, ?3 body, then the fields.</summary>
    public string InsertSql { get; }

    /// <summary>As <see cref="InsertSql"/>, and last the version that is replaced.</summary>
    public string ReplaceSql { get; }

    /// <summary>?1 id.</summary>
    public string DeleteSql { get; }

    /// <summary>
    /// Updates version, body and the fields whose bits are set (?1, ?2, ?3, fields from ?4 in their usual places): SQLite
    /// rewrites every index that a statement names a column of, whether or not the value differs.
    /// </summary>
    public string UpdateSql(ulong changed) => updates.GetOrAdd(changed, static (bits, table) =>
    {
        var set = table.Fields.Select((field, i) => (bits & (1UL << i)) == 0 ? string.Empty : $", {table.columns[field.Path]} = ?{i + 4}");
        return $"UPDATE {table.Name} SET version = ?2, body = ?3{string.Concat(set)} WHERE id = ?1";
    }, this);

    /// <summary>What stands for the field in a statement.</summary>
    public string Column(FieldPath path) =>
        columns.TryGetValue(path, out var column) ? column : FromBody(path);

    /// <summary>The field's value taken from the JSON.</summary>
    public static string FromBody(FieldPath path) => $"json_extract(body, {JsonPath(path)})";

    /// <summary>The field's path as SQLite's JSON functions take it.</summary>
    public static string JsonPath(FieldPath path) =>
        $"'$.{string.Join('.', path.Value.Split('.').Select(name => $"\"{name}\""))}'";

    /// <summary>The table that holds the entries of an array index.</summary>
    public string EntriesOf(DocumentIndex index) => Quote($"{Set.Name}.{index.Name}");

    /// <summary>Names the index that SQLite's message speaks of.</summary>
    public DuplicateKeyException Duplicate(UniqueViolationException violation)
    {
        var columnsOfIndex = violation.Message[(violation.Message.IndexOf(": ", StringComparison.Ordinal) + 2)..];
        return new DuplicateKeyException(Set.Name, uniqueNames.GetValueOrDefault(columnsOfIndex, columnsOfIndex));
    }

    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>The name without quotes. <c>f_</c> keeps fields apart from id, version and body.</summary>
    public static string RawColumnName(FieldPath path) => path == FieldPath.Id ? "id" : $"f_{path}";

    private static string ColumnName(FieldPath path) => Quote(RawColumnName(path));
}
