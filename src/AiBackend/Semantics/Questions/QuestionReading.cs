using AiBackend.Semantics.Cube;

namespace AiBackend.Semantics.Questions;

/// <summary>Gives the parts of a question their roles, from left to right: what is measured, by what, of which, when, in what order.</summary>
internal sealed partial class QuestionReading
{
    private const double CountCost = 0.05;
    private const double SingularCost = 0.35;

    private readonly LayerLexicon lexicon;
    private readonly QuestionWords words;
    private readonly List<QuestionItem> items;
    private readonly QuestionDraft draft = new();
    private readonly List<string> aggregates = [];
    private QuestionItem.Rank? rank;
    private QuestionItem.Mention? head;
    private QuestionItem.Mention? lastContext;
    private IReadOnlyList<Choice>? named;
    private Role expected;
    private Role last;
    private int? wanted;
    private bool isCounted;
    private bool isNot;
    private bool isTop;
    private bool isListed;
    private int at;

    public QuestionReading(LayerLexicon lexicon, QuestionWords words, IReadOnlyList<QuestionItem> items)
    {
        this.lexicon = lexicon;
        this.words = words;
        this.items = [.. items.Where(item => item is not QuestionItem.Sign { Kind: SignKind.Filler } && !IsArticle(item))];
    }

    private enum Role
    {
        None,
        Measure,
        Count,
        Group,
        Which,
        Rank,
        Value,
    }

    private QuestionItem? Next => at + 1 < items.Count ? items[at + 1] : null;

    public QuestionDraft Read()
    {
        for (at = 0; at < items.Count; at++)
        {
            Read(items[at]);
        }

        Finish();
        return draft;
    }

    private void Read(QuestionItem item)
    {
        switch (item)
        {
            case QuestionItem.When time:
                draft.When = draft.When is null ? time : throw new NotUnderstoodException("It names two times, and not how they belong together.");
                break;
            case QuestionItem.Compare compare:
                draft.Compare = draft.Compare is null ? compare : throw new NotUnderstoodException("It compares more than two times.");
                break;
            case QuestionItem.Grain grain:
                draft.Grain = draft.Grain is null ? grain : throw new NotUnderstoodException("It groups by two spans of time.");
                last = Role.Group;
                break;
            case QuestionItem.Aggregate aggregate:
                // "the longest average delay" is not the average of the longest.
                rank = expected == Role.Rank && at > 0 && items[at - 1] == rank ? rank! with { About = null } : rank;
                aggregates.Add(aggregate.Type);
                break;
            case QuestionItem.Rank ranking:
                rank = rank is null ? ranking : throw new NotUnderstoodException("It asks for two orders.");
                expected = ranking.Form == RankForm.Order ? expected : Role.Rank;
                break;
            case QuestionItem.Amount amount:
                wanted = wanted is null && IsNextBeside(amount) ? amount.Number : throw new NotUnderstoodException($"It is not clear what {amount.Number} is.");
                break;
            case QuestionItem.Test test:
                Condition(test);
                break;
            case QuestionItem.Sign sign:
                Read(sign);
                break;
            case QuestionItem.Mention mention:
                Read(mention);
                break;
        }
    }

    private void Read(QuestionItem.Sign sign)
    {
        switch (sign.Kind)
        {
            case SignKind.Count:
                expected = Role.Count;
                break;
            case SignKind.Group:
                expected = Role.Group;
                break;
            case SignKind.Which:
            case SignKind.List when IsListAhead:
                expected = Role.Which;
                break;
            case SignKind.Not:
                isNot = true;
                break;
            case SignKind.Compare:
                draft.IsComparison = true;
                break;
            case SignKind.Versus when last == Role.Value && Next is QuestionItem.Mention:
                draft.IsComparison = true;
                break;
            case SignKind.Versus:
                throw new NotUnderstoodException("It is not clear what is compared.");
            case SignKind.Or when last != Role.Value:
                throw new NotUnderstoodException("Or is understood between values only.");
            case SignKind.And when last == Role.Group && expected == Role.None && Next is QuestionItem.Mention { Meanings: var meanings } && !meanings.Any(meaning => meaning is Meaning.Value):
                expected = Role.Group;
                break;
            case SignKind.And when last == Role.Measure && expected == Role.None && aggregates.Count == 0:
                expected = Role.Measure;
                break;
        }
    }

