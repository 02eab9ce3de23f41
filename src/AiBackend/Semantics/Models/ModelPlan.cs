namespace AiBackend.Semantics.Models;

/// <summary>What a sync changes in the files of a data store.</summary>
/// <param name="Changes">New texts by file name; null for a file that goes.</param>
/// <param name="Conflicts">With any, nothing is to be changed.</param>
internal sealed record ModelPlan(IReadOnlyDictionary<string, string?> Changes, IReadOnlyList<ModelConflict> Conflicts)
{
    /// <summary>Merges all files of a data store.</summary>
    /// <param name="past">What was generated last.</param>
    /// <param name="ours">What is in git.</param>
    /// <param name="theirs">What is generated now.</param>
    public static ModelPlan Of(IReadOnlyDictionary<string, string> past, IReadOnlyDictionary<string, string> ours, IReadOnlyDictionary<string, string> theirs)
    {
        var changes = new SortedDictionary<string, string?>(StringComparer.Ordinal);
        var conflicts = new List<ModelConflict>();
        var renamed = Renames(past, ours, theirs);
        foreach (var file in past.Keys.Union(theirs.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var merged = renamed.TryGetValue(file, out var from)
                ? Moved(file, from, past[from], ours[from], theirs[file])
                : renamed.ContainsValue(file)
                    ? new MergedModel(null, [])
                    : ModelMerge.Merge(file, past.GetValueOrDefault(file), ours.GetValueOrDefault(file), theirs.GetValueOrDefault(file));
            conflicts.AddRange(merged.Conflicts);
            if (merged.Text != ours.GetValueOrDefault(file))
            {
                changes[file] = merged.Text;
            }
        }

        return conflicts.Count > 0 ? new ModelPlan(new Dictionary<string, string?>(), conflicts) : new ModelPlan(changes, []);
    }

    /// <summary>Names of the cubes and views that a file defines; none when it cannot be read.</summary>
    public static IEnumerable<string> NamesIn(string text)
    {
        try
        {
            return YamlReader.Read(text) is YamlMap root
                ? [.. Cubes(root, "cubes").Concat(Cubes(root, "views")).Select(cube => cube.Text("name")).OfType<string>()]
                : [];
        }
        catch (FormatException)
        {
            return [];
        }
    }

    // A table that is gone and was edited by hand, and a new one with the same columns, when there is one of each only: what was done by hand moves along.
    private static Dictionary<string, string> Renames(
        IReadOnlyDictionary<string, string> past, IReadOnlyDictionary<string, string> ours, IReadOnlyDictionary<string, string> theirs)
    {
        var gone = past.Keys.Where(file => !theirs.ContainsKey(file) && ours.TryGetValue(file, out var text) && text != past[file])
            .GroupBy(file => Shape(past[file])).Where(same => same.Key.Length > 0 && same.Count() == 1).ToDictionary(same => same.Key, same => same.Single());
        return gone.Count == 0
            ? []
            : theirs.Keys.Where(file => !past.ContainsKey(file) && !ours.ContainsKey(file))
                .GroupBy(file => Shape(theirs[file])).Where(same => same.Count() == 1 && gone.ContainsKey(same.Key))
                .ToDictionary(same => same.Single(), same => gone[same.Key], StringComparer.Ordinal);
    }

    private static string Shape(string text) =>
        YamlReader.Read(text) is YamlMap root && Cubes(root, "cubes") is [var cube] && cube.Find("dimensions") is YamlList dimensions
            ? string.Join('\n', dimensions.Items.OfType<YamlMap>().Select(dimension => $"{dimension.Text("name")} {dimension.Text("sql")} {dimension.Text("type")}"))
            : "";

    private static MergedModel Moved(string file, string from, string past, string ours, string theirs)
    {
        var name = NamesIn(theirs).First();
        var merged = ModelMerge.Merge(file, Renamed(past, name), Renamed(ours, name), theirs);
        return merged.Conflicts.Count == 0 ? merged : merged with { Conflicts = [.. merged.Conflicts.Select(conflict => conflict with { File = from })] };
    }

    private static string Renamed(string text, string name)
    {
        try
        {
            return YamlReader.Read(text) is YamlMap root && Cubes(root, "cubes") is [var cube, ..] && cube.Find("name") is YamlScalar old
                ? YamlEdit.Replace(text, old, name)
                : text;
        }
        catch (FormatException)
        {
            // The merge says what is wrong with it.
            return text;
        }
    }

    private static List<YamlMap> Cubes(YamlMap root, string key) => root.Find(key) is YamlList list ? [.. list.Items.OfType<YamlMap>()] : [];
}
