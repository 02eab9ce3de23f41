namespace AiBackend.Semantics.Questions;

/// <summary>Words that people use for one another when they ask about data.</summary>
internal static class Synonyms
{
    private static readonly string[] Same =
    [
        "film movie", "customer client buyer shopper", "product article", "category genre", "visit session", "country nation", "order purchase buy",
        "quantity unit piece qty", "price cost", "length duration runtime", "supplier vendor", "staff employee", "city town", "revenue sale turnover income earning",
        "email mail", "create join register signup new", "address location",
    ];

    private static readonly Dictionary<string, string> First = Same
        .Select(group => group.Split(' ').Select(QuestionWords.StemOf).ToList())
        .SelectMany(group => group.Select(word => (word, group[0])))
        .ToDictionary(pair => pair.word, pair => pair.Item2, StringComparer.Ordinal);

    // Said beside another word, these say nothing more: a staff member, units sold.
    private static readonly HashSet<string> Beside = Stems("member sell");

    private static readonly HashSet<string> MoneyWords = Stems("revenue sale turnover income earning spend pay earn");

    private static readonly HashSet<string> AmountWords = Stems("amount total grand paid payment sum");

    /// <summary>Each word by the first of its kind.</summary>
    public static IReadOnlyList<string> Of(IReadOnlyList<string> stems) => stems.Count > 1 && stems.Where(stem => !Beside.Contains(stem)).ToList() is { Count: > 0 } rest
        ? [.. rest.Select(stem => First.GetValueOrDefault(stem, stem))]
        : [.. stems.Select(stem => First.GetValueOrDefault(stem, stem))];

    /// <summary>Whether it asks for what was paid.</summary>
    public static bool IsMoney(string stem) => MoneyWords.Contains(stem);

    /// <summary>Whether it names an amount of money in a model.</summary>
    public static bool IsAmount(string stem) => AmountWords.Contains(stem);

    private static HashSet<string> Stems(string words) => [.. words.Split(' ').Select(QuestionWords.StemOf)];
}
