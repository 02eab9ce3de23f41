using System.Globalization;
using System.Text.RegularExpressions;

namespace AiBackend.Semantics.Questions;

/// <summary>Finds the words of a question that say what to do: rank, count, group, compare a number. English.</summary>
internal static partial class QuestionPhrases
{
    private const string Number = @"(?:[€$£] )?-?\d+(?:\.\d+)?";
    private const string Unit = @"(?: (?<unit>euros?|eur|€|dollars?|usd|\$|pounds?|gbp|£|minutes?|mins?|hours?|days?|seconds?|pieces?|percent|stars?|kgs?|kilos?|kilograms?|tonnes?|tons?|km|kms|kilomet(?:er|re)s?|miles?|met(?:er|re)s?|lit(?:er|re)s?)(?= ))?";

    /// <summary>Adjectives and what they are about, which is looked for among names; the first is the largest.</summary>
    private static readonly Dictionary<string, (string About, bool IsMore)> Adjectives = new(StringComparer.Ordinal)
    {
        ["longer"] = ("length", true),
        ["shorter"] = ("length", false),
        ["cheaper"] = ("price", false),
        ["more expensive"] = ("price", true),
        ["less expensive"] = ("price", false),
        ["costing more"] = ("price", true),
        ["costing less"] = ("price", false),
        ["heavier"] = ("weight", true),
        ["lighter"] = ("weight", false),
        ["longest"] = ("length", true),
        ["shortest"] = ("length", false),
        ["cheapest"] = ("price", false),
        ["most expensive"] = ("price", true),
        ["least expensive"] = ("price", false),
        ["priciest"] = ("price", true),
        ["heaviest"] = ("weight", true),
        ["lightest"] = ("weight", false),
    };

    /// <summary>Conditions on numbers; before the time, so that "over 2000 euros" is no year.</summary>
    public static void FindTests(QuestionWords words, Func<QuestionItem, bool> add)
    {
        foreach (Match match in Tests().Matches(words.Line))
        {
            var (start, end) = words.At(match);
            var unit = match.Groups["unit"] is { Success: true } named ? named.Value : CurrencyOf(match.Value);
            var adjective = match.Groups["adjective"] is { Success: true } compared ? Adjectives[compared.Value] : default;
            List<(string, string)> conditions = match.Groups["from"].Success
                ? [("gte", Plain(match.Groups["from"].Value)), ("lte", Plain(match.Groups["to"].Value))]
                : [(adjective.About is not null ? adjective.IsMore ? "gt" : "lt" : Operator(match.Groups["op"].Value), Plain(match.Groups["n"].Value))];

            // Two years, which say a time.
            if (match.Groups["from"].Success && unit is null && conditions.All(condition => condition.Item2.Length == 4 && condition.Item2[..2] is "19" or "20"))
            {
                continue;
            }

            add(new QuestionItem.Test(start, end, conditions, adjective.About, unit));
        }
    }

    /// <summary>All else, after the time and after names of several words.</summary>
    public static void FindSigns(QuestionWords words, Func<QuestionItem, bool> add)
    {
        foreach (Match match in Ranks().Matches(words.Line))
        {
            var (start, end) = words.At(match);
            var count = match.Groups["n"] is { Success: true } number ? int.Parse(number.Value, CultureInfo.InvariantCulture) : (int?)null;
            var word = match.Groups["word"].Value;
            var adjective = Adjectives.GetValueOrDefault(word);
            var form = match.Groups["first"].Success ? RankForm.Order : adjective.About is not null ? RankForm.Extreme
                : count is not null || word is "top" or "bottom" or "best" or "worst" ? RankForm.Top
                : word is "most" or "fewest" or "least" ? RankForm.Most
                : RankForm.Extreme;
            var isDescending = adjective.About is not null ? adjective.IsMore : word is not ("bottom" or "worst" or "fewest" or "least" or "lowest" or "smallest");
            add(new QuestionItem.Rank(start, end, count, isDescending, form, adjective.About));
        }

        foreach (Match match in Amounts().Matches(words.Line))
        {
            var (start, end) = words.At(match);
            add(new QuestionItem.Amount(start, end, int.Parse(match.Value, CultureInfo.InvariantCulture)));
        }

        foreach (Match match in Aggregates().Matches(words.Line))
        {
            var (start, end) = words.At(match);
            add(new QuestionItem.Aggregate(start, end, match.Groups["avg"].Success ? "avg" : match.Groups["min"].Success ? "min" : match.Groups["max"].Success ? "max" : "sum"));
        }

        foreach (var (pattern, kind) in ((Regex, SignKind)[])[
            (Counts(), SignKind.Count), (Lists(), SignKind.List), (Nots(), SignKind.Not), (Groups(), SignKind.Group), (Whiches(), SignKind.Which), (Versus(), SignKind.Versus),
            (Compares(), SignKind.Compare), (Ands(), SignKind.And), (Ors(), SignKind.Or)])
        {
            foreach (Match match in pattern.Matches(words.Line))
            {
                var (start, end) = words.At(match);
                add(new QuestionItem.Sign(start, end, kind));
            }
        }
    }

    /// <summary>Words that change nothing; after all else.</summary>
    public static void FindFillers(QuestionWords words, Func<QuestionItem, bool> add)
    {
        foreach (Match match in Fillers().Matches(words.Line))
        {
            var (start, end) = words.At(match);
            for (var at = start; at < end; at++)
            {
                add(new QuestionItem.Sign(at, at + 1, SignKind.Filler));
            }
        }
    }

    private static string Plain(string number) => number.TrimStart('€', '$', '£', ' ');

