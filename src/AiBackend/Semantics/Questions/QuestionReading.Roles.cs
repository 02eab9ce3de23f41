namespace AiBackend.Semantics.Questions;

/// <summary>What a name is in its place.</summary>
internal sealed partial class QuestionReading
{
    /// <summary>How many are shown of "the best products" when no number is said.</summary>
    private const int PluralTop = 10;

    private const double UnnamedCost = 0.05;

    private bool isRankedPlural;

    private bool IsNextBeside(QuestionItem item) => Next is QuestionItem.Mention next && next.Start == item.End;

    // "list our orders", but "list revenue by month".
    private bool IsListAhead =>
        !items.Skip(at + 1).Any(item => item is QuestionItem.Rank or QuestionItem.Grain or QuestionItem.Aggregate or QuestionItem.Sign { Kind: SignKind.Group or SignKind.Count })
        && items.Skip(at + 1).OfType<QuestionItem.Mention>().FirstOrDefault(mention => !IsAdjective(mention) && !mention.Meanings.All(meaning => meaning is Meaning.Value)) is { } asked
        && asked.Meanings.Any(meaning => meaning is Meaning.Entity);

    // "which active customers"
    private bool IsAdjective(QuestionItem.Mention mention) =>
        mention.Meanings.Any(meaning => meaning is Meaning.Dimension { Member.Type: "boolean" } or Meaning.Segment) && !mention.Meanings.Any(meaning => meaning is Meaning.Entity or Meaning.Measured)
        && Next is QuestionItem.Mention;

    private void Bare(QuestionItem.Mention mention)
    {
        var flags = mention.Meanings.OfType<Meaning.Dimension>().Where(meaning => meaning.Member.Type == "boolean").ToList();
        var segments = mention.Meanings.OfType<Meaning.Segment>().ToList();
        var measures = Measured(mention, null);
        var isEntity = mention.Meanings.Any(meaning => meaning is Meaning.Entity);
        if (Next is QuestionItem.Test && !isEntity && Tested(mention))
        {
            return;
        }

        if (flags.Count > 0 && !IsDated(mention, flags))
        {
            draft.Filters.Add([.. flags.Select(flag => Filter(flag, flag.Member, "equals", flag.IsNegative ? "false" : "true"))]);
        }
        else if (segments.Count > 0)
        {
            draft.Segments.Add([.. segments.Select(segment => new Choice(segment.Cube, [segment.Member.Name], 1 - segment.Score))]);
        }
        else if (IsYear(mention, out var years))
        {
            draft.Filters.Add(years);
        }
        else if (mention.Meanings.OfType<Meaning.Time>().ToList() is { Count: > 0 } times
            && (!isEntity || mention.IsParticiple) && (Next is QuestionItem.When or QuestionItem.Grain || draft.When is not null || draft.Grain is not null || IsTimeAhead))
        {
            draft.Times.AddRange(times.Select(time => new Choice(time.Cube, [time.Member.Name], 1 - time.Score)));
            if (isEntity)
            {
                AddContext(mention);
            }
        }
        else if (measures.Count > 0)
        {
            // "orders with discount" are those that have one.
            if (head is not null && mention.Start > 0 && words.Words[mention.Start - 1].Text is "with" or "having")
            {
                throw new NotUnderstoodException($"It is not clear which {Text(mention)} is meant.");
            }

            AddMeasure(measures, mention);
        }
        else if (isEntity)
        {
            Thing(mention);
        }
        else if (mention.Meanings.Any(meaning => meaning is Meaning.Measured))
        {
            throw new NotUnderstoodException($"It does not say whether the total, the average, the lowest or the highest {Text(mention)} is meant.");
        }
        else if (mention.Meanings.OfType<Meaning.Dimension>().Where(meaning => meaning.Member.Type != "boolean").ToList() is { Count: > 0 } dimensions
            && Next is QuestionItem.Mention { Meanings: var after } && after.Any(meaning => meaning is Meaning.Value))
        {
            named = [.. dimensions.Select(dimension => new Choice(dimension.Cube, [dimension.Member.Name], 1 - dimension.Score))];
        }
        else
        {
            throw new NotUnderstoodException($"It is not clear what {Text(mention)} is asked for.");
        }
    }

    private bool IsTimeAhead => items.Skip(at + 1).Any(item => item is QuestionItem.When or QuestionItem.Grain or QuestionItem.Compare);

