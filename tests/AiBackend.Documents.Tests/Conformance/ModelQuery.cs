namespace AiBackend.Documents.Tests.Conformance;

/// <summary>Answers queries by looking at every document: what a store's answer is compared with.</summary>
internal static class ModelQuery
{
    public static IEnumerable<Item> Find(IEnumerable<Item> items, Query<Item> query)
    {
        var found = items.Where(item => query.Conditions.All(condition => Holds(item, condition)));
        var order = PageCursor.OrderOf(query);
        var sorted = found.Order(Comparer<Item>.Create((one, other) => Compare(one, other, order, query.IsDescending)));
        return query.Limit is { } limit ? sorted.Take(limit) : sorted;
    }

    public static int Compare(Item one, Item other, IReadOnlyList<FieldPath> order, bool isDescending)
    {
        foreach (var field in order)
        {
            var difference = Compare(Value(one, field), Value(other, field));
            if (difference != 0)
            {
                return isDescending ? -difference : difference;
            }
        }

        return 0;
    }

    private static bool Holds(Item item, Condition condition) => condition switch
    {
        Condition.Compare { Comparison: Comparison.Equal } equal => Compare(Value(item, equal.Field), StoredValue.Of(equal.Value)) == 0,
        Condition.Compare range => Value(item, range.Field) is { } value && StoredValue.Of(range.Value) is { } limit && range.Comparison switch
        {
            Comparison.Less => Compare(value, limit) < 0,
            Comparison.LessOrEqual => Compare(value, limit) <= 0,
            Comparison.Greater => Compare(value, limit) > 0,
            _ => Compare(value, limit) >= 0,
        },
        Condition.OneOf oneOf => oneOf.Values.Any(value => Compare(Value(item, oneOf.Field), StoredValue.Of(value)) == 0),
        Condition.Exists exists => Value(item, exists.Field) is not null == exists.Expected,
        Condition.ArrayContains contains => item.Tags?.Contains(contains.Entry) ?? false,
        Condition.Any any => any.Alternatives.Any(alternative => alternative.All(part => Holds(item, part))),
        _ => throw new ArgumentOutOfRangeException(nameof(condition)),
    };

    private static object? Value(Item item, FieldPath field) => StoredField.Of(typeof(Item), field).Read(item);

    private static int Compare(object? one, object? other) => (one, other) switch
    {
        (null, null) => 0,
        (null, _) => -1,
        (_, null) => 1,
        (string a, string b) => string.CompareOrdinal(a, b),
        (bool a, bool b) => a.CompareTo(b),
        _ => Convert.ToDouble(one, null).CompareTo(Convert.ToDouble(other, null)),
    };
}

internal static class RandomItem
{
    private static readonly string?[] Labels = [null, "", "a", "b", "B", "é"];

    /// <summary>The item with few different values in each field, so that documents tie.</summary>
    public static Item Of(Item item, Random random) => item with
    {
        Kind = (Kind)random.Next(3),
        Size = random.Next(-3, 4),
        IsOpen = random.Next(2) == 0,
        At = Items.Start.AddMilliseconds(random.Next(5)),
        Weight = random.Next(4) == 0 ? null : random.Next(-2, 3) / 2.0,
        Label = Labels[random.Next(Labels.Length)],
        Owner = random.Next(3) == 0 ? null : new Owner($"usr_{random.Next(3)}"),
        Tags = random.Next(3) == 0 ? null : [.. Enumerable.Range(0, random.Next(3)).Select(_ => $"t{random.Next(4)}")],
        ReviewedAt = random.Next(2) == 0 ? null : Items.Start.AddSeconds(random.Next(4)),
    };
}

internal static class RandomQuery
{
    /// <summary>A query that a declared index of items serves.</summary>
    public static Query<Item> Of(Random random)
    {
        var of = Query.Of<Item>();
        var query = random.Next(9) switch
        {
            0 => Ordered(of.Equal(i => i.Kind, (Kind)random.Next(3)), random, i => i.At),
            1 => Ordered(of.In(i => i.Kind, [(Kind)random.Next(3), (Kind)random.Next(3)]), random, i => i.At),
            2 => Ordered(of.AtLeast(i => i.Size, random.Next(-3, 4)).Less(i => i.Size, random.Next(-3, 4)), random, i => i.Size),
            3 => Ordered(random.Next(2) == 0 ? of : of.Exists(i => i.Weight, random.Next(2) == 0), random, i => i.Weight),
            4 => Ordered(of.Greater(i => i.Label, "a"), random, i => i.Label, i => i.Weight),
            5 => Ordered(of.Equal(i => i.Label, random.Next(2) == 0 ? null : "b"), random, i => i.Weight),
            6 => Ordered(of.Equal(i => i.IsOpen, random.Next(2) == 0), random, i => i.Size),
            7 => Ordered(of.AtMost(i => i.ReviewedAt, Items.Start.AddSeconds(random.Next(4))), random, i => i.ReviewedAt),
            _ => Ordered(of, random, i => i.Label, i => i.Weight),
        };
        query = random.Next(6) switch
        {
            0 => query.Equal(i => i.Owner!.Id, random.Next(2) == 0 ? null : $"usr_{random.Next(3)}"),
            1 => query.Contains(i => i.Tags, $"t{random.Next(4)}"),
            2 => query.AnyOf(of.Equal(i => i.Weight, null), of.Greater(i => i.Size, random.Next(-3, 3)).Equal(i => i.IsOpen, true)),
            3 => query.In(i => i.Label, [null, "a", "é"]),
            _ => query,
        };
        return random.Next(3) == 0 ? query.Take(random.Next(1, 20)) : query;
    }

    private static Query<Item> Ordered(
        Query<Item> query, Random random, params System.Linq.Expressions.Expression<Func<Item, object?>>[] fields) =>
        random.Next(2) == 0 ? query.Ascending(fields) : query.Descending(fields);
}
