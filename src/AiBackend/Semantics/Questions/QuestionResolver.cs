using AiBackend.Semantics.Cube;

namespace AiBackend.Semantics.Questions;

/// <summary>Chooses among the meanings of a question's words those that go together best; where two readings are about as good, none.</summary>
internal sealed class QuestionResolver(LayerLexicon lexicon, QuestionDraft draft, DateOnly today)
{
    private const double JoinCost = 0.08;
    private const double MostJoinCost = 0.3;
    private const double OtherCubeCost = 0.1;
    private const double UnnamedCubeCost = 0.15;
    private const double LeastMargin = 0.1;
    private const double MostCost = 0.6;
    private const double SurestConfidence = 0.98;
    private const double AssumedPeriod = 0.05;
    private const int MostChoices = 8;
    private const int MostReadings = 20_000;

    private static readonly HashSet<string> TechnicalTimes = [.. ((string[])["update", "updated", "modified", "modify", "change", "changed", "delete", "deleted", "sync", "synced"]).Select(QuestionWords.StemOf)];
    private static readonly HashSet<string> OwnTimes = [.. ((string[])["birth", "born", "dob", "birthday", "death", "died"]).Select(QuestionWords.StemOf)];
    private static readonly HashSet<string> UsualTimes = [.. ((string[])["create", "created", "issued", "booked", "scheduled", "date", "time", "timestamp", "day", "occurred", "placed", "started", "at", "on", "datetime"]).Select(QuestionWords.StemOf)];

    public ParsedQuestion Resolve()
    {
        var slots = draft.Measures.Concat(draft.Groups).Concat(draft.Filters).Concat(draft.Segments).Select(Narrowed).ToList();
        if (slots.Count == 0 || draft.Measures.Count + draft.Groups.Count == 0)
        {
            return ParsedQuestion.Refused("It names nothing that can be counted, measured or listed.");
        }

        if (slots.Aggregate(1L, (all, slot) => Math.Min(all * Math.Max(1, slot.Count), int.MaxValue)) > MostReadings)
        {
            return ParsedQuestion.Refused("Its words have too many meanings here.");
        }

        var readings = Combine(slots).SelectMany(Rate).GroupBy(reading => CubeQueryJson.Write(reading.Query).ToJsonString(), StringComparer.Ordinal)
            .Select(same => same.MinBy(reading => reading.Cost)!)
            .OrderBy(reading => reading.Cost)
            .Take(2)
            .ToList();
        if (readings.Count == 0)
        {
            return ParsedQuestion.Refused("What it names is not connected, or has no time that could be used.");
        }

        if (readings.Count > 1 && readings[1].Cost - readings[0].Cost < LeastMargin - 1e-9)
        {
            return ParsedQuestion.Refused($"It can be read in several ways: {Difference(readings[0].Query, readings[1].Query)}.");
        }

        if (readings[0].Unclear is { } unclear)
        {
            return ParsedQuestion.Refused($"There are several ways to {unclear.Title}, and it is not said which is meant.");
        }

        var cost = readings[0].Cost + draft.Doubt + (Periods().Any(period => period.IsAssumed) ? AssumedPeriod : 0);
        return cost > MostCost
            ? ParsedQuestion.Refused("Too much of it would have to be guessed.")
            : ParsedQuestion.Understood(readings[0].Query, Math.Round(Math.Max(0.3, SurestConfidence - (cost * 0.8)), 2));
    }

    private IEnumerable<Period> Periods() =>
        ((Period?[])[draft.When?.Period, draft.Compare?.First, draft.Compare?.Second]).OfType<Period>();

    // A cube that the question names is meant rather than another.
    private List<Choice> Narrowed(IReadOnlyList<Choice> slot)
    {
        var isNamed = slot.Any(choice => draft.Named.Contains(choice.Cube.Name));
        return [.. slot.Select(choice => isNamed && !draft.Named.Contains(choice.Cube.Name) ? choice with { Cost = choice.Cost + UnnamedCubeCost } : choice)
            .OrderBy(choice => choice.Cost).Take(MostChoices)];
    }

    private static IEnumerable<List<Choice>> Combine(List<List<Choice>> slots)
    {
        var chosen = new int[slots.Count];
        while (true)
        {
            yield return [.. slots.Select((slot, index) => slot[chosen[index]])];
            var at = slots.Count - 1;
            while (at >= 0 && ++chosen[at] == slots[at].Count)
            {
                chosen[at--] = 0;
            }

            if (at < 0)
            {
                yield break;
            }
        }
    }

