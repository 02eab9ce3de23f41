namespace AiBackend.Documents;

/// <summary>Finds out whether a declared index serves a query, by the rule that <see cref="Query{T}"/> states.</summary>
public static class QueryCheck
{
    /// <summary>Refuses the query when no index serves it.</summary>
    /// <param name="set">Where the query looks.</param>
    /// <param name="query">What it asks.</param>
    /// <param name="isOrdered">
    /// Whether an index must give the order: for pages, limits and orders that are asked for, not for a count, nor for a
    /// whole list in the order of ids, which is sorted after it is found.
    /// </param>
    /// <exception cref="UnservedQueryException">No index does.</exception>
    public static void Require<T>(DocumentSet set, Query<T> query, bool isOrdered)
        where T : Document
    {
        var order = isOrdered ? PageCursor.OrderOf(query) : [];
        if (!NamesDeclaredFields(set, query.Conditions) || !IsServed(set, query.Conditions, order))
        {
            throw new UnservedQueryException(set.Name, QueryText.Of(query));
        }
    }

    private static bool NamesDeclaredFields(DocumentSet set, IReadOnlyList<Condition> conditions) =>
        conditions.All(condition => condition switch
        {
            Condition.Compare compare => IsDeclared(set, compare.Field),
            Condition.OneOf oneOf => IsDeclared(set, oneOf.Field),
            Condition.Exists exists => IsDeclared(set, exists.Field),
            Condition.ArrayContains contains => set.Indexes.Any(index => index.IsArray && index.Fields[0] == contains.Field),
            Condition.Any any => any.Alternatives.All(alternative => NamesDeclaredFields(set, alternative)),
            _ => false,
        });

    private static bool IsDeclared(DocumentSet set, FieldPath field) =>
        field == FieldPath.Id
        || field == set.ExpiryField
        || set.Indexes.Any(index => !index.IsArray && (index.Fields.Contains(field) || index.WhereExists == field));

    private static bool IsServed(DocumentSet set, IReadOnlyList<Condition> conditions, IReadOnlyList<FieldPath> order)
    {
        if (conditions.Any(condition => condition is Condition.ArrayContains))
        {
            return true;
        }

        var wanted = new Wanted(conditions, order);
        if (wanted.Fits([], []) || set.Indexes.Any(index => !index.IsArray && wanted.Fits(index.Fields, index.Present)))
        {
            return true;
        }

        // Without an index for what all alternatives share, each must find its own.
        return conditions.OfType<Condition.Any>().Any(any => any.Alternatives.All(alternative =>
            IsServed(set, [.. conditions.Where(condition => condition != any), .. alternative], order)));
    }

    private sealed class Wanted
    {
        private readonly HashSet<FieldPath> bound = [];
        private readonly HashSet<FieldPath> single = [];
        private readonly HashSet<FieldPath> ranged = [];
        private readonly HashSet<FieldPath> present = [];
        private readonly List<FieldPath> order;
        private readonly bool isNarrowed;

        public Wanted(IReadOnlyList<Condition> conditions, IReadOnlyList<FieldPath> order)
        {
            foreach (var condition in conditions)
            {
                Take(condition);
            }

            isNarrowed = conditions.Count > 0;
            this.order = single.Contains(FieldPath.Id) ? [] : [.. order.Where(field => !single.Contains(field))];
        }

        /// <summary>Whether an index over the fields, then the id, finds what is wanted without reading much else.</summary>
        public bool Fits(IReadOnlyList<FieldPath> fields, IReadOnlyList<FieldPath> indexed)
        {
            if (indexed.Any(field => !present.Contains(field)))
            {
                return false;
            }

            FieldPath[] keys = [.. fields.TakeWhile(field => field != FieldPath.Id), FieldPath.Id];
            var used = keys.TakeWhile(bound.Contains).Count();
            var narrows = used > 0 || ranged.Contains(keys[0]) || indexed.Count > 0;
            if (isNarrowed && !narrows)
            {
                return false;
            }

            return order.Count == 0 || Enumerable.Range(0, used + 1).Any(start => keys.Skip(start).SequenceEqual(order));
        }

        private void Take(Condition condition)
        {
            switch (condition)
            {
                case Condition.Compare { Comparison: Comparison.Equal } equal:
                    bound.Add(equal.Field);
                    single.Add(equal.Field);
                    if (equal.Value is not null)
                    {
                        present.Add(equal.Field);
                    }

                    break;
                case Condition.Compare range:
                    ranged.Add(range.Field);
                    present.Add(range.Field);
                    break;
                case Condition.OneOf oneOf:
                    bound.Add(oneOf.Field);
                    if (oneOf.Values.All(value => value is not null))
                    {
                        present.Add(oneOf.Field);
                    }

                    break;
                case Condition.Exists { Expected: true } exists:
                    ranged.Add(exists.Field);
                    present.Add(exists.Field);
                    break;
                case Condition.Exists missing:
                    bound.Add(missing.Field);
                    single.Add(missing.Field);
                    break;
                default:
                    break;
            }
        }
    }
}
