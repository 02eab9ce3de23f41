using AiBackend.DataStores;

namespace AiBackend.Semantics.Models;

/// <summary>Finds the joins that foreign keys give, and the roles that tables play when several keys point at them.</summary>
internal sealed class ModelRelations
{
    // What a key's column ends or begins with beside what it points at.
    private static readonly string[] Endings = ["_id", "_key", "_fk", "_uuid", "_guid", "_code", "_ref", "_no"];
    private static readonly string[] Beginnings = ["id_", "fk_"];

    private readonly Dictionary<TableName, ModelTable> tables;
    private readonly HashSet<string> names;
    private readonly List<ModelRole> roles = [];

    private ModelRelations(IEnumerable<ModelTable> tables, HashSet<string> names)
    {
        this.tables = tables.ToDictionary(table => table.Schema.Name);
        this.names = names;
    }

    /// <summary>Adds joins to the tables.</summary>
    /// <param name="tables">The tables.</param>
    /// <param name="names">Names of cubes that are taken; names of roles are added.</param>
    /// <param name="canJoin">Whether a table may be joined.</param>
    /// <returns>Cubes that are needed beside one for each table.</returns>
    public static IReadOnlyList<ModelRole> Find(IReadOnlyList<ModelTable> tables, HashSet<string> names, Func<ModelTable, bool> canJoin)
    {
        var relations = new ModelRelations(tables, names);
        relations.AddJoins([.. tables.SelectMany(relations.KeysOf).Where(key => canJoin(key.Source) && canJoin(key.Target))]);
        return relations.roles;
    }

    private sealed record Key(ModelTable Source, ModelTable Target, ForeignKey Foreign)
    {
        public string Column => ModelNames.Member(Foreign.Columns[0]);

        public int Place => Source.Schema.Columns.Select(column => column.Name).ToList().IndexOf(Foreign.Columns[0]);

        // The key is named after the table that it points at.
        public bool IsPlain => Target.Cube is var cube && (Stem(Column) is var stem && (stem == cube || stem + "s" == cube || stem + "es" == cube
            || (stem.EndsWith('y') && stem[..^1] + "ies" == cube)));
    }

    private IEnumerable<Key> KeysOf(ModelTable source) => source.Schema.ForeignKeys
        .Where(foreign => foreign.Columns.Count > 0 && foreign.Columns.Count == foreign.TargetColumns.Count && foreign.Columns.All(source.Dimensions.ContainsKey))
        .Where(foreign => tables.TryGetValue(foreign.Target, out var target) && foreign.TargetColumns.All(target.Dimensions.ContainsKey) && IsOne(target, foreign))
        .DistinctBy(foreign => (foreign.Target, string.Join('\n', foreign.Columns), string.Join('\n', foreign.TargetColumns)))
        .Select(foreign => new Key(source, tables[foreign.Target], foreign));

    // Where the database lets a key point at columns that are not unique (old MySQL does), a join would repeat rows.
    private static bool IsOne(ModelTable target, ForeignKey foreign) =>
        target.IsUnique(foreign.TargetColumns) || (target.Schema.PrimaryKey.Count == 0 && target.Schema.UniqueKeys.Count == 0);

    // Cube has one join from a cube to another, so of all keys between two tables, in either direction, one joins the two cubes themselves.
    private void AddJoins(IReadOnlyList<Key> keys)
    {
        var wanted = new List<Key>();
        foreach (var pair in keys.GroupBy(key => Pair(key.Source.Cube, key.Target.Cube)))
        {
            var ordered = pair.OrderByDescending(key => key.IsPlain).ThenBy(key => key.Source.Cube, StringComparer.Ordinal).ThenBy(key => key.Place)
                .ThenBy(key => key.Foreign.Name, StringComparer.Ordinal).ToList();
            var main = ordered.Find(key => key.Source != key.Target);
            if (main is not null)
            {
                Join(main, main.Target.Cube);
            }

            wanted.AddRange(ordered.Where(key => key != main));
        }

        var brief = wanted.ToDictionary(key => key, key => $"{key.Target.Cube}_{RoleOf(key, keys)}");
        var common = brief.Values.CountBy(name => name, StringComparer.Ordinal).Where(name => name.Value > 1).Select(name => name.Key).ToHashSet(StringComparer.Ordinal);
        foreach (var key in wanted.OrderBy(key => key.Source.Cube, StringComparer.Ordinal).ThenBy(key => key.Place).ThenBy(key => key.Foreign.Name, StringComparer.Ordinal))
        {
            var role = RoleOf(key, keys);
            var name = common.Contains(brief[key]) || names.Contains(brief[key]) ? $"{key.Target.Cube}_{key.Source.Cube}_{role}" : brief[key];
            name = ModelNames.Unique(ModelNames.Cube(name), names.Contains);
            names.Add(name);
            var back = Join(key, name);
            roles.Add(new ModelRole(key.Target, name, role.Replace('_', ' '), key.Source, back));
        }
    }

    private static (string, string) Pair(string one, string other) => string.CompareOrdinal(one, other) <= 0 ? (one, other) : (other, one);

    // Adds the join at the source, and at the target when it joins the cubes themselves; returns the one at the target.
    private static ModelJoin Join(Key key, string cube)
    {
        var columns = key.Foreign.Columns.Zip(key.Foreign.TargetColumns).ToList();
        var isOne = key.Source.IsUnique(key.Foreign.Columns);
        key.Source.Joins.Add(new ModelJoin(cube, isOne ? "one_to_one" : "many_to_one", columns, key.Target, IsOutgoing: true));
        var back = new ModelJoin(key.Source.Cube, isOne ? "one_to_one" : "one_to_many", [.. columns.Select(pair => (pair.Second, pair.First))], key.Source, IsOutgoing: false);
        if (cube == key.Target.Cube)
        {
            key.Target.Joins.Add(back);
        }

        return back;
    }

    // The columns that this key does not share with its siblings name the role.
    private static string RoleOf(Key key, IReadOnlyList<Key> keys)
    {
        var siblings = keys.Where(other => other != key && other.Source == key.Source && other.Target == key.Target).ToList();
        var own = key.Foreign.Columns.Where(column => !siblings.Exists(other => other.Foreign.Columns.Contains(column))).Select(ModelNames.Member).ToList();
        return own.Count > 0 ? string.Join('_', own.Select(Stem)) : ModelNames.Member(key.Foreign.Name);
    }

    private static string Stem(string column)
    {
        var ending = Array.Find(Endings, ending => column.Length > ending.Length && column.EndsWith(ending, StringComparison.Ordinal));
        var stem = ending is null ? column : column[..^ending.Length];
        var beginning = Array.Find(Beginnings, beginning => stem.Length > beginning.Length && stem.StartsWith(beginning, StringComparison.Ordinal));
        return beginning is null ? stem : stem[beginning.Length..];
    }
}
