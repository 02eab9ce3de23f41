using System.Text;

namespace AiBackend.Documents;

/// <summary>Writes what a query asks, without the values that it compares with.</summary>
public static class QueryText
{
    /// <summary>
    /// Conditions and order, such as <c>client_id =, status in, order -created_at</c>. Queries of the same text differ in
    /// values and limit only.
    /// </summary>
    public static string Of<T>(Query<T> query)
        where T : Document
    {
        var text = new StringBuilder();
        Append(text, query.Conditions);
        text.Append(query.Conditions.Count == 0 ? "order" : ", order");
        var direction = query.IsDescending ? " -" : " ";
        foreach (var field in query.Order)
        {
            text.Append(direction).Append(field);
        }

        return query.Order.Contains(FieldPath.Id) ? text.ToString() : text.Append(direction).Append(FieldPath.Id).ToString();
    }

    private static void Append(StringBuilder text, IReadOnlyList<Condition> conditions)
    {
        for (var i = 0; i < conditions.Count; i++)
        {
            text.Append(i == 0 ? string.Empty : ", ");
            Append(text, conditions[i]);
        }
    }

    private static void Append(StringBuilder text, Condition condition)
    {
        switch (condition)
        {
            case Condition.Compare compare:
                text.Append(compare.Field).Append(compare.Comparison switch
                {
                    Comparison.Equal => " =",
                    Comparison.Less => " <",
                    Comparison.LessOrEqual => " <=",
                    Comparison.Greater => " >",
                    Comparison.GreaterOrEqual => " >=",
                    _ => throw new ArgumentOutOfRangeException(nameof(condition)),
                });
                break;
            case Condition.OneOf oneOf:
                text.Append(oneOf.Field).Append(" in");
                break;
            case Condition.Exists exists:
                text.Append(exists.Field).Append(exists.Expected ? " exists" : " missing");
                break;
            case Condition.ArrayContains contains:
                text.Append(contains.Field).Append(" contains");
                break;
            case Condition.Any any:
                text.Append('(');
                for (var i = 0; i < any.Alternatives.Count; i++)
                {
                    text.Append(i == 0 ? string.Empty : " | ");
                    Append(text, any.Alternatives[i]);
                }

                text.Append(')');
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(condition));
        }
    }
}
