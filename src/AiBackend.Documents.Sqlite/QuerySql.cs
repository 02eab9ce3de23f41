using System.Text;

namespace AiBackend.Documents.Sqlite;

/// <summary>Writes a query as SQL with parameters, so that queries of one shape share a prepared statement.</summary>
internal sealed class QuerySql
{
    private readonly StringBuilder text = new(256);
    private readonly List<object?> values = [];
    private readonly SetTable table;

    private QuerySql(SetTable table, string start)
    {
        this.table = table;
        text.Append(start).Append(table.Name);
    }

    /// <summary>The rows that the query finds, in its order.</summary>
    /// <param name="table">Where to look.</param>
    /// <param name="columns">What to read of each row.</param>
    /// <param name="query">What to look for; its own limit is not used.</param>
    /// <param name="limit">The most rows; null for all.</param>
    public static QuerySql Select<T>(SetTable table, string columns, Query<T> query, int? limit)
        where T : Document =>
        Segment(table, columns, query, [], limit);

    /// <summary>
    /// As <see cref="Select"/>, in one run of rows that follow a page: those of the next page are the segments' rows one after
    /// another. Each is one range of an index, with nulls in the order too.
    /// </summary>
    public static IEnumerable<QuerySql> Segments<T>(SetTable table, string columns, Query<T> query, IReadOnlyList<object?> after, int limit)
        where T : Document
    {
        var order = PageCursor.OrderOf(query);
        for (var equal = after.Count - 1; equal >= 0; equal--)
        {
            var value = after[equal];
            List<Condition> head = [.. order.Take(equal).Select((field, i) => new Condition.Compare(field, Comparison.Equal, after[i]))];
            if (!query.IsDescending)
            {
                Condition next = value is null
                    ? new Condition.Exists(order[equal], true)
                    : new Condition.Compare(order[equal], Comparison.Greater, value);
                yield return Segment(table, columns, query, [.. head, next], limit);
            }
            else if (value is not null)
            {
                yield return Segment(table, columns, query, [.. head, new Condition.Compare(order[equal], Comparison.Less, value)], limit);
                if (order[equal] != FieldPath.Id)
                {
                    yield return Segment(table, columns, query, [.. head, new Condition.Exists(order[equal], false)], limit);
                }
            }
        }
    }

    public static QuerySql Count<T>(SetTable table, Query<T> query)
        where T : Document
    {
        var sql = new QuerySql(table, "SELECT count(*) FROM ");
        sql.Where(query.Conditions);
        return sql;
    }

    /// <summary>Deletes what the query finds, at most as many as its limit.</summary>
    public static QuerySql Delete<T>(SetTable table, Query<T> query)
        where T : Document
    {
        var sql = new QuerySql(table, "DELETE FROM ");
        if (query.Limit is null)
        {
            sql.Where(query.Conditions);
            return sql;
        }

        var found = Select(table, "id", query, query.Limit);
        sql.text.Append(" WHERE id IN (").Append(found.text).Append(')');
        sql.values.AddRange(found.values);
        return sql;
    }

    /// <summary>The prepared statement with its values bound.</summary>
    public Statement On(Connection connection)
    {
        var statement = connection.Use(text.ToString());
        for (var i = 0; i < values.Count; i++)
        {
            statement.Bind(i + 1, values[i]);
        }

        return statement;
    }

    public override string ToString() => text.ToString();

    private static QuerySql Segment<T>(SetTable table, string columns, Query<T> query, IReadOnlyList<Condition> more, int? limit)
        where T : Document
    {
        var sql = new QuerySql(table, $"SELECT {columns} FROM ");
        sql.Where([.. query.Conditions, .. more]);
        sql.OrderBy(PageCursor.OrderOf(query), query.IsDescending);
        if (limit is { } most)
        {
            sql.text.Append(" LIMIT ").Append(sql.Parameter((long)most));
        }

        return sql;
    }

