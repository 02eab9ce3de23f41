using AiBackend.DataStores;

namespace AiBackend.Semantics.Models;

/// <summary>
/// Makes Cube models of a database: a file for each table with its cube, one for each extra role of a table, and views of tables that point at several others.
/// Equal requests give equal texts.
/// </summary>
internal sealed class ModelGenerator
{
    private readonly ModelRequest request;
    private readonly SqlDialect sql;
    private readonly HashSet<string> names;

    private ModelGenerator(ModelRequest request)
    {
        this.request = request;
        sql = new SqlDialect(request.Kind);
        names = new HashSet<string>(request.TakenNames, StringComparer.Ordinal);
    }

    /// <summary>Generates the models.</summary>
    public static ModelFiles Generate(ModelRequest request) => new ModelGenerator(request).Generate();

    private ModelFiles Generate()
    {
        var tables = Name([.. request.Schema.Tables
            .Where(table => table.Columns.Count > 0 && TablePatterns.Allow(table.Name, request.Include, request.Exclude))
            .OrderBy(table => table.Name.Schema, StringComparer.Ordinal).ThenBy(table => table.Name.Name, StringComparer.Ordinal)]);
        var roles = ModelRelations.Find(tables, names, CanJoin);
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var table in tables)
        {
            Add(files, "cubes", table.Cube, Cube(table));
        }

        foreach (var role in roles)
        {
            Add(files, "cubes", role.Cube, RoleCube(role));
        }

        foreach (var table in tables.Where(table => table.Joins.Count(join => join.IsOutgoing) > 1))
        {
            if (ModelViews.Of(table, ModelNames.Unique($"{table.Cube}_view", names.Contains)) is { } view)
            {
                names.Add(view.Text("name")!);
                Add(files, "views", view.Text("name")!, view);
            }
        }