    private void Thing(QuestionItem.Mention mention)
    {
        // "customer Germany" names what a value is of; the first thing is asked for, others tell more of it.
        if (head is null && draft.Measures.Count == 0 && draft.Groups.Count == 0 && !mention.IsParticiple)
        {
            head = mention;
            Name(mention);
        }
        else
        {
            AddContext(mention);
        }
    }

    private void AddContext(QuestionItem.Mention mention)
    {
        var cubes = mention.Meanings.OfType<Meaning.Entity>().Select(meaning => meaning.Cube).ToList();
        draft.Contexts.Add(cubes);
        lastContext = mention;
        Name(mention);
        if (mention.IsParticiple && cubes is [var done])
        {
            draft.Done = done;
        }
    }

    private void Name(QuestionItem.Mention mention) => draft.Named.UnionWith(mention.Meanings.OfType<Meaning.Entity>().Select(meaning => meaning.Cube.Name));

    private void Counted(QuestionItem.Mention mention)
    {
        var wasCount = expected == Role.Count;
        if (!mention.Meanings.Any(meaning => meaning is Meaning.Entity))
        {
            var flag = mention.Meanings.OfType<Meaning.Dimension>().Any(meaning => meaning.Member.Type == "boolean");
            var time = mention.Meanings.Any(meaning => meaning is Meaning.Time);
            if (wasCount && (flag || time || mention.Meanings.Any(meaning => meaning is Meaning.Segment)))
            {
                Bare(mention);
                return;
            }

            var distinct = Measured(mention, null).Where(choice => !wasCount || IsCount(choice)).ToList();
            AddMeasure(distinct.Count > 0 ? distinct : throw new NotUnderstoodException($"{Text(mention)} cannot be counted here."), mention);
            return;
        }

        // "how many film rentals": the last is counted.
        if (wasCount && IsNextBeside(mention) && Next is QuestionItem.Mention { IsParticiple: false, Meanings: var after } && after.Any(meaning => meaning is Meaning.Entity))
        {
            AddContext(mention);
            return;
        }

        expected = Role.None;
        if (wasCount && draft.Measures.Count == 0)
        {
            isCounted = true;
            head = head is null ? mention : throw new NotUnderstoodException("It counts two things.");
            Name(mention);
            return;
        }

        AddMeasure(Counts(mention), mention);
    }

    private bool IsCount(Choice choice) => lexicon.Cubes.SelectMany(cube => cube.Measures)
        .First(measure => measure.Name == choice.Members[0]).AggType is "count" or "countDistinct" or "countDistinctApprox" or "sum";

    private void Grouped(QuestionItem.Mention mention)
    {
        // "by film category": the last is the group.
        if (IsNextBeside(mention) && Next is QuestionItem.Mention next && next.Meanings.Any(meaning => meaning is Meaning.Entity or Meaning.Dimension)
            && mention.Meanings.Any(meaning => meaning is Meaning.Entity))
        {
            AddContext(mention);
            return;
        }

        var isRankedBy = (rank is not null || draft.IsComparison) && draft.Measures.Count == 0 && (draft.Groups.Count > 0 || draft.Filters.Count > 0);
        if (isRankedBy && Measured(mention, null) is { Count: > 0 } measures)
        {
            AddMeasure(measures, mention);
        }
        else if (isRankedBy && mention.Meanings.Any(meaning => meaning is Meaning.Entity))
        {
            AddMeasure(Counts(mention), mention);
        }
        else
        {
            Group(mention, isAsked: false);
        }
    }

    private void Group(QuestionItem.Mention mention, bool isAsked)
    {
        var choices = mention.Meanings.Select(meaning => meaning switch
        {
            Meaning.Entity entity when LayerNames.Label(entity.Cube) is { Count: > 0 } label =>
                new Choice(entity.Cube, label, 1 - entity.Score + (LayerNames.HasName(entity.Cube) ? 0 : UnnamedCost)),

            // "Departments by cost" are not counted by what each cost.
            Meaning.Dimension { Member.Type: "number" } amount when LayerNames.IsMoney(LayerNames.Words(amount.Member)) => null,
            Meaning.Dimension { IsNegative: false } dimension => new Choice(dimension.Cube, [dimension.Member.Name], 1 - dimension.Score),
            _ => null,
        }).OfType<Choice>().ToList();
        if (choices.Count == 0)
        {
            throw new NotUnderstoodException($"Nothing can be grouped by {Text(mention)}.");
        }

        draft.Groups.Add(choices);
        Name(mention);
        expected = Role.None;
        last = Role.Group;
        if (isAsked)
        {
            isTop = true;
            isListed = true;
            isRankedPlural = mention.IsPlural;
        }
    }