    private void OrderBy(IReadOnlyList<FieldPath> order, bool isDescending)
    {
        for (var i = 0; i < order.Count; i++)
        {
            text.Append(i == 0 ? " ORDER BY " : ", ").Append(table.Column(order[i])).Append(isDescending ? " DESC" : string.Empty);
        }
    }

    private void Where(IReadOnlyList<Condition> conditions)
    {
        if (conditions.Count > 0)
        {
            text.Append(" WHERE ");
            All(conditions, ClientOf(conditions));
        }
    }

    private void All(IReadOnlyList<Condition> conditions, object? client)
    {
        for (var i = 0; i < conditions.Count; i++)
        {
            text.Append(i == 0 ? string.Empty : " AND ");
            One(conditions[i], client);
        }
    }

    private void One(Condition condition, object? client)
    {
        switch (condition)
        {
            case Condition.Compare compare:
                Compare(compare);
                break;
            case Condition.OneOf oneOf:
                OneOf(oneOf);
                break;
            case Condition.Exists exists:
                text.Append(table.Column(exists.Field)).Append(exists.Expected ? " IS NOT NULL" : " IS NULL");
                break;
            case Condition.ArrayContains contains:
                Contains(contains, client);
                break;
            case Condition.Any any:
                Any(any, client);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(condition));
        }
    }

    private void Compare(Condition.Compare compare)
    {
        var value = StoredValue.Of(compare.Value);
        text.Append(table.Column(compare.Field));
        if (value is null && compare.Comparison is Comparison.Equal)
        {
            text.Append(" IS NULL");
            return;
        }

        text.Append(compare.Comparison switch
        {
            Comparison.Equal => " = ",
            Comparison.Less => " < ",
            Comparison.LessOrEqual => " <= ",
            Comparison.Greater => " > ",
            Comparison.GreaterOrEqual => " >= ",
            _ => throw new ArgumentOutOfRangeException(nameof(compare)),
        });
        text.Append(Parameter(value));
    }

    private void OneOf(Condition.OneOf oneOf)
    {
        // One parameter for all values: lists of every length share a statement.
        var column = table.Column(oneOf.Field);
        List<object?> wanted = [.. oneOf.Values.Select(StoredValue.Of)];
        var json = System.Text.Json.JsonSerializer.Serialize(wanted.Where(value => value is not null), DocumentJson.Options);
        var found = $"{column} IN (SELECT value FROM json_each({Parameter(json)}))";
        text.Append(wanted.Contains(null) ? $"({found} OR {column} IS NULL)" : found);
    }

    private void Contains(Condition.ArrayContains contains, object? client)
    {
        var index = table.Set.Indexes.FirstOrDefault(index => index.IsArray && index.Fields[0] == contains.Field);
        if (index is null)
        {
            text.Append($"EXISTS (SELECT 1 FROM json_each({table.Name}.body, {SetTable.JsonPath(contains.Field)}) WHERE value = {Parameter(contains.Entry)})");
            return;
        }

        text.Append($"id IN (SELECT id FROM {table.EntriesOf(index)} WHERE entry = {Parameter(contains.Entry)}");
        text.Append(client is null ? ")" : $" AND client_id = {Parameter(client)})");
    }

    private void Any(Condition.Any any, object? client)
    {
        text.Append('(');
        for (var i = 0; i < any.Alternatives.Count; i++)
        {
            text.Append(i == 0 ? "(" : " OR (");
            if (any.Alternatives[i].Count == 0)
            {
                text.Append('1');
            }

            All(any.Alternatives[i], client);
            text.Append(')');
        }

        text.Append(any.Alternatives.Count == 0 ? "0)" : ")");
    }

    private static object? ClientOf(IReadOnlyList<Condition> conditions) => conditions.OfType<Condition.Compare>()
        .FirstOrDefault(compare => compare.Comparison is Comparison.Equal && compare.Field == FieldPath.ClientId)?.Value;

    private string Parameter(object? value)
    {
        values.Add(value);
        return "?";
    }
}
