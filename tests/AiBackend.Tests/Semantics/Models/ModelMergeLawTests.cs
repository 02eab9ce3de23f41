using AiBackend.Semantics.Models;
using CsCheck;

namespace AiBackend.Tests.Semantics.Models;

/// <summary>What holds of every merge, whatever both sides did.</summary>
public sealed class ModelMergeLawTests
{
    private const string Past = ModelMergeTests.Past;

    [Fact]
    public void Only_one_side_changed_gives_that_side()
    {
        Gen.Select(Edits, Edits).Sample((first, second) =>
        {
            var (one, other) = (Edited(first), Edited(second));
            return ModelMerge.Merge("f", one, one, other).Text == other
                && ModelMerge.Merge("f", one, other, one).Text == other
                && ModelMerge.Merge("f", one, other, other).Text == other;
        });
    }

    [Fact]
    public void A_merge_says_what_both_sides_say_and_merging_again_changes_nothing()
    {
        Gen.Select(Edits, Edits, Gen.Int[0, 3]).Sample((handEdits, generatedEdits, style) =>
        {
            var ours = Styled(Edited(handEdits), style);
            var theirs = Edited(generatedEdits);
            var merged = ModelMerge.Merge("f", Past, ours, theirs);
            if (merged.Conflicts.Count > 0)
            {
                return true;
            }

            var (past, hand, now) = (Facts(Past), Facts(ours), Facts(theirs));
            var expected = past.Intersect(hand).Intersect(now).Union(hand.Except(past)).Union(now.Except(past).Where(fact => !IsBelowRemoved(fact, past, hand))).ToHashSet();
            return Facts(merged.Text!).SetEquals(expected)
                && ModelMerge.Merge("f", theirs, merged.Text, theirs).Text == merged.Text
                && Comments(ours).All(comment => merged.Text!.Contains(comment, StringComparison.Ordinal));
        }, iter: 500);
    }

    // Edits of the text above, each of which may be there or not.
    private static Gen<bool[]> Edits => Gen.Bool.Array[8];

    private static string Edited(bool[] edits)
    {
        (string From, string To)[] all =
        [
            ("        type: sum\n", "        type: sum\n        title: Money\n"),
            ("      - name: status\n        sql: '{CUBE}.status'\n        type: string\n", ""),
            ("public.orders", "sales.orders"),
            ("    measures:\n", "    measures:\n      - name: first_one\n        type: count\n"),
            ("    joins:\n      - name: customers\n        relationship: many_to_one\n        sql: '{CUBE}.customer_id = {customers}.id'\n", ""),
            ("        primary_key: true\n", "        primary_key: true\n        public: true\n      - name: second\n        sql: x\n        type: time\n"),
            ("    data_source: dst_1\n", "    data_source: dst_1\n    description: 'It''s \"odd\": {x}'\n"),
            ("      - name: count\n        type: count\n", ""),
        ];
        return all.Zip(edits).Where(edit => edit.Second).Aggregate(Past, (text, edit) => text.Replace(edit.First.From, edit.First.To, StringComparison.Ordinal));
    }

    private static string Styled(string text, int style) => style switch
    {
        1 => "# top\n" + text.Replace("\n    dimensions:", "\n\n    # the columns\n    dimensions:", StringComparison.Ordinal),
        2 => text.Replace("\n", "\r\n", StringComparison.Ordinal),
        3 => text.Replace("        type: count\n", "        type: count   # each row\n", StringComparison.Ordinal).TrimEnd(),
        _ => text,
    };

    private static IEnumerable<string> Comments(string text) =>
        text.Split('\n').Where(line => line.TrimStart().StartsWith("# ", StringComparison.Ordinal)).Select(line => line.Trim());

    // What a tree says, a line for each value with its path.
    private static HashSet<string> Facts(string text) => [.. Walk("", YamlReader.Read(text)!)];

    private static IEnumerable<string> Walk(string path, YamlNode node) => node switch
    {
        YamlMap map => map.Entries.SelectMany(entry => Walk($"{path}.{entry.Key}", entry.Value)),
        YamlList list => list.Items.SelectMany(item => Walk($"{path}[{YamlList.KeyOf(item)}]", item)),
        YamlScalar scalar => [$"{path}={scalar.Value}"],
        _ => [],
    };

    // A new fact of a thing that people removed.
    private static bool IsBelowRemoved(string fact, HashSet<string> past, HashSet<string> hand)
    {
        var thing = fact[..(fact.LastIndexOf(']') + 1)];
        return past.Any(known => known.StartsWith(thing + ".", StringComparison.Ordinal)) && !hand.Any(known => known.StartsWith(thing + ".", StringComparison.Ordinal));
    }
}