        return new ModelFiles(files, tables.Count);
    }

    private static void Add(SortedDictionary<string, string> files, string kind, string name, YamlMap model) =>
        files.Add($"{name}.yml", YamlWriter.Document(new YamlMap().With(kind, [model])));

    // A table's own name; with its schema before it when two schemas have one of that name; with the store's name before it when another store has.
    private List<ModelTable> Name(List<TableSchema> tables)
    {
        var common = tables.GroupBy(table => ModelNames.Cube(table.Name.Name), StringComparer.Ordinal)
            .Where(same => same.Select(table => table.Name.Schema).Distinct(StringComparer.Ordinal).Count() > 1)
            .Select(same => same.Key).ToHashSet(StringComparer.Ordinal);
        var named = new Dictionary<TableSchema, string>(ReferenceEqualityComparer.Instance);

        // A table whose name needs no change has it, so that others move out of its way.
        foreach (var table in tables.OrderByDescending(table => ModelNames.Cube(table.Name.Name) == table.Name.Name))
        {
            var name = ModelNames.Cube(table.Name.Name);
            name = common.Contains(name) ? ModelNames.Cube($"{table.Name.Schema}_{table.Name.Name}") : name;
            name = request.TakenNames.Contains(name) ? ModelNames.Cube($"{request.DataStoreName}_{name}") : name;
            name = ModelNames.Unique(name, names.Contains);
            names.Add(name);
            named.Add(table, name);
        }

        return [.. tables.Select(table => new ModelTable(table, named[table]))];
    }

    private bool CanJoin(ModelTable table) => table.Key.Count > 0 || (!table.Schema.IsView && sql.RowAddress is not null);

    private YamlMap Cube(ModelTable table) => Cube(table, table.Cube, Title(table.Schema.Name.Name), CubeText.Comment(table.Schema.Comment), table.Joins);

    private YamlMap RoleCube(ModelRole role)
    {
        var title = CubeText.Escape($"{Words(role.Table.Cube)} ({role.Role})");
        var comment = CubeText.Comment(role.Table.Schema.Comment);
        var description = CubeText.Escape($"{Words(role.Table.Cube)} as {role.Role} of {Words(role.Source.Cube).ToLowerInvariant()}.");
        return Cube(role.Table, role.Cube, title, comment is null ? description : $"{description} {comment}", [role.Back]);
    }

    private YamlMap Cube(ModelTable table, string name, string? title, string? description, List<ModelJoin> joins)
    {
        var dimensions = Dimensions(table, joins.Count > 0).ToList();
        var measures = Measures(table, [.. dimensions.Select(dimension => dimension.Text("name")!)]).ToList();
        var longest = dimensions.Concat(measures).Max(member => member.Text("name")!.Length);
        return new YamlMap()
            .With("name", name)
            .With("sql_table", sql.Table(table.Schema.Name))
            .With("data_source", request.DataStoreId)
            .With("sql_alias", Alias(name, longest))
            .With("title", title)
            .With("description", description)
            .With("joins", joins.Select(join => new YamlMap()
                .With("name", join.Target)
                .With("relationship", join.Relationship)
                .With("sql", string.Join(" AND ", join.Columns.Select(pair => $"{sql.Column(pair.Here)} = {sql.Column(join.Target, pair.There)}")))))
            .With("dimensions", dimensions)
            .With("measures", measures);
    }

    private IEnumerable<YamlMap> Dimensions(ModelTable table, bool isJoined)
    {
        if (isJoined && table.Key.Count == 0)
        {
            yield return new YamlMap()
                .With("name", ModelNames.Unique("row_address", table.Dimensions.ContainsValue))
                .With("sql", sql.RowAddress)
                .With("type", "string")
                .With("primary_key", true)
                .With("public", false);
        }

        foreach (var column in table.Schema.Columns)
        {
            var isPrimary = table.Key.Contains(column.Name);
            var dimension = new YamlMap()
                .With("name", table.Dimensions[column.Name])
                .With("sql", sql.Value(column))
                .With("type", TypeOf(column.Kind));
            if (isPrimary)
            {
                dimension.With("primary_key", true).With("public", true);
            }

            yield return dimension.With("title", Title(column.Name)).With("description", CubeText.Comment(column.Comment));
        }
    }

    private IEnumerable<YamlMap> Measures(ModelTable table, HashSet<string> taken)
    {
        string Take(string name)
        {
            var unique = ModelNames.Unique(name, taken.Contains, ModelNames.MaxMember);
            taken.Add(unique);
            return unique;
        }

        // Where a join repeats rows, Cube counts the distinct keys; it writes the columns of a composite key one after another for that, by which
        // different keys may look the same. A count of one of them is computed over the distinct rows instead.
        yield return new YamlMap()
            .With("name", Take(taken.Contains("count") ? "row_count" : "count"))
            .With("sql", table.Key.Count > 1 ? sql.Column(table.Key[0]) : null)
            .With("type", "count");
        foreach (var column in table.Schema.Columns.Where(column => column.Kind is ColumnKind.Integer or ColumnKind.Number && !table.IsKey(column.Name)))
        {
            foreach (var type in (string[])["sum", "avg", "min", "max"])
            {
                yield return new YamlMap()
                    .With("name", Take(ModelNames.Measure(table.Dimensions[column.Name], type)))
                    .With("sql", sql.Value(column))
                    .With("type", type)
                    .With("description", CubeText.Comment(column.Comment));
            }
        }
    }

    private static string TypeOf(ColumnKind kind) => kind switch
    {
        ColumnKind.Integer or ColumnKind.Number => "number",
        ColumnKind.Boolean => "boolean",
        ColumnKind.Date or ColumnKind.Time => "time",
        ColumnKind.Text or ColumnKind.Json or ColumnKind.Other => "string",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    // Names that lost letters keep them for readers.
    private static string? Title(string name) => ModelNames.Keeps(name) || string.IsNullOrWhiteSpace(name) ? null : CubeText.Escape(name.Trim());

    private static string Words(string name) => name.Trim('_') is { Length: > 0 } words ? char.ToUpperInvariant(words[0]) + words[1..].Replace('_', ' ') : name;

    /// <summary>
    /// A short name for Cube's SQL, in which names are put together and must not be longer than PostgreSQL's 63 characters: <c>cube__member_quarter</c>,
    /// <c>cube_key__other</c>. Null when the name itself is short enough.
    /// </summary>
    public static string? Alias(string cube, int longestMember) =>
        cube.Length <= 24 && cube.Length + longestMember + 10 <= 63 ? null
        : longestMember <= 30 ? $"{cube[..Math.Min(cube.Length, 14)].TrimEnd('_')}_{ModelNames.Hash(cube)}"
        : $"t_{ModelNames.Hash(cube)}";
}