    private IEnumerable<(CubeQuery Query, double Cost, CubeInfo? Unclear)> Rate(List<Choice> chosen)
    {
        var measures = chosen.Take(draft.Measures.Count).ToList();
        var groups = chosen.Skip(measures.Count).Take(draft.Groups.Count).ToList();
        var filters = chosen.Skip(measures.Count + groups.Count).Take(draft.Filters.Count).ToList();
        var segments = chosen.Skip(measures.Count + groups.Count + filters.Count).ToList();
        var anchor = (measures.Count > 0 ? measures[0] : groups[0]).Cube;
        var cost = 0.0;
        foreach (var (choice, index) in chosen.Select((choice, index) => (choice, index)))
        {
            if (Apart(anchor, choice.Cube) is not { } apart)
            {
                yield break;
            }

            // A value that several things have may be of any thing that is named: "products that Germany ordered".
            var filter = index - measures.Count - groups.Count;
            if (filter >= 0 && filter < filters.Count && draft.Filters[filter].Any(other => other.Cube != choice.Cube))
            {
                apart = lexicon.Cubes.Where(cube => draft.Named.Contains(cube.Name)).Select(cube => Apart(cube, choice.Cube) ?? apart).Append(apart).Min();
            }

            // Two values of one dimension are no farther away than one.
            cost += choice.Cost + (chosen.Find(other => other.Cube == choice.Cube) == choice ? apart : 0);
        }

        var isFiltered = filters.All(filter => filter.Filter is not { } condition
            || !IsMeasure(condition.Member) || measures.Any(measure => measure.Members.Contains(condition.Member)));

        // What a thing is grouped by itself is a row each.
        var isEachRow = groups.Any(group => group.Cube == anchor && measures.Count > 0 && group.Members.SequenceEqual(LayerNames.Keys(anchor)));
        if (!isFiltered || isEachRow || Merge(filters) is not { } merged)
        {
            yield break;
        }

        var used = chosen.Select(choice => choice.Cube).ToHashSet();
        foreach (var (time, timeCost) in Times(anchor))
        {
            var reached = time is null ? used : new HashSet<CubeInfo>(used) { time.Cube };
            foreach (var relations in Relations(anchor, reached))
            {
                if (draft.IsCountOfThings || relations.Count == 0)
                {
                    var named = relations.Count == 0 ? [] : draft.Contexts.SelectMany(cubes => cubes);
                    var unclear = reached.Concat(named).FirstOrDefault(cube => lexicon.Distances.IsReachedInSeveralWays(anchor, cube));
                    yield return (Query(measures, groups, [.. merged, .. relations], segments, time?.Members[0]), cost + timeCost, unclear);
                }
            }
        }
    }

    private double? Apart(CubeInfo anchor, CubeInfo cube) =>
        lexicon.Distances.Between(anchor, cube) is { } joins ? Math.Min(joins * JoinCost, MostJoinCost) + (joins > 0 ? OtherCubeCost : 0) : null;

    private bool IsMeasure(string member) => lexicon.Cubes.Any(cube => cube.Measures.Any(measure => measure.Name == member));

    // Things that were named without being counted or grouped by narrow what is counted: customers who ordered.
    private IEnumerable<List<CubeFilter>> Relations(CubeInfo anchor, HashSet<CubeInfo> used)
    {
        var open = draft.Contexts.Where(cubes => !cubes.Any(cube => used.Any(other => lexicon.Distances.IsBetween(anchor, cube, other)))).ToList();
        if (open.Count == 0)
        {
            yield return [];
        }
        else if (open.All(cubes => cubes is [var cube] && LayerNames.Keys(cube).Count == 1) && draft.IsCountOfThings)
        {
            yield return [.. open.Select(cubes => new CubeFilter.Condition(LayerNames.Keys(cubes[0])[0], "set", []))];
        }
    }

    // Values of one member are alternatives; excluded ones are all excluded.
    private static List<CubeFilter>? Merge(List<Choice> filters)
    {
        var merged = new List<CubeFilter>();
        foreach (var same in filters.Select(choice => choice.Filter!).GroupBy(filter => (filter.Member, filter.Operator)))
        {
            var values = same.SelectMany(filter => filter.Values).Distinct(StringComparer.Ordinal).ToList();
            if (values.Count > 1 && same.Key.Operator is not ("equals" or "notEquals"))
            {
                return null;
            }

            merged.Add(new CubeFilter.Condition(same.Key.Member, same.Key.Operator, values));
        }

        return merged;
    }