    private void Read(QuestionItem.Mention mention)
    {
        var values = mention.Meanings.OfType<Meaning.Value>().ToList();
        if (values.Count > 0 && IsValue(mention))
        {
            Value(values, mention);
        }
        else if (isNot)
        {
            Without(mention);
        }
        else if (named is not null)
        {
            throw new NotUnderstoodException("A value is missing.");
        }
        else if (aggregates.Count > 0)
        {
            Aggregated(mention);
        }
        else
        {
            switch (expected)
            {
                case Role.Count or Role.Measure:
                    Counted(mention);
                    break;
                case Role.Group:
                    Grouped(mention);
                    break;
                case Role.Which when IsAdjective(mention):
                    Bare(mention);
                    expected = Role.Which;
                    break;
                case Role.Which:
                    Group(mention, isAsked: true);
                    break;
                case Role.Rank:
                    Ranked(mention);
                    break;
                default:
                    Bare(mention);
                    break;
            }
        }
    }

    private static Choice Filter(Meaning meaning, CubeMember member, string name, params string[] values) =>
        new(meaning.Cube, [member.Name], 1 - meaning.Score) { Filter = new CubeFilter.Condition(member.Name, name, values) };

    private string Text(QuestionItem item) => string.Join(' ', words.Words.Skip(item.Start).Take(item.End - item.Start).Select(word => word.Raw));

    private void Finish()
    {
        // "number of electric vans": what has the value is counted.
        if (expected == Role.Count && last == Role.Value && head is null && draft.Measures.Count == 0 && items[^1] is QuestionItem.Mention { IsPlural: true } counted)
        {
            expected = Role.None;
            draft.Measures.Add([.. counted.Meanings.Select(meaning => (meaning, Measure: LayerNames.Count(meaning.Cube))).Where(found => found.Measure is not null)
                .Select(found => new Choice(found.meaning.Cube, [found.Measure!.Name], CountCost)).DistinctBy(choice => choice.Members[0], StringComparer.Ordinal)]);
            draft.IsCountOfThings = true;
        }

        if (isNot || named is not null || (expected is Role.Count or Role.Group or Role.Which && last != Role.Value))
        {
            throw new NotUnderstoodException("Its end is missing.");
        }

        // "which film was rented the most": what was done is counted.
        if (rank is not null && draft.Measures.Count == 0 && lastContext is not null && draft.Groups.Count + (draft.Grain?.IsAsked == true ? 1 : 0) > 0)
        {
            AddMeasure(Counts(lastContext), lastContext);
            draft.Contexts.RemoveAt(draft.Contexts.Count - 1);
        }

        if (aggregates.Count > 0)
        {
            // "in total" after what is summed.
            if (aggregates is not ["sum"] || draft.Measures.Count == 0)
            {
                throw new NotUnderstoodException("It is not clear what is aggregated.");
            }
        }

        if (head is not null)
        {
            if (draft.Measures.Count == 0)
            {
                draft.Measures.Add(Counts(head));

                // "stock by shop" may be how much rather than how many rows.
                draft.Doubt += isCounted ? 0 : head.IsPlural ? CountCost : SingularCost;
                draft.IsCountOfThings = true;
            }
            else
            {
                AddContext(head);
            }
        }

        if (draft.Measures.Select(slot => slot[0].Cube).Distinct().Count() > 1)
        {
            // Cube joins the others to the first measure's rows, so that rows without a match would be left out in silence.
            throw new NotUnderstoodException("It asks for measures of two kinds of things at once; ask for one after the other.");
        }

        if (draft.Measures.Count == 0 && !isListed)
        {
            throw new NotUnderstoodException("It does not say what is counted or measured.");
        }

        Order();
    }
}
