using System.Text;

namespace AiBackend.Semantics.Models;

/// <summary>
/// Changes a YAML text so that it says what another tree says, and touches only the lines that say something else: comments, order and formatting
/// of the rest stay.
/// </summary>
internal sealed class YamlEdit
{
    private readonly List<(int Start, int End, string Text)> edits = [];
    private readonly string text;
    private readonly string newLine;

    private YamlEdit(string text)
    {
        this.text = text;
        newLine = text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";
    }

    /// <summary>The changed text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="old">What was read from it.</param>
    /// <param name="wanted">What it is to say; nodes of <paramref name="old"/> in it are left as they are.</param>
    public static string Apply(string text, YamlNode old, YamlNode wanted)
    {
        var edit = new YamlEdit(text);
        edit.Change(old, wanted, indent: 0);
        var changed = edit.Result();

        // A form of writing that is not foreseen here must not change what the text says.
        return Says(changed, wanted) ? changed : YamlWriter.Document(wanted);
    }

    /// <summary>The text with another value at a scalar's place.</summary>
    public static string Replace(string text, YamlScalar old, string value) =>
        text[..old.Start] + YamlWriter.Scalar(new YamlScalar(value)) + text[old.End..];

    private static bool Says(string text, YamlNode wanted)
    {
        try
        {
            return YamlNode.Same(YamlReader.Read(text), wanted);
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private void Change(YamlNode old, YamlNode wanted, int indent)
    {
        if (ReferenceEquals(old, wanted) || YamlNode.Same(old, wanted))
        {
            return;
        }

        switch (old, wanted)
        {
            case (YamlMap { IsFlow: false } map, YamlMap other) when Keeps(map, other):
                ChangeMap(map, other);
                break;
            case (YamlList { IsFlow: false } list, YamlList other) when list.ByKey() is { } items && other.ByKey() is { } wantedItems && items.Keys.Any(wantedItems.ContainsKey):
                ChangeList(list, items, wantedItems);
                break;
            case (YamlMap { IsFlow: true, Entries.Count: > 0 } or YamlList { IsFlow: true, Items.Count: > 0 }, _):
                edits.Add((old.Start, old.End, YamlWriter.Inline(wanted)));
                break;
            case (_, YamlMap { Entries.Count: > 0 } or YamlList { Items.Count: > 0 }) when old is YamlScalar or YamlMap { IsFlow: true } or YamlList { IsFlow: true }:
                edits.Add((BeforeSpaces(Math.Min(old.Start, old.End)), old.End, Lines(indent) + YamlWriter.Block(wanted, indent)));
                break;
            case (YamlScalar { Value: "", Type: YamlType.Plain }, _):
                edits.Add((old.End, old.End, " " + YamlWriter.Inline(wanted)));
                break;
            default:
                edits.Add((old.Start, old.End, YamlWriter.Block(wanted, old.Column)));
                break;
        }
    }

    // The first key stands next to a list's dash, or is where the others are measured from: it must stay for changes line by line.
    private static bool Keeps(YamlMap map, YamlMap other) => map.Entries.Count > 0 && other.Find(map.Entries[0].Key) is not null;

    private void ChangeMap(YamlMap map, YamlMap wanted)
    {
        var last = map.Entries[0];
        foreach (var entry in map.Entries)
        {
            if (wanted.Find(entry.Key) is { } value)
            {
                Change(entry.Value, value, map.Column + 2);
            }
            else
            {
                Remove(entry.Name.Start, entry.Value.End);
            }
        }

        foreach (var entry in wanted.Entries)
        {
            if (map.Entries.Find(kept => kept.Key == entry.Key) is { } found)
            {
                last = found;
            }
            else
            {
                Insert(last.Value.End, map.Column, YamlWriter.Entry(entry, map.Column));
            }
        }
    }

    private void ChangeList(YamlList list, Dictionary<string, YamlNode> items, Dictionary<string, YamlNode> wanted)
    {
        YamlNode? last = null;
        foreach (var (key, item) in items)
        {
            if (wanted.TryGetValue(key, out var value))
            {
                Change(item, value, item.Column);
            }
            else
            {
                Remove(Dash(item), item.End);
            }
        }

        foreach (var (key, value) in wanted)
        {
            if (items.TryGetValue(key, out var kept))
            {
                last = kept;
                continue;
            }

            var item = "- " + YamlWriter.Block(value, list.Column + 2);
            if (last is null)
            {
                var first = LineStart(list.Start);
                var isOwnLine = string.IsNullOrWhiteSpace(text[first..list.Start]);
                edits.Add(isOwnLine
                    ? (first, first, new string(' ', list.Column) + item + "\n")
                    : (list.Start, list.Start, item + Lines(list.Column)));
            }
            else
            {
                Insert(last.End, list.Column, item);
            }
        }
    }

    private int Dash(YamlNode item) => text.LastIndexOf('-', Math.Max(item.Start - 1, 0));

    // Whole lines, with what is written after the value on its last one.
    private void Remove(int start, int end)
    {
        var lineStart = LineStart(start);
        edits.Add((lineStart, NextLine(end), ""));
    }

    private void Insert(int after, int indent, string written)
    {
        var place = NextLine(after);
        var line = new string(' ', indent) + written;
        var isEnd = place == text.Length && (place == 0 || text[place - 1] != '\n');
        edits.Add((place, place, isEnd ? "\n" + line : line + "\n"));
    }

    private int BeforeSpaces(int index)
    {
        while (index > 0 && text[index - 1] == ' ')
        {
            index--;
        }

        return index;
    }

    private static string Lines(int indent) => "\n" + new string(' ', indent);

    private int LineStart(int index) => text.LastIndexOf('\n', Math.Max(index - 1, 0), Math.Max(index, 0)) + 1;

    private int NextLine(int index)
    {
        var end = text.IndexOf('\n', Math.Min(index, text.Length));
        return end < 0 ? text.Length : end + 1;
    }

    private string Result()
    {
        var result = new StringBuilder(text);

        // From the end, so that places before stay right; at one place what goes goes first, and what is inserted keeps the order in which it came.
        var ordered = edits.Index().OrderByDescending(edit => edit.Item.Start).ThenByDescending(edit => edit.Item.End > edit.Item.Start).ThenByDescending(edit => edit.Index);
        foreach (var (start, end, replacement) in ordered.Select(edit => edit.Item))
        {
            if (start < 0 || end < start || end > result.Length)
            {
                return "";
            }

            result.Remove(start, end - start).Insert(start, replacement.Replace("\n", newLine, StringComparison.Ordinal));
        }

        return result.ToString();
    }
}
