using AiBackend.Semantics.Cube;

namespace AiBackend.Semantics.Questions;

/// <summary>Values, and what is without them.</summary>
internal sealed partial class QuestionReading
{
    private const double OtherThingCost = 0.35;

    // A word that is a value and a name too is a value before what it tells of ("paid orders"), a name where a name is wanted.
    private bool IsValue(QuestionItem.Mention mention)
    {
        if (mention.Meanings.All(meaning => meaning is Meaning.Value) || named is not null)
        {
            return true;
        }

        // "average delay", where a claim may be one of delay.
        if (aggregates.Count > 0 && mention.Meanings.Any(meaning => meaning is Meaning.Measured))
        {
            return false;
        }

        // "products" are products, though a page of that name is a value too.
        if (!mention.IsParticiple && mention.Meanings.Any(meaning => meaning is Meaning.Entity or Meaning.Dimension or Meaning.Measured && meaning.Score >= 1))
        {
            return false;
        }

        // "open claims" are not those that were opened.
        if (!mention.IsParticiple && Next is not (QuestionItem.When or QuestionItem.Grain) && mention.Meanings.All(meaning => meaning is Meaning.Value or Meaning.Time { Score: >= 1 }))
        {
            return true;
        }

        // "new" may be the value New as well as of late.
        if (!mention.IsParticiple)
        {
            throw new NotUnderstoodException($"{Text(mention)} can be read in several ways.");
        }

        var isTimed = mention.Meanings.Any(meaning => meaning is Meaning.Time) && Next is QuestionItem.When or QuestionItem.Grain;
        var isMoney = mention.Meanings.Any(meaning => meaning is Meaning.Measured) && (last == Role.Measure || expected == Role.Which || draft.Groups.Count > 0);
        return !isTimed && !isMoney && expected is Role.None or Role.Count or Role.Value or Role.Rank;
    }

    // Although some table may have a value A.
    private bool IsArticle(QuestionItem item) => item is QuestionItem.Mention && item.End == item.Start + 1 && words.Words[item.Start].Raw is "a" or "an";

    private void Value(List<Meaning.Value> values, QuestionItem.Mention mention)
    {
        var choices = values
            .Where(value => named is null || named.Any(choice => choice.Members.Contains(value.Member.Name)))
            .Select(value => new Choice(value.Cube, [value.Member.Name], 0) { Filter = new CubeFilter.Condition(value.Member.Name, isNot ? "notEquals" : "equals", [value.Text]) })
            .ToList();
        if (choices.Count == 0)
        {
            throw new NotUnderstoodException($"{Text(mention)} is not known there.");
        }

        RequireOther(choices, mention);
        if (named is null)
        {
            // "paid" may be a status of orders and what is yes or no of invoices: that of the nearest is meant.
            choices.AddRange(mention.Meanings.OfType<Meaning.Dimension>().Where(meaning => meaning.Member.Type == "boolean")
                .Select(flag => Filter(flag, flag.Member, "equals", flag.IsNegative == isNot ? "true" : "false")));
            draft.Doubt += IsOfAnother(choices, mention) || IsManner(mention) ? OtherThingCost : 0;
        }

        var joined = named is null ? at - 1 : at - 2;
        if (joined >= 0 && items[joined] is QuestionItem.Sign { Kind: SignKind.Or } && draft.Filters.Count > 0
            && !draft.Filters[^1].Any(before => choices.Any(choice => choice.Filter?.Member == before.Filter?.Member)))
        {
            throw new NotUnderstoodException("Or is understood between values of the same kind only.");
        }

        // "referrals from Surgery to Radiology" are not those of either.
        var isJoined = joined >= 0 && items[joined] is QuestionItem.Sign { Kind: SignKind.Or or SignKind.And or SignKind.Versus };
        if (!isJoined && !isNot && draft.Filters.Any(before => before.Any(one => one.Filter is { Operator: "equals" } && choices.Any(choice => choice.Filter!.Member == one.Filter.Member))))
        {
            throw new NotUnderstoodException($"It is not clear how {Text(mention)} and what is named before belong together.");
        }

        draft.Filters.Add(choices);
        named = null;
        isNot = isNot && Next is QuestionItem.Sign { Kind: SignKind.Or or SignKind.And };
        expected = expected == Role.Which || expected == Role.Count || expected == Role.Rank ? expected : Role.None;
        last = Role.Value;
    }

