using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using ScalarEvent = YamlDotNet.Core.Events.Scalar;

namespace AiBackend.Semantics.Models;

/// <summary>Reads YAML into nodes that know their places in the text.</summary>
internal sealed partial class YamlReader
{
    private readonly Parser parser;
    private readonly string text;
    private int depth;

    private YamlReader(string text)
    {
        // A byte order mark becomes an empty line, so that places stay right.
        this.text = text.StartsWith('\ufeff') ? $"\n{text[1..]}" : text;
        parser = new Parser(new StringReader(this.text));
    }

    /// <summary>Reads a text that holds one document; null when it holds none.</summary>
    /// <exception cref="FormatException">It is not YAML, or not one document; the message says where.</exception>
    public static YamlNode? Read(string text)
    {
        try
        {
            return new YamlReader(text).ReadDocument();
        }
        catch (YamlException error)
        {
            throw new FormatException($"not valid YAML (line {error.Start.Line}): {error.InnerException?.Message ?? error.Message}", error);
        }
    }

    private YamlNode? ReadDocument()
    {
        parser.Consume<StreamStart>();
        if (parser.Accept<StreamEnd>(out _))
        {
            return null;
        }

        parser.Consume<DocumentStart>();
        var root = ReadNode();
        parser.Consume<DocumentEnd>();
        return parser.Accept<StreamEnd>(out _)
            ? root is YamlScalar { Type: YamlType.Plain, Value: "" } ? null : root
            : throw new FormatException("more than one YAML document");
    }

    private YamlNode ReadNode()
    {
        if (++depth > 100)
        {
            throw new FormatException("nested too deeply");
        }

        YamlNode node = parser.Current switch
        {
            MappingStart => ReadMap(parser.Consume<MappingStart>()),
            SequenceStart => ReadList(parser.Consume<SequenceStart>()),
            AnchorAlias => ReadAlias(parser.Consume<AnchorAlias>()),
            _ => ReadScalar(parser.Consume<ScalarEvent>()),
        };
        depth--;
        return node;
    }

    private YamlMap ReadMap(MappingStart start)
    {
        var map = new YamlMap { Start = Index(start.Start), Column = Column(start.Start), IsFlow = start.Style == MappingStyle.Flow };
        var keys = new HashSet<string>(StringComparer.Ordinal);
        var end = map.Start;
        while (!parser.Accept<MappingEnd>(out _))
        {
            var line = parser.Current!.Start.Line;
            if (ReadNode() is not YamlScalar key)
            {
                throw new FormatException($"a key that is not a plain text (line {line})");
            }

            if (!keys.Add(key.Value))
            {
                throw new FormatException($"the key {key.Value} twice (line {line})");
            }

            var value = ReadNode();
            map.Entries.Add(new YamlEntry(key, value));

            // An empty value stands wherever the next token is: it ends with the colon.
            end = value is YamlScalar { Type: YamlType.Plain, Value: "" } ? text.IndexOf(':', key.End) + 1 : value.End;
            value.End = end;
        }

        var last = parser.Consume<MappingEnd>();
        map.End = map.IsFlow ? Index(last.Start) + 1 : end;
        return map;
    }

    private YamlList ReadList(SequenceStart start)
    {
        var list = new YamlList { Start = Index(start.Start), Column = Column(start.Start), IsFlow = start.Style == SequenceStyle.Flow };
        var end = list.Start;
        while (!parser.Accept<SequenceEnd>(out _))
        {
            var item = ReadNode();
            list.Items.Add(item);
            end = item.End;
        }

        var last = parser.Consume<SequenceEnd>();
        list.End = list.IsFlow ? Index(last.Start) + 1 : end;
        return list;
    }

    private static YamlScalar ReadAlias(AnchorAlias alias) =>
        new(alias.Value.Value, YamlType.Alias) { Start = Index(alias.Start), End = Index(alias.End), Column = Column(alias.Start) };

    private YamlScalar ReadScalar(ScalarEvent scalar)
    {
        var isPlain = scalar.Style == ScalarStyle.Plain && IsTyped(scalar.Value);
        var end = Index(scalar.End);
        if (scalar.Style is ScalarStyle.Literal or ScalarStyle.Folded)
        {
            while (end > Index(scalar.Start) && char.IsWhiteSpace(text[end - 1]))
            {
                end--;
            }
        }

        return new YamlScalar(scalar.Value, isPlain ? YamlType.Plain : YamlType.Text)
        {
            Start = Index(scalar.Start),
            End = end,
            Column = Column(scalar.Start),
        };
    }

    /// <summary>Whether a plain spelling means something other than its letters, to one YAML reader or another.</summary>
    public static bool IsTyped(string plain) => plain.Length == 0 || TypedPattern().IsMatch(plain);

    private static int Index(Mark mark) => (int)mark.Index;

    private static int Column(Mark mark) => (int)mark.Column - 1;

    [GeneratedRegex(@"^(~|null|true|false|[-+]?[0-9.][0-9a-fox_.:eE+-]*|[-+]?\.(inf|nan)|[0-9]{4}-[0-9]{2}-[0-9]{2}.*)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex TypedPattern();
}
