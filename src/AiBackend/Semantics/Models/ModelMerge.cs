namespace AiBackend.Semantics.Models;

/// <summary>A part that cannot be merged.</summary>
/// <param name="File">Its file.</param>
/// <param name="Path">The part, such as <c>cubes[orders].measures[total].sql</c>; empty for the whole file.</param>
/// <param name="Reason">What is wrong.</param>
internal sealed record ModelConflict(string File, string Path, string Reason)
{
    public override string ToString() => Path.Length == 0 ? $"{File}: {Reason}" : $"{File}: {Path}: {Reason}";
}

/// <summary>A merged file.</summary>
/// <param name="Text">Null when there is to be none.</param>
/// <param name="Conflicts">With any, the text is not to be used.</param>
internal sealed record MergedModel(string? Text, IReadOnlyList<ModelConflict> Conflicts);

/// <summary>
/// Merges what was generated last, what people made of it, and what is generated now, as YAML trees: named things are matched by their names, mappings
/// by key. What only one side changed is taken from it; what people removed stays away.
/// </summary>
internal sealed class ModelMerge
{
    private readonly List<ModelConflict> conflicts = [];
    private readonly string file;

    private ModelMerge(string file) => this.file = file;

    /// <summary>Merges a file.</summary>
    /// <param name="file">Its name, for conflicts.</param>
    /// <param name="past">What was generated last; null when nothing was.</param>
    /// <param name="ours">What is in git; null when nothing is.</param>
    /// <param name="theirs">What is generated now; null when nothing is.</param>
    public static MergedModel Merge(string file, string? past, string? ours, string? theirs)
    {
        if (ours == theirs || ours == past)
        {
            return new MergedModel(theirs, []);
        }

        // Removed by hand: it stays away.
        return ours is null ? new MergedModel(null, []) : new ModelMerge(file).MergeTexts(past, ours, theirs);
    }

    private MergedModel MergeTexts(string? past, string ours, string? theirs)
    {
        YamlNode? hand;
        try
        {
            hand = YamlReader.Read(ours);
        }
        catch (FormatException error)
        {
            return Conflict("", error.Message);
        }

        if (hand is not (null or YamlMap))
        {
            return Conflict("", "no model: a mapping with cubes or views is expected");
        }

        // It is read even so: a file that is broken is told of at once.
        if (past == theirs)
        {
            return new MergedModel(ours, []);
        }

        var before = past is null ? null : YamlReader.Read(past);
        if (theirs is null)
        {
            return YamlNode.Same(before, hand) ? new MergedModel(null, []) : Conflict("", "changed by hand, and its table is gone");
        }

        var now = YamlReader.Read(theirs);
        if (YamlNode.Same(before, now))
        {
            return new MergedModel(ours, []);
        }

        if (hand is null)
        {
            return Conflict("", "emptied by hand, and generated anew");
        }

        var merged = MergeNodes("", before ?? new YamlMap(), hand, now);
        return conflicts.Count > 0 ? new MergedModel(null, conflicts) : new MergedModel(YamlEdit.Apply(ours, hand, merged!), []);
    }

    private MergedModel Conflict(string path, string reason) => new(null, [new ModelConflict(file, path, reason)]);

    // What it returns is a node of ours where ours stays as it is.
    private YamlNode? MergeNodes(string path, YamlNode? past, YamlNode? ours, YamlNode? theirs)
    {
        if (YamlNode.Same(past, theirs) || YamlNode.Same(ours, theirs))
        {
            return ours;
        }

        if (Lists(past, ours, theirs) is { } lists)
        {
            return MergeLists(path, lists.Past, (YamlList?)ours, lists.Ours, lists.Theirs);
        }

        if (ours is YamlMap map && theirs is YamlMap generated && past is YamlMap or null)
        {
            return MergeMaps(path, past as YamlMap ?? new YamlMap(), map, generated);
        }

        if (YamlNode.Same(past, ours))
        {
            return theirs;
        }

        if (ours is null)
        {
            return null;
        }

        conflicts.Add(new ModelConflict(file, path, theirs is null ? "changed by hand, and no longer generated" : "changed by hand, and generated differently"));
        return ours;
    }

    private YamlMap MergeMaps(string path, YamlMap past, YamlMap ours, YamlMap theirs)
    {
        var merged = new YamlMap();
        foreach (var entry in ours.Entries)
        {
            if (MergeNodes(Below(path, entry.Key), past.Find(entry.Key), entry.Value, theirs.Find(entry.Key)) is { } value)
            {
                merged.Entries.Add(ReferenceEquals(value, entry.Value) ? entry : entry with { Value = value });
            }
        }

        for (var index = 0; index < theirs.Entries.Count; index++)
        {
            var entry = theirs.Entries[index];
            if (ours.Find(entry.Key) is null && MergeNodes(Below(path, entry.Key), past.Find(entry.Key), null, entry.Value) is { } value)
            {
                var after = theirs.Entries.Take(index).Reverse().Select(earlier => merged.Entries.FindIndex(kept => kept.Key == earlier.Key)).FirstOrDefault(place => place >= 0, -1);
                merged.Entries.Insert(after + 1, entry with { Value = value });
            }
        }

        return merged;
    }

    private YamlList? MergeLists(string path, Dictionary<string, YamlNode> past, YamlList? list, Dictionary<string, YamlNode> ours, Dictionary<string, YamlNode> theirs)
    {
        var merged = new List<(string Key, YamlNode Value)>();
        foreach (var (key, item) in ours)
        {
            if (MergeNodes($"{path}[{key.TrimEnd('|')}]", past.GetValueOrDefault(key), item, theirs.GetValueOrDefault(key)) is { } value)
            {
                merged.Add((key, value));
            }
        }

        var order = theirs.Keys.ToList();
        foreach (var (key, item) in theirs)
        {
            if (!ours.ContainsKey(key) && MergeNodes($"{path}[{key.TrimEnd('|')}]", past.GetValueOrDefault(key), null, item) is { } value)
            {
                var after = order.Take(order.IndexOf(key)).Reverse().Select(earlier => merged.FindIndex(kept => kept.Key == earlier)).FirstOrDefault(place => place >= 0, -1);
                merged.Insert(after + 1, (key, value));
            }
        }

        if (merged.Count == 0 && list is not { Items.Count: 0 })
        {
            return null;
        }

        var result = new YamlList { IsFlow = list?.IsFlow ?? false };
        result.Items.AddRange(merged.Select(item => item.Value));
        return result;
    }

    // Lists of named things, one of which may be missing: that is an empty one.
    private static (Dictionary<string, YamlNode> Past, Dictionary<string, YamlNode> Ours, Dictionary<string, YamlNode> Theirs)? Lists(
        YamlNode? past, YamlNode? ours, YamlNode? theirs)
    {
        var isAnyList = past is YamlList || ours is YamlList || theirs is YamlList;
        return isAnyList && Keyed(past) is { } one && Keyed(ours) is { } two && Keyed(theirs) is { } three ? (one, two, three) : null;

        static Dictionary<string, YamlNode>? Keyed(YamlNode? node) => node switch
        {
            null => new Dictionary<string, YamlNode>(StringComparer.Ordinal),
            YamlList list => list.ByKey(),
            _ => null,
        };
    }

    private static string Below(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";
}