    private IEnumerable<(Choice? Time, double Cost)> Times(CubeInfo anchor)
    {
        if (draft.When is null && draft.Compare is null && draft.Grain is null)
        {
            // A time that is named must be of use.
            return draft.Times.Count == 0 ? [(null, 0)] : [];
        }

        var from = draft.Done ?? anchor;
        if (draft.Times.Count > 0)
        {
            // "A birthday in May" is in no year.
            if (Periods().Any(period => period.IsAssumed)
                && draft.Times.Exists(time => time.Cube.Dimensions.Any(dimension => dimension.Name == time.Members[0] && LayerNames.Stems(LayerNames.Words(dimension)).Overlaps(OwnTimes))))
            {
                return [];
            }

            return draft.Times.Select(time => (Time: (Choice?)time, Apart: Apart(from, time.Cube))).Where(time => time.Apart is not null)
                .Select(time => (time.Time, time.Apart!.Value + time.Time!.Cost));
        }

        // What has a time of its own is not told by that of its neighbours, and what has a number for a year may be meant by that.
        var hasOwn = TimesOf(from).Any(time => !LayerNames.Stems(LayerNames.Words(time)).Overlaps(TechnicalTimes));
        if (!hasOwn && LayerNames.Numbers(from).Any(number => LayerNames.Words(number)[^1] == "year"))
        {
            return [];
        }

        return lexicon.Cubes.Where(cube => hasOwn ? cube == from : !LayerNames.IsLink(cube) && !lexicon.Distances.IsToMany(from, cube))
            .SelectMany(cube => TimesOf(cube).Select(time => (cube, time, Apart: Apart(from, cube))))
            .Where(found => found.Apart is not null)
            .Select(found => ((Choice?)new Choice(found.cube, [found.time.Name], 0), found.Apart!.Value + Unusual(found.cube, found.time)))
            .OrderBy(found => found.Item2)
            .Take(MostChoices);
    }

    private static IEnumerable<CubeMember> TimesOf(CubeInfo cube) =>
        cube.Dimensions.Where(dimension => dimension.Type == "time" && !LayerNames.Stems(LayerNames.Words(dimension)).Overlaps(OwnTimes));

    // The time that a thing is about is named after it, or is that of its making.
    private static double Unusual(CubeInfo cube, CubeMember time)
    {
        var words = LayerNames.Stems(LayerNames.Words(time));
        var own = LayerNames.Stems(QuestionWords.OfName(cube.Name));
        var isOwn = words.Any(word => own.Any(name => name.StartsWith(word, StringComparison.Ordinal) || word.StartsWith(name, StringComparison.Ordinal) || IsOfOneRoot(word, name)));
        return words.Overlaps(TechnicalTimes) ? 0.5 : isOwn ? 0 : words.IsSubsetOf(UsualTimes) ? 0.1 : 0.3;
    }

    // "admitted" and "admissions".
    private static bool IsOfOneRoot(string one, string other)
    {
        var common = one.Zip(other).TakeWhile(pair => pair.First == pair.Second).Count();
        return common >= 4 && one.Length - common <= 2 && other.Length - common <= 2;
    }

    private CubeQuery Query(List<Choice> measures, List<Choice> groups, List<CubeFilter> filters, List<Choice> segments, string? time)
    {
        var names = measures.SelectMany(choice => choice.Members).Distinct(StringComparer.Ordinal).ToList();
        var dimensions = groups.SelectMany(choice => choice.Members).ToList();
        var times = new List<CubeTimeDimension>();
        if (time is not null)
        {
            var when = new QuestionTimes(today).Of(draft, time);
            if (when.Filter is not null)
            {
                filters.Add(when.Filter);
            }

            if (when.Time is not null)
            {
                times.Add(when.Time);
            }
        }

        if (draft.IsComparison)
        {
            dimensions.AddRange(filters.OfType<CubeFilter.Condition>().Where(filter => filter is { Operator: "equals", Values.Count: > 1 }).Select(filter => filter.Member));
        }

        return new CubeQuery
        {
            Measures = names,
            Dimensions = [.. dimensions.Distinct(StringComparer.Ordinal)],
            Filters = filters,
            Segments = [.. segments.SelectMany(choice => choice.Members).Distinct(StringComparer.Ordinal)],
            TimeDimensions = times,
            Order = draft.IsDescending is { } isDescending ? [new CubeOrder(names[0], isDescending)] : [],
            Limit = draft.Limit,
        };
    }

    private static string Difference(CubeQuery one, CubeQuery other)
    {
        static IEnumerable<string> Parts(CubeQuery query) => query.Measures.Concat(query.Dimensions)
            .Concat(query.Filters.OfType<CubeFilter.Condition>().Select(filter => filter.Member))
            .Concat(query.TimeDimensions.Select(time => time.Dimension));
        return $"{string.Join(", ", Parts(one).Except(Parts(other)).DefaultIfEmpty(Parts(one).First()))} or {string.Join(", ", Parts(other).Except(Parts(one)).DefaultIfEmpty(Parts(other).First()))}";
    }
}
