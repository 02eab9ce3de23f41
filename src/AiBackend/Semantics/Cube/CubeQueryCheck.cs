using System.Globalization;
using AiBackend.Http;

namespace AiBackend.Semantics.Cube;

/// <summary>
/// Checks a query against what a layer has, before it is sent: members, kinds, operators, whether the cubes can be joined, and limits. Rows are always limited.
/// </summary>
internal static class CubeQueryCheck
{
    /// <summary>Rows without a limit of the query's own.</summary>
    public const int DefaultRows = 1_000;

    public const int MostRows = 10_000;

    public const int MostMeasures = 20;

    public const int MostDimensions = 20;

    private const int MostOffset = 1_000_000;
    private const int MostSuggested = 3;

    /// <returns>The query with a limit.</returns>
    /// <exception cref="ApiException">422 <c>unknown_member</c> or <c>validation_failed</c> with the path.</exception>
    public static CubeQuery Check(CubeQuery query, CubeMeta meta, string path = "query")
    {
        var checking = new Checking(meta, path);
        checking.Members(query);
        checking.Limits(query);
        checking.Joins();
        return query with { Limit = query.Limit ?? DefaultRows };
    }

    /// <summary>422 for a member that the layer does not have, with names that are near.</summary>
    public static ApiException UnknownMember(string name, CubeMeta meta, string path)
    {
        var near = meta.Cubes
            .SelectMany(cube => cube.Measures.Concat(cube.Dimensions).Concat(cube.Segments))
            .Select(member => (member.Name, Distance: Distance(name.ToLowerInvariant(), member.Name.ToLowerInvariant())))
            .Where(member => member.Distance <= Math.Max(3, name.Length / 3))
            .OrderBy(member => member.Distance).ThenBy(member => member.Name, StringComparer.Ordinal)
            .Take(MostSuggested)
            .Select(member => member.Name)
            .ToList();
        var hint = near.Count == 0 ? "Search the layer for its members." : $"Did you mean {string.Join(" or ", near)}?";
        var text = $"The layer has no member {name}. {hint}";
        return new ApiException(StatusCodes.Status422UnprocessableEntity, "unknown_member", text)
        {
            Errors = new Dictionary<string, string[]>(StringComparer.Ordinal) { [path] = [text] },
        };
    }

