using System.Globalization;
using AiBackend.Semantics.Cube;

namespace AiBackend.Semantics.Questions;

/// <summary>Ranks, and conditions on numbers.</summary>
internal sealed partial class QuestionReading
{
    private const double AboutCost = 0.04;

    private void Ranked(QuestionItem.Mention mention)
    {
        var type = rank!.IsDescending ? "max" : "min";
        if (rank.Form == RankForm.Top)
        {
            // "5 most rented films": what was done is counted.
            if (mention.IsParticiple && IsNextBeside(mention) && mention.Meanings.Any(meaning => meaning is Meaning.Entity))
            {
                AddMeasure(Counts(mention), mention);
                expected = Role.Rank;
                return;
            }

            isTop = true;
            isRankedPlural = mention.IsPlural;
            Group(mention, isAsked: true);
        }
        else if (rank.About is { } about)
        {
            var numbers = mention.Meanings.OfType<Meaning.Entity>().SelectMany(entity => About(entity.Cube, about)
                .Select(member => (entity, Family: FamilyOf(member), member))
                .Where(found => found.Family?.Of(type) is not null)
                .Select(found => new Choice(found.entity.Cube, [found.Family!.Of(type)!.Name], AboutCost))).ToList();
            AddMeasure(numbers, mention);
            if (items.Skip(at + 1).Any(item => item is QuestionItem.Sign { Kind: SignKind.Group } or QuestionItem.Grain))
            {
                // "longest films by category" are the lengths of the longest.
                isTop = false;
                rank = null;
                return;
            }

            isRankedPlural = mention.IsPlural && rank.Count is null;
            Group(mention, isAsked: false);
            isTop = true;
        }
        else if (mention.IsParticiple && IsNextBeside(mention) && rank.Form == RankForm.Most && mention.Meanings.Any(meaning => meaning is Meaning.Entity))
        {
            AddMeasure(Counts(mention), mention);
            expected = Role.Rank;
            isTop = true;
        }
        else if (draft.Groups.Count == 1 && rank.Form == RankForm.Most && draft.Measures.Count == 1)
        {
            throw new NotUnderstoodException("It is not clear what is ranked by what.");
        }
        else if (rank.Form == RankForm.Most && draft.Measures.Count == 1)
        {
            // "most rented films"
            isRankedPlural = mention.IsPlural;
            Group(mention, isAsked: true);
        }
        else
        {
            Extreme(mention, type);
        }
    }

    // "the most orders", "the highest price".
    private void Extreme(QuestionItem.Mention mention, string type)
    {
        var isGrouped = draft.Groups.Count > 0 || draft.Grain?.IsAsked == true;
        var entities = mention.Meanings.OfType<Meaning.Entity>().ToList();
        if (rank!.Form == RankForm.Most)
        {
            var most = Measured(mention, null);
            isTop = isGrouped || head is not null;
            if (head is not null && !isGrouped)
            {
                // "customers with the most orders"
                isRankedPlural = head.IsPlural;
                var ranked = head;
                head = null;
                Group(ranked, isAsked: true);
            }

            AddMeasure(most.Count > 0 ? most : Counts(mention), mention);
            return;
        }

        if (!isGrouped && head is not null)
        {
            isRankedPlural = head.IsPlural;
            var ranked = head;
            head = null;
            Group(ranked, isAsked: true);
            isGrouped = true;
        }

        var extremes = Measured(mention, type);
        if (extremes.Count == 0 && entities.Count > 0)
        {
            if (IsNextBeside(mention))
            {
                AddContext(mention);
                return;
            }

            extremes = isGrouped ? [] : MainNumbers(entities, type);
        }

        if (isGrouped)
        {
            // The highest price of products is one of their own; the highest revenue of countries is the sum of each.
            var own = extremes.Where(choice => draft.Groups.SelectMany(group => group).Any(group => group.Cube == choice.Cube)).ToList();
            AddMeasure(own.Count > 0 ? own : Measured(mention, null), mention);
            isTop = true;
            return;
        }

        // Without something to rank it is the extreme itself.
        AddMeasure(extremes.Count > 0 ? extremes : throw new NotUnderstoodException($"It is not clear what is ranked by {Text(mention)}."), mention);
        isTop = false;
        rank = null;
    }