    private static string? CurrencyOf(string text) =>
        text.Contains('€', StringComparison.Ordinal) ? "€" : text.Contains('$', StringComparison.Ordinal) ? "$" : text.Contains('£', StringComparison.Ordinal) ? "£" : null;

    private static string Operator(string words) => words switch
    {
        "at least" or "no less than" or "not less than" or "no fewer than" or "minimum of" or "or more" or ">=" => "gte",
        "at most" or "no more than" or "not more than" or "up to" or "maximum of" or "or less" or "or fewer" or "<=" => "lte",
        "less than" or "fewer than" or "under" or "below" or "lower than" or "smaller than" or "<" => "lt",
        "exactly" or "equal to" or "=" => "equals",
        _ => "gt",
    };

    [GeneratedRegex(
        $@"(?<!\S)(?:(?:that )?costing |worth |of )?(?:between|from) (?<from>{Number}) (?:and|to) (?<to>{Number}){Unit}(?= )"
        + $@"|(?<!\S)(?:that are |which are |that cost |with a |costing )?(?<adjective>longer|shorter|cheaper|more expensive|less expensive|costing more|costing less|heavier|lighter) than (?<n>{Number}){Unit}(?= )"
        + $@"|(?<!\S)(?:worth |of |costing )?(?<op>more than|over|above|greater than|larger than|higher than|bigger than|exceeding|at least|no less than|not less than|no fewer than|minimum of|less than|fewer than|under|below|lower than|smaller than|at most|no more than|not more than|up to|maximum of|exactly|equal to|>=|<=|>|<|=) (?<n>{Number}){Unit}(?= )"
        + $@"|(?<!\S)(?<n>{Number}){Unit} (?<op>or more|or less|or fewer)(?= )")]
    private static partial Regex Tests();

    [GeneratedRegex(
        @"(?<!\S)(?<word>highest|lowest|biggest|largest|smallest|most|fewest) (?<first>first)(?= )"
        + @"|(?<!\S)(?:the )?(?<word>top|best|bottom|worst|highest|lowest) (?<n>\d{1,4})(?= )"
        + @"|(?<!\S)(?:the )?(?<n>\d{1,4}) (?<word>top|best|bottom|worst|most expensive|least expensive|most|fewest|highest|lowest|biggest|largest|smallest|longest|shortest|cheapest)(?= )"
        + @"|(?<!\S)(?:the )?(?<word>most expensive|least expensive|most|fewest|least|highest|lowest|largest|biggest|greatest|smallest|longest|shortest|cheapest|priciest|heaviest|lightest|top|bottom|best|worst)(?= )")]
    private static partial Regex Ranks();

    [GeneratedRegex(@"(?<=(?<!\S)(?:which|what|the|our|list|me) )[1-9]\d{0,2}(?= \p{L})")]
    private static partial Regex Amounts();

    [GeneratedRegex(@"(?<!\S)(?:the )?(?:(?<avg>average of|average|avg|mean|on average)|(?<sum>total of|sum of|sum|total sum of|total amount of|total(?! (?:number|count) of )|overall|combined|in total)|(?<min>minimum|min)|(?<max>maximum|max))(?= )")]
    private static partial Regex Aggregates();

    [GeneratedRegex(@"(?<!\S)(?:how many (?:different |distinct |unique )?|(?:the )?(?:total )?(?:number|count) of (?:all )?(?:different |distinct |unique )?|count (?:all |the )?|number )")]
    private static partial Regex Counts();

    [GeneratedRegex(@"(?<!\S)(?:(?:that |which |who )?(?:are |is |were |was |have |has |did )?not(?: yet)?(?: been)?(?: in| from)?|outside(?: of)?|excluding|excl|except(?: for| from| in)?|other than|without|apart from|never)(?= )")]
    private static partial Regex Nots();

    [GeneratedRegex(@"(?<!\S)(?:grouped by|group by|broken down by|broken up by|split by|sorted by|ranked by|by|per|for each|for every|in each|of each|each|every|across)(?= )")]
    private static partial Regex Groups();

    [GeneratedRegex(@"(?<!\S)(?:which|what)(?= )(?! (?:is|are|was|were|did|do|does|has|have|the|our)\b)")]
    private static partial Regex Whiches();

    [GeneratedRegex(@"^(?:please )?(?:(?:can you |could you )?(?:list|name)|give me (?:a |the )?list of|who are|show me which)(?: me)?(?: all)?(?: of)?(?: our| the| my)?(?= )")]
    private static partial Regex Lists();

    [GeneratedRegex(@"(?<!\S)(?:vs|versus|compared (?:to|with)|against)(?= )")]
    private static partial Regex Versus();

    [GeneratedRegex(@"(?<!\S)(?:compare|comparison of|comparing)(?= )")]
    private static partial Regex Compares();

    [GeneratedRegex(@"(?<!\S)(?:and|,|as well as|plus)(?= )")]
    private static partial Regex Ands();

    [GeneratedRegex(@"(?<!\S)(?:either|or)(?= )")]
    private static partial Regex Ors();

    [GeneratedRegex(
        @"(?<!\S)(?:show|give|tell|display|list|report|me|us|please|what|is|are|was|were|be|been|the|a|an|of|in|on|at|for|from|to|with|having|whose|that|who|which|where|do|does|did|have|has|had|"
        + @"can|could|would|you|we|i|our|ours|my|their|its|it|there|they|how|much|about|see|want|like|know|find|get|got|need|let|now|currently|hi|hello|hey|all|so|far|then|each|'s|’s|s|;|still|ever|just|actually|"
        + @"made|make|placed|place|by|whats|tell|question)(?= )")]
    private static partial Regex Fillers();
}
