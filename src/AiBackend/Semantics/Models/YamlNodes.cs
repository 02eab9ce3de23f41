namespace AiBackend.Semantics.Models;

/// <summary>A node of a YAML document. Nodes that were read know where they stand in its text; others have <see cref="Start"/> -1.</summary>
internal abstract class YamlNode
{
    /// <summary>Where it begins in the text.</summary>
    public int Start { get; init; } = -1;

    /// <summary>Where what belongs to it ends in the text.</summary>
    public int End { get; set; } = -1;

    /// <summary>How far its first character is from the beginning of its line.</summary>
    public int Column { get; init; }

    /// <summary>Whether two nodes say the same; null is a node that is not there. The order of keys and of named things does not count.</summary>
    public static bool Same(YamlNode? one, YamlNode? other) => (one, other) switch
    {
        (null, null) => true,
        (YamlScalar a, YamlScalar b) => a.Type == b.Type && a.Value == b.Value,
        (YamlMap a, YamlMap b) => a.Entries.Count == b.Entries.Count && a.Entries.All(entry => b.Find(entry.Key) is { } found && Same(entry.Value, found)),
        (YamlList a, YamlList b) => a.Items.Count == b.Items.Count && (a.ByKey() is { } first && b.ByKey() is { } second
            ? first.All(item => second.TryGetValue(item.Key, out var found) && Same(item.Value, found))
            : a.Items.Zip(b.Items).All(pair => Same(pair.First, pair.Second))),
        _ => false,
    };
}

/// <summary>A single value.</summary>
/// <param name="value">As a YAML reader understands it.</param>
internal sealed class YamlScalar(string value, YamlType type = YamlType.Text) : YamlNode
{
    public string Value { get; } = value;

    public YamlType Type { get; } = type;
}

/// <summary>What a single value is.</summary>
internal enum YamlType
{
    Text,

    /// <summary>A boolean, number, date or null, by its plain spelling.</summary>
    Plain,

    /// <summary>A reference to another node of the document.</summary>
    Alias,
}

/// <summary>Keys with values.</summary>
internal sealed class YamlMap : YamlNode
{
    public List<YamlEntry> Entries { get; } = [];

    /// <summary>Whether it is written in braces.</summary>
    public bool IsFlow { get; init; }

    public YamlNode? Find(string key) => Entries.Find(entry => entry.Key == key)?.Value;

    /// <summary>The text of a key; null when it has none.</summary>
    public string? Text(string key) => (Find(key) as YamlScalar)?.Value;

    /// <summary>Adds a key; nothing when the value is null.</summary>
    public YamlMap With(string key, YamlNode? value)
    {
        if (value is not null)
        {
            Entries.Add(new YamlEntry(new YamlScalar(key), value));
        }

        return this;
    }

    /// <summary>Adds a text; nothing when it is null.</summary>
    public YamlMap With(string key, string? text) => With(key, text is null ? null : new YamlScalar(text));

    /// <summary>Adds a boolean.</summary>
    public YamlMap With(string key, bool value) => With(key, new YamlScalar(value ? "true" : "false", YamlType.Plain));

    /// <summary>Adds a list; nothing when it is empty.</summary>
    public YamlMap With(string key, IEnumerable<YamlNode> items)
    {
        var list = new YamlList();
        list.Items.AddRange(items);
        return list.Items.Count == 0 ? this : With(key, list);
    }
}

/// <summary>A key with its value.</summary>
internal sealed record YamlEntry(YamlScalar Name, YamlNode Value)
{
    public string Key => Name.Value;
}

/// <summary>A list.</summary>
internal sealed class YamlList : YamlNode
{
    public List<YamlNode> Items { get; } = [];

    /// <summary>Whether it is written in brackets.</summary>
    public bool IsFlow { get; init; }

    /// <summary>What an item is known by: its <c>name</c> or join path, or the value itself; null when it is known by its place only.</summary>
    public static string? KeyOf(YamlNode item) => item switch
    {
        YamlScalar scalar => scalar.Value,
        YamlMap map => map.Text("name") ?? (map.Text("join_path") is { } path ? $"{path}|{map.Text("alias")}" : null),
        _ => null,
    };

    /// <summary>The items by what they are known by; null when one is known by its place only or two by the same.</summary>
    public Dictionary<string, YamlNode>? ByKey()
    {
        var items = new Dictionary<string, YamlNode>(Items.Count, StringComparer.Ordinal);
        return Items.TrueForAll(item => KeyOf(item) is { } key && items.TryAdd(key, item)) ? items : null;
    }
}