    private MeasureFamily? FamilyOf(CubeMember number) => lexicon.Cubes
        .Where(cube => cube.Dimensions.Contains(number))
        .SelectMany(lexicon.FamiliesOf)
        .FirstOrDefault(family => family.Words.ToHashSet(StringComparer.Ordinal).SetEquals(LayerNames.Stems(LayerNames.Words(number))));

    // The numbers of a cube that an adjective is about; several are left to be told apart.
    private static List<CubeMember> About(CubeInfo cube, string about)
    {
        var asked = Synonyms.Of([QuestionWords.StemOf(about)])[0];
        var numbers = LayerNames.Numbers(cube).Select(number => (number, Words: Synonyms.Of([.. LayerNames.Words(number).Select(QuestionWords.StemOf)]))).ToList();
        var exact = numbers.Where(number => LayerNames.Words(number.number) is [var word] && Synonyms.Of([QuestionWords.StemOf(word)])[0] == asked).ToList();
        return [.. (exact.Count > 0 ? exact : numbers.Where(number => number.Words.Contains(asked))).Select(number => number.number)];
    }

    // "films longer than 120 minutes", "orders over 100 euros", "more than 5 orders".
    private void Condition(QuestionItem.Test test)
    {
        if (isNot)
        {
            throw new NotUnderstoodException("Not is not understood before a number.");
        }

        if (test.Measure is null && Next is QuestionItem.Mention counted && counted.Start == test.End && test.Unit is null && expected is Role.None or Role.Which
            && (Measured(counted, null) is { Count: > 0 } || counted.Meanings.Any(meaning => meaning is Meaning.Entity)))
        {
            at++;
            Having(counted, test);
            return;
        }

        var thing = head ?? throw new NotUnderstoodException("It is not clear what the number is of.");
        var choices = thing.Meanings.OfType<Meaning.Entity>().SelectMany(entity => NumbersFor(entity.Cube, test).Select(number => (entity, number))).ToList();
        if (choices.Count == 0)
        {
            throw new NotUnderstoodException("It is not clear what the number is of.");
        }

        AddTests(test, condition => [.. choices.Select(found => Filter(found.entity, found.number, condition.Operator, condition.Value))]);
        draft.Doubt += AboutCost;
    }

    private static List<CubeMember> NumbersFor(CubeInfo cube, QuestionItem.Test test)
    {
        if (test.Measure is { } about)
        {
            return [.. About(cube, about).Where(number => Units.Fits(number, test.Unit))];
        }

        var numbers = LayerNames.Numbers(cube).ToList();
        if (test.Unit is null)
        {
            return numbers.Count == 1 ? numbers : [];
        }

        return
        [
            .. numbers.Where(number => Units.Fits(number, test.Unit)
                && (LayerNames.IsMoney(LayerNames.Words(number)) || !Units.IsMoney(test.Unit))),
        ];
    }

    // "with more than 5 orders": the things are listed with what is counted of them.
    private void Having(QuestionItem.Mention counted, QuestionItem.Test test)
    {
        if (isCounted)
        {
            throw new NotUnderstoodException("How many have so many of something cannot be asked in one query.");
        }

        if (head is not null && draft.Groups.Count == 0)
        {
            Group(head, isAsked: false);
            head = null;
        }

        if (draft.Groups.Count == 0 || draft.Measures.Count > 0)
        {
            throw new NotUnderstoodException("It is not clear what the number is of.");
        }

        var measures = Measured(counted, null) is { Count: > 0 } some ? some : Counts(counted);
        if (measures.Any(choice => choice.Cube.Measures.Any(measure => measure.Name == choice.Members[0] && !Units.Fits(measure, test.Unit))))
        {
            throw OfAnotherUnit(counted, test);
        }

        if (!test.Conditions.Any(condition => condition.Operator is "gt" or "gte" || (condition.Operator == "equals" && condition.Value != "0"))
            && measures.Any(measure => !draft.Groups[0].Any(group => group.Cube == measure.Cube)))
        {
            throw new NotUnderstoodException($"Those that have no {Text(counted)} at all would be left out, as one query cannot count what is not there.");
        }

        AddMeasure(measures, counted);
        AddTests(test, condition => [.. measures.Select(measure => measure with { Filter = new CubeFilter.Condition(measure.Members[0], condition.Operator, [condition.Value]) })]);
    }