    // "employees managed by Emp 2" are not those who are called Emp 2.
    private void RequireOther(List<Choice> choices, QuestionItem.Mention mention)
    {
        if (mention.Start > 0 && words.Words[mention.Start - 1].Text == "by"
            && (lastContext ?? head) is { } thing && thing.Meanings.OfType<Meaning.Entity>().Any(entity => choices.Any(choice => choice.Cube == entity.Cube)))
        {
            throw new NotUnderstoodException($"It is not clear what {Text(mention)} did.");
        }
    }

    // "paid subscriptions" and "subscriptions paid", where orders are paid and subscriptions never.
    private bool IsOfAnother(List<Choice> choices, QuestionItem.Mention mention) =>
        mention.IsParticiple && (Next is QuestionItem.Mention next && next.Start == mention.End ? next : at > 0 && items[at - 1] == head ? head : null) is { } thing
        && thing.Meanings.OfType<Meaning.Entity>().ToList() is { Count: > 0 } entities
        && !entities.Any(entity => choices.Any(choice => choice.Cube == entity.Cube));

    // "invoices paid in 2025": when it was done is told, which is more than that it was. Whether is known of invoices need not be known when.
    private bool IsDated(QuestionItem.Mention mention, IReadOnlyList<Meaning.Dimension> flags)
    {
        if (!mention.IsParticiple || Next is not (QuestionItem.When or QuestionItem.Grain))
        {
            return false;
        }

        var things = head?.Meanings.OfType<Meaning.Entity>().Select(meaning => meaning.Cube).ToList() ?? [];
        var times = mention.Meanings.OfType<Meaning.Time>().Select(time => time.Cube).ToList();
        return times.Exists(things.Contains) || (times.Count > 0 && !flags.Any(flag => things.Contains(flag.Cube)))
            ? true
            : throw new NotUnderstoodException($"It is not known when they were {Text(mention)}.");
    }

    // "paid by card" tells how rather than that it is paid.
    private bool IsManner(QuestionItem.Mention mention) =>
        mention.IsParticiple && mention.End < words.Words.Count && words.Words[mention.End].Text is "by" or "in" or "with" or "via"
        && items.OfType<QuestionItem.Mention>().Any(how => how.Start == mention.End + 1 && how.Meanings.Any(meaning => meaning is Meaning.Value));

    // "without an account manager"
    private bool IsWithout(QuestionItem.Mention mention) =>
        words.Words.Take(mention.Start).Last(word => word.Text is not ("a" or "an" or "any" or "the")).Text == "without";

    private void Without(QuestionItem.Mention mention)
    {
        var isFlag = mention.Meanings.OfType<Meaning.Dimension>().Any(meaning => meaning.Member.Type == "boolean");
        var choices = mention.Meanings.Select(meaning => meaning switch
        {
            Meaning.Time when mention.IsParticiple && (draft.When is not null || IsTimeAhead) => null,
            Meaning.Time time when mention.IsParticiple => Filter(time, time.Member, "notSet"),
            Meaning.Dimension flag when flag.Member.Type == "boolean" => Filter(flag, flag.Member, "equals", flag.IsNegative ? "true" : "false"),
            Meaning.Dimension { Member.Type: "string" } dimension when !isFlag && IsWithout(mention) => Filter(dimension, dimension.Member, "notSet"),
            _ => null,
        }).OfType<Choice>().ToList();
        draft.Filters.Add(choices.Count > 0 ? choices : throw new NotUnderstoodException($"It is not clear what is without {Text(mention)}."));
        isNot = false;
    }
}