    private void Aggregated(QuestionItem.Mention mention)
    {
        // "the average number of orders" is an average of counts, and "average orders" may be one.
        var isThings = mention.IsPlural && mention.Meanings.Any(meaning => meaning is Meaning.Entity) && !IsNextBeside(mention);
        if ((expected == Role.Count && aggregates is not ["sum"]) || (isThings && aggregates.Contains("avg") && Measured(mention, "avg").Count == 0))
        {
            throw new NotUnderstoodException($"The average of how many {Text(mention)} there are cannot be asked in one query.");
        }

        var choices = aggregates.Select(type => Measured(mention, type)).ToList();
        if (choices.All(choice => choice.Count == 0) && mention.Meanings.OfType<Meaning.Entity>().ToList() is { Count: > 0 } entities)
        {
            // "film length" is the length of films.
            if (IsNextBeside(mention))
            {
                AddContext(mention);
                return;
            }

            choices = [.. aggregates.Select(type => MainNumbers(entities, type))];
            if (aggregates is ["sum"] && !entities.Any(entity => entity.Cube.Name.Contains("pay", StringComparison.Ordinal) || entity.Cube.Name.Contains("sale", StringComparison.Ordinal) || entity.Cube.Name.Contains("invoice", StringComparison.Ordinal)))
            {
                choices = [Counts(mention)];
            }
        }

        // "total" may only be said over what is measured otherwise.
        if (aggregates is ["sum"] && choices[0].Count == 0)
        {
            aggregates.Clear();
            Read(mention);
            return;
        }

        if (choices.Any(choice => choice.Count == 0))
        {
            throw new NotUnderstoodException($"There is no such measure of {Text(mention)}.");
        }

        aggregates.Clear();
        foreach (var choice in choices)
        {
            AddMeasure(choice, mention);
        }
    }

    private void AddMeasure(List<Choice> choices, QuestionItem.Mention mention)
    {
        // "amount paid" says one thing twice.
        if (last == Role.Measure && expected == Role.None && draft.Measures.Count > 0 && at > 0 && items[at - 1] is QuestionItem.Mention before && before.End == mention.Start
            && draft.Measures[^1].Where(choice => choices.Any(other => other.Members.SequenceEqual(choice.Members))).ToList() is { Count: > 0 } both)
        {
            draft.Measures[^1] = both;
            return;
        }

        draft.Measures.Add(choices.Count > 0 ? choices : throw new NotUnderstoodException($"There is no measure of {Text(mention)}."));
        Name(mention);
        expected = Role.None;
        last = Role.Measure;
        isTop |= rank is not null && draft.Groups.Count + (draft.Grain?.IsAsked == true ? 1 : 0) > 0;
    }

    private static List<Choice> Measured(QuestionItem.Mention mention, string? type) =>
    [
        .. mention.Meanings.OfType<Meaning.Measured>()
            .Select(meaning => (meaning, Measure: meaning.Family.Of(type)))
            .Where(found => found.Measure is not null)
            .Select(found => new Choice(found.meaning.Cube, [found.Measure!.Name], 1 - found.meaning.Score))
            .DistinctBy(choice => choice.Members[0], StringComparer.Ordinal),
    ];

    private static List<Choice> Counts(QuestionItem.Mention mention) =>
    [
        .. mention.Meanings.OfType<Meaning.Entity>()
            .Select(meaning => (meaning, Measure: LayerNames.Count(meaning.Cube)))
            .Where(found => found.Measure is not null)
            .Select(found => new Choice(found.meaning.Cube, [found.Measure!.Name], 1 - found.meaning.Score)),
    ];

    // The amount that a thing is about, when there is one alone.
    private List<Choice> MainNumbers(IEnumerable<Meaning> things, string type) =>
    [
        .. things.SelectMany(thing => lexicon.FamiliesOf(thing.Cube).Where(family => LayerNames.IsMoney(family.Words) && family.Of(type) is not null) is var money && money.Count() == 1
            ? [new Choice(thing.Cube, [money.First().Of(type)!.Name], 1 - thing.Score + CountCost)]
            : Array.Empty<Choice>()),
    ];
}
