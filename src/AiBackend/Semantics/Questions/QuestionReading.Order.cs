namespace AiBackend.Semantics.Questions;

/// <summary>In what order the answer is.</summary>
internal sealed partial class QuestionReading
{
    private void Order()
    {
        if (wanted is not null && rank is null or { Count: not null } or { Form: RankForm.Order })
        {
            throw new NotUnderstoodException($"It is not clear which {wanted} are meant.");
        }

        if (rank is null)
        {
            return;
        }

        if (rank.Form == RankForm.Order)
        {
            draft.IsDescending = draft.Measures.Count == 1 ? rank.IsDescending : throw new NotUnderstoodException("It is not clear what is ordered.");
            return;
        }

        // "revenue by product, top 3": said after what is ranked.
        isTop |= rank.Count is not null;
        var groups = draft.Groups.Count + (draft.Grain?.IsAsked == true ? 1 : 0);

        // "The top countries by revenue per customer" are not the rows of customers that are highest.
        if (draft.Measures.Count != 1 || groups == 0 || (isTop && groups > 1))
        {
            throw new NotUnderstoodException("It is not clear what is ranked by what.");
        }

        if (!isTop)
        {
            throw new NotUnderstoodException("It is not clear what is ranked.");
        }

        if (!rank.IsDescending && draft.Groups.Count > 0 && draft.Measures[0].Any(measure => !draft.Groups[0].Any(group => group.Cube == measure.Cube)))
        {
            throw new NotUnderstoodException("Those that have none at all would be left out of the least, as one query cannot count what is not there.");
        }

        draft.IsDescending = rank.IsDescending;
        draft.Limit = rank.Count ?? wanted ?? (isRankedPlural ? PluralTop : 1);
        draft.Doubt += rank.Count is null && wanted is null && isRankedPlural ? CountCost : 0;
    }
}
