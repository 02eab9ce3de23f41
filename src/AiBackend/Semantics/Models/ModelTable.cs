using AiBackend.DataStores;

namespace AiBackend.Semantics.Models;

/// <summary>A table on its way to a cube.</summary>
/// <param name="schema">The table.</param>
/// <param name="cube">The name of its cube.</param>
internal sealed class ModelTable(TableSchema schema, string cube)
{
    public TableSchema Schema { get; } = schema;

    public string Cube { get; } = cube;

    /// <summary>Names of the dimensions by column.</summary>
    public Dictionary<string, string> Dimensions { get; } = NameDimensions(schema);

    /// <summary>
    /// Columns that tell rows apart: the primary key, else a unique key without nulls; empty when there is none. Without such Cube cannot join a
    /// cube, as it could not tell rows that a join repeats.
    /// </summary>
    public IReadOnlyList<string> Key { get; } = schema.PrimaryKey.Count > 0
        ? schema.PrimaryKey
        : schema.UniqueKeys.FirstOrDefault(key => key.All(name => schema.Columns.Any(column => column.Name == name && !column.IsNullable)), []);

    /// <summary>Joins to other cubes, in the order in which they are written.</summary>
    public List<ModelJoin> Joins { get; } = [];

    /// <summary>Whether a set of columns can occur once only.</summary>
    public bool IsUnique(IReadOnlyList<string> columns) =>
        (Schema.PrimaryKey.Count > 0 && Schema.PrimaryKey.All(columns.Contains)) || Schema.UniqueKeys.Any(key => key.Count > 0 && key.All(columns.Contains));

    /// <summary>Whether a column is a key by itself or part of one, so that adding its values up says nothing.</summary>
    public bool IsKey(string column) =>
        Key.Contains(column) || Schema.PrimaryKey.Contains(column) || Schema.UniqueKeys.Any(key => key is [var only] && only == column)
        || Schema.ForeignKeys.Any(key => key.Columns.Contains(column));

    // A column whose name needs no change has it; others get a number at the end when they fold to one that is taken.
    private static Dictionary<string, string> NameDimensions(TableSchema schema)
    {
        var names = new Dictionary<string, string>(schema.Columns.Count, StringComparer.Ordinal);
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var column in schema.Columns.OrderByDescending(column => ModelNames.Member(column.Name) == column.Name))
        {
            var name = ModelNames.Unique(ModelNames.Member(column.Name), taken.Contains, ModelNames.MaxMember);
            taken.Add(name);
            names.Add(column.Name, name);
        }

        return names;
    }
}

/// <summary>A join of a cube to another.</summary>
/// <param name="Target">The other cube's name.</param>
/// <param name="Relationship">In Cube's words.</param>
/// <param name="Columns">Pairs of a column here and one there.</param>
/// <param name="To">The table there.</param>
/// <param name="IsOutgoing">Whether the foreign key is here.</param>
internal sealed record ModelJoin(string Target, string Relationship, IReadOnlyList<(string Here, string There)> Columns, ModelTable To, bool IsOutgoing);

/// <summary>One more cube of a table, for one of several keys that point at it.</summary>
/// <param name="Table">The table.</param>
/// <param name="Cube">The cube's name.</param>
/// <param name="Role">What it is to the table that points at it, in words.</param>
/// <param name="Source">The table that points at it.</param>
/// <param name="Back">The join back to it.</param>
internal sealed record ModelRole(ModelTable Table, string Cube, string Role, ModelTable Source, ModelJoin Back);
