namespace AiBackend.Semantics.Models;

/// <summary>Views: a table together with what it points at, by join paths that leave nothing to choose.</summary>
internal static class ModelViews
{
    /// <summary>The view of a table; null when fewer than two of the cubes that it points at can be taken in.</summary>
    public static YamlMap? Of(ModelTable table, string name)
    {
        var members = Members(table).ToHashSet(StringComparer.Ordinal);

        // A member named as a cube hides it in a join path.
        var joins = table.Joins.Where(join => join.IsOutgoing && !members.Contains(join.Target)).ToList();
        var parts = new List<YamlMap> { new YamlMap().With("join_path", table.Cube).With("includes", "*") };
        foreach (var join in joins)
        {
            var own = join.To.Schema.Columns
                .Where(column => !join.To.Key.Contains(column.Name))
                .Select(column => join.To.Dimensions[column.Name])
                .Where(member => Fits(join.Target, member) && members.Add($"{join.Target}_{member}"))
                .ToList();
            if (own.Count > 0)
            {
                parts.Add(new YamlMap()
                    .With("join_path", $"{table.Cube}.{join.Target}")
                    .With("prefix", true)
                    .With("includes", own.Select(member => new YamlScalar(member))));
            }
        }

        if (parts.Count < 3)
        {
            return null;
        }

        var others = string.Join(", ", parts.Skip(1).Select(part => part.Text("join_path")!.Split('.')[1].Replace('_', ' ')));
        return new YamlMap()
            .With("name", name)
            .With("sql_alias", ModelGenerator.Alias(name, members.Max(member => member.Length)))
            .With("description", $"{table.Cube.Replace('_', ' ')} with {others}.")
            .With("cubes", parts);
    }

    private static bool Fits(string cube, string member) => cube.Length + 1 + member.Length <= ModelNames.MaxMember;

    // What the table's own cube has: its measures get names of their own only when they are generated, so all that may be are counted.
    private static IEnumerable<string> Members(ModelTable table) => table.Dimensions.Values
        .Concat(["count", "row_count", "row_address"])
        .Concat(table.Dimensions.Values.SelectMany(name => (string[])[$"{name}_sum", $"{name}_avg", $"{name}_min", $"{name}_max"]));
}
