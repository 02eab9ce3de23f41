using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace AiBackend.Semantics.Models;

/// <summary>Writes YAML nodes in one form: two spaces a level, lists indented, quotes only where they are needed.</summary>
internal static partial class YamlWriter
{
    // Spellings that some YAML readers take for booleans.
    private static readonly HashSet<string> Odd = new(["y", "n", "yes", "no", "on", "off"], StringComparer.OrdinalIgnoreCase);

    /// <summary>A whole document.</summary>
    public static string Document(YamlNode root) => Block(root, 0) + "\n";

    /// <summary>A node whose first line stands at <paramref name="indent"/> already; without a line end after it.</summary>
    public static string Block(YamlNode node, int indent)
    {
        var text = new StringBuilder();
        WriteBlock(text, node, indent);
        return text.ToString();
    }

    /// <summary>A key with its value, as <see cref="Block"/>.</summary>
    public static string Entry(YamlEntry entry, int indent)
    {
        var text = new StringBuilder();
        WriteEntry(text, entry, indent);
        return text.ToString();
    }

    /// <summary>A node on one line.</summary>
    public static string Inline(YamlNode node) => node switch
    {
        YamlMap map => $"{{{string.Join(", ", map.Entries.Select(entry => $"{Scalar(entry.Name)}: {Inline(entry.Value)}"))}}}",
        YamlList list => $"[{string.Join(", ", list.Items.Select(Inline))}]",
        YamlScalar { Type: YamlType.Text } scalar => Quoted(scalar.Value),
        YamlScalar scalar => Scalar(scalar),
        _ => throw new ArgumentException("unknown node", nameof(node)),
    };

    /// <summary>A scalar.</summary>
    public static string Scalar(YamlScalar scalar) => scalar.Type switch
    {
        YamlType.Alias => $"*{scalar.Value}",
        YamlType.Plain => scalar.Value,
        _ => IsPlain(scalar.Value) ? scalar.Value : Quoted(scalar.Value),
    };

    private static void WriteBlock(StringBuilder text, YamlNode node, int indent)
    {
        switch (node)
        {
            case YamlMap { Entries.Count: > 0 } map:
                for (var index = 0; index < map.Entries.Count; index++)
                {
                    NextLine(text, index, indent);
                    WriteEntry(text, map.Entries[index], indent);
                }

                break;
            case YamlList { Items.Count: > 0 } list:
                for (var index = 0; index < list.Items.Count; index++)
                {
                    NextLine(text, index, indent);
                    text.Append("- ");
                    WriteBlock(text, list.Items[index], indent + 2);
                }

                break;
            case YamlScalar scalar:
                text.Append(Scalar(scalar));
                break;
            default:
                text.Append(Inline(node));
                break;
        }
    }

    private static void WriteEntry(StringBuilder text, YamlEntry entry, int indent)
    {
        text.Append(Scalar(entry.Name)).Append(':');
        if (entry.Value is YamlMap { Entries.Count: > 0 } or YamlList { Items.Count: > 0 })
        {
            text.Append('\n').Append(' ', indent + 2);
            WriteBlock(text, entry.Value, indent + 2);
        }
        else if (entry.Value is not YamlScalar { Type: YamlType.Plain, Value: "" })
        {
            text.Append(' ');
            WriteBlock(text, entry.Value, indent + 2);
        }
    }

    private static void NextLine(StringBuilder text, int index, int indent)
    {
        if (index > 0)
        {
            text.Append('\n').Append(' ', indent);
        }
    }

    private static bool IsPlain(string value) => PlainPattern().IsMatch(value) && !Odd.Contains(value) && !YamlReader.IsTyped(value);

    private static string Quoted(string value)
    {
        if (!value.Any(letter => char.IsControl(letter) || char.IsSurrogate(letter) || letter is '\u2028' or '\u2029' or '\ufeff' or '\ufffe' or '\uffff'))
        {
            return $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";
        }

        var quoted = new StringBuilder("\"");
        foreach (var rune in value.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append(@"\\"),
                '\n' => quoted.Append(@"\n"),
                '\t' => quoted.Append(@"\t"),
                > 0xffff => quoted.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}"),
                < ' ' or (>= 0x7f and < 0xa0) or 0x2028 or 0x2029 or 0xfeff or 0xfffe or 0xffff => quoted.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}"),
                _ => quoted.Append(rune.ToString()),
            };
        }

        return quoted.Append('"').ToString();
    }

    [GeneratedRegex(@"^[A-Za-z_/]([A-Za-z0-9_.,()/%+=;<>?!$'""\\ -]*[A-Za-z0-9_.,()/%+=;<>?!$'""\\-])?$", RegexOptions.CultureInvariant)]
    private static partial Regex PlainPattern();
}