    // "price below 20": a number that the thing has, or a measure of what is listed.
    private bool Tested(QuestionItem.Mention mention)
    {
        var test = (QuestionItem.Test)Next!;
        if (items.Skip(at + 2).FirstOrDefault() is QuestionItem.Mention after && after.Start == test.End && after.Meanings.Any(meaning => meaning is Meaning.Entity))
        {
            return false;
        }

        var heads = head?.Meanings.OfType<Meaning.Entity>().Select(meaning => meaning.Cube).ToList() ?? [];
        var own = mention.Meanings.OfType<Meaning.Dimension>().Where(meaning => meaning.Member.Type == "number" && heads.Contains(meaning.Cube)).ToList();
        if (own.Count > 0)
        {
            own = [.. own.Where(number => Units.Fits(number.Member, test.Unit))];
            _ = own.Count > 0 ? own : throw OfAnotherUnit(mention, test);
            at++;
            AddTests(test, condition => [.. own.Select(number => Filter(number, number.Member, condition.Operator, condition.Value))]);
            return true;
        }

        if (Measured(mention, null).Count == 0)
        {
            return false;
        }

        at++;
        Having(mention, test);
        return true;
    }

    private NotUnderstoodException OfAnotherUnit(QuestionItem named, QuestionItem.Test test) => new($"{Text(named)} is not known to be in {test.Unit}.");

    private void AddTests(QuestionItem.Test test, Func<(string Operator, string Value), List<Choice>> choices)
    {
        foreach (var condition in test.Conditions)
        {
            draft.Filters.Add(choices(condition));
        }
    }

    // "released in 2006", where the year is a number and no time.
    private bool IsYear(QuestionItem.Mention mention, out List<Choice> choices)
    {
        choices = [];
        var numbers = mention.Meanings.OfType<Meaning.Dimension>().Where(meaning => meaning.Member.Type == "number" && LayerNames.Words(meaning.Member).Contains("year")).ToList();
        if (numbers.Count == 0 || Next is not QuestionItem.When { Period: var period })
        {
            return false;
        }

        var from = period.From is { DayOfYear: 1 } begin ? begin.Year : (int?)null;
        var to = period.To.AddDays(1).DayOfYear == 1 ? period.To.Year : (int?)null;
        (string, int)[] conditions = period.Kind switch
        {
            PeriodKind.Within when from is { } only && only == to => [("equals", only)],
            PeriodKind.Within when from is { } first && to is { } end => [("gte", first), ("lte", end)],
            PeriodKind.Since when from is { } since => [("gte", since)],
            PeriodKind.After when from is { } after => [("gt", after - 1)],
            PeriodKind.Before when to is { } before => [("lte", before)],
            PeriodKind.Until when to is { } until => [("lte", until)],
            _ => throw new NotUnderstoodException($"{Text(mention)} is a year; name whole years."),
        };
        at++;
        List<Choice> All((string Operator, int Year) condition) =>
            [.. numbers.Select(number => Filter(number, number.Member, condition.Operator, condition.Year.ToString(CultureInfo.InvariantCulture)))];
        foreach (var condition in conditions.Skip(1))
        {
            draft.Filters.Add(All(condition));
        }

        choices = All(conditions[0]);
        return true;
    }
}