    private static int Distance(string one, string other)
    {
        if (one.Length > 200 || Math.Abs(one.Length - other.Length) > 20)
        {
            return int.MaxValue;
        }

        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, diagonal + (one[i - 1] == other[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[other.Length];
    }

    private sealed class Checking(CubeMeta meta, string path)
    {
        private readonly Dictionary<string, CubeInfo> cubes = new(StringComparer.Ordinal);

        public void Members(CubeQuery query)
        {
            Each(query.Measures, "measures", (name, at) => Require(name, at, CubeMemberKind.Measure));
            Each(query.Dimensions, "dimensions", (name, at) => Dimension(name, at));
            Each(query.Segments, "segments", (name, at) => Require(name, at, CubeMemberKind.Segment));
            Each(query.Filters, "filters", Filter);
            Each(query.TimeDimensions, "timeDimensions", (time, at) =>
            {
                if (Require(time.Dimension, $"{at}.dimension", CubeMemberKind.Dimension).Type != "time")
                {
                    throw ApiException.Invalid($"{at}.dimension", $"{time.Dimension} is not a time dimension.");
                }
            });
            var selected = query.Measures.Concat(query.Dimensions).Concat(query.TimeDimensions.Select(time => time.Dimension)).ToHashSet(StringComparer.Ordinal);
            Each(query.Order, "order", (order, at) =>
            {
                if (!selected.Contains(order.Member))
                {
                    _ = Find(order.Member, at);
                    throw ApiException.Invalid(at, $"{order.Member} is not among what is asked for.");
                }
            });
            if (query.Measures.Count == 0 && query.Dimensions.Count == 0 && query.TimeDimensions.All(time => time.Granularity is null))
            {
                throw ApiException.Invalid(path, "Ask for at least one measure, dimension or time dimension with a granularity.");
            }

            if (query.TimeDimensions.Count(time => time.CompareDateRange.Count > 0) > 1)
            {
                throw ApiException.Invalid($"{path}.timeDimensions", "Only one time dimension can have a compareDateRange.");
            }
        }

        public void Limits(CubeQuery query)
        {
            AtMost(query.Limit, MostRows, "limit");
            AtMost(query.Offset, MostOffset, "offset");
            AtMost(query.Measures.Count, MostMeasures, "measures");
            AtMost(query.Dimensions.Count, MostDimensions, "dimensions");
            AtMost(query.TimeDimensions.Count, 5, "timeDimensions");
            if (query.Limit == 0)
            {
                throw ApiException.Invalid($"{path}.limit", "Must be 1 or more.");
            }

            if (query.Timezone is { } zone && !TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _))
            {
                throw ApiException.Invalid($"{path}.timezone", "There is no time zone of that name; names are such as Europe/Berlin.");
            }
        }

        public void Joins()
        {
            var views = cubes.Values.Where(cube => cube.IsView).ToList();
            var apart = views.Count > 0
                ? cubes.Count > 1
                : cubes.Values.Where(cube => cube.ConnectedComponent is not null).Select(cube => cube.ConnectedComponent).Distinct().Count() > 1;
            if (apart)
            {
                throw ApiException.Invalid(path, $"{string.Join(", ", cubes.Keys.Order(StringComparer.Ordinal))} cannot be joined with each other.");
            }
        }

        private void Filter(CubeFilter filter, string at)
        {
            switch (filter)
            {
                case CubeFilter.And and:
                    EachAt(and.Filters, $"{at}.and", Filter);
                    SameKind(and.Filters, at);
                    break;
                case CubeFilter.Or or:
                    EachAt(or.Filters, $"{at}.or", Filter);
                    SameKind(or.Filters, at);
                    break;
                case CubeFilter.Condition condition:
                    Condition(condition, at);
                    break;
            }
        }

        // Measures are filtered after grouping and dimensions before it, so Cube cannot join them by and/or.
        private void SameKind(IReadOnlyList<CubeFilter> filters, string at)
        {
            if (filters.Count == 0)
            {
                throw ApiException.Invalid(at, "There must be at least one filter in it.");
            }

            if (Flat(filters).Select(condition => meta.Find(condition.Member)?.Kind).Distinct().Count() > 1)
            {
                throw ApiException.Invalid(at, "Measures and dimensions cannot be mixed within and/or.");
            }
        }

        private static IEnumerable<CubeFilter.Condition> Flat(IEnumerable<CubeFilter> filters) => filters.SelectMany(filter => filter switch
        {
            CubeFilter.And and => Flat(and.Filters),
            CubeFilter.Or or => Flat(or.Filters),
            CubeFilter.Condition condition => [condition],
            _ => [],
        });

        private void Condition(CubeFilter.Condition condition, string at)
        {
            var (_, member, kind) = Find(condition.Member, $"{at}.member");
            if (kind == CubeMemberKind.Segment)
            {
                throw ApiException.Invalid($"{at}.member", $"{condition.Member} is a segment; name it in segments.");
            }

            if (!CubeOperators.Fits(condition.Operator, member.Type))
            {
                throw ApiException.Invalid(
                    $"{at}.operator", $"{condition.Operator} does not go with {condition.Member}, which is of type {member.Type}. These do: {string.Join(", ", CubeOperators.Of(member.Type))}.");
            }

            if (!CubeOperators.TakesCount(condition.Operator, condition.Values.Count))
            {
                throw ApiException.Invalid($"{at}.values", $"That is not the number of values that {condition.Operator} takes.");
            }

            for (var index = 0; index < condition.Values.Count; index++)
            {
                var where = string.Create(CultureInfo.InvariantCulture, $"{at}.values[{index}]");
                switch (member.Type, condition.Values[index])
                {
                    case (_, null) when condition.Operator is not ("equals" or "notEquals"):
                        throw ApiException.Invalid(where, "null goes with equals and notEquals alone.");
                    case ("number", { } text) when !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number):
                        throw ApiException.Invalid(where, $"{condition.Member} is a number.");
                    case ("boolean", { } text) when text is not ("true" or "false"):
                        throw ApiException.Invalid(where, $"{condition.Member} is true or false.");
                    case ("time", { } text) when !CubeDates.IsDate(text):
                        throw ApiException.Invalid(where, "Must be a date (2024-03-31) or a time (2024-03-31T12:00:00).");
                }
            }
        }

        // Cube takes orders.created_at.month for a dimension too.
        private void Dimension(string name, string at)
        {
            var parts = name.Split('.');
            if (parts.Length == 3 && CubeOperators.Granularities.Contains(parts[2]))
            {
                if (Require($"{parts[0]}.{parts[1]}", at, CubeMemberKind.Dimension).Type != "time")
                {
                    throw ApiException.Invalid(at, $"{parts[0]}.{parts[1]} is not a time dimension.");
                }

                return;
            }

            Require(name, at, CubeMemberKind.Dimension);
        }

        private CubeMember Require(string name, string at, CubeMemberKind kind)
        {
            var found = Find(name, at);
            return found.Kind == kind ? found.Member : throw ApiException.Invalid(at, $"{name} is a {Word(found.Kind)}, not a {Word(kind)}.");
        }

        private (CubeInfo Cube, CubeMember Member, CubeMemberKind Kind) Find(string name, string at)
        {
            var found = meta.Find(name) ?? throw UnknownMember(name, meta, at);
            cubes.TryAdd(found.Cube.Name, found.Cube);
            return found;
        }

        private static string Word(CubeMemberKind kind) => kind switch
        {
            CubeMemberKind.Measure => "measure",
            CubeMemberKind.Dimension => "dimension",
            CubeMemberKind.Segment => "segment",
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };

        private void AtMost(int? count, int most, string field)
        {
            if (count > most)
            {
                throw ApiException.Invalid($"{path}.{field}", $"May be at most {most}.");
            }
        }

        private void Each<T>(IReadOnlyList<T> entries, string field, Action<T, string> check) => EachAt(entries, $"{path}.{field}", check);

        private static void EachAt<T>(IReadOnlyList<T> entries, string at, Action<T, string> check)
        {
            for (var index = 0; index < entries.Count; index++)
            {
                check(entries[index], string.Create(CultureInfo.InvariantCulture, $"{at}[{index}]"));
            }
        }
    }
}
