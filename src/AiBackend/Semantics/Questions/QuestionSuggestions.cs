using AiBackend.Semantics.Cube;

namespace AiBackend.Semantics.Questions;

/// <summary>Questions that a layer answers, made of its own members; each is tried before it is suggested.</summary>
internal static class QuestionSuggestions
{
    private const int MostSuggestions = 5;
    private const int MostTried = 40;

    /// <param name="question">What was asked: what has words in common with it comes first.</param>
    public static IReadOnlyList<string> For(string question, LayerLexicon lexicon, QuestionParser parser, DateOnly today)
    {
        var asked = QuestionWords.Of(question).Words.Select(word => word.Stem).ToHashSet(StringComparer.Ordinal);
        var made = lexicon.Cubes.Where(cube => !LayerNames.IsLink(cube)).SelectMany(cube => Make(cube, lexicon)).Distinct(StringComparer.Ordinal)
            .Select((text, index) => (text, index, Common: QuestionWords.Of(text).Words.Count(word => word.Text.Length > 3 && asked.Contains(word.Stem))))
            .OrderByDescending(entry => entry.Common).ThenBy(entry => entry.index)
            .Take(MostTried)
            .Where(entry => parser.Parse(entry.text, today).Query is not null)
            .Take(MostSuggestions);
        return [.. made.Select(entry => entry.text)];
    }

    private static IEnumerable<string> Make(CubeInfo cube, LayerLexicon lexicon)
    {
        var things = Words(cube.Name);
        var times = cube.Dimensions.Any(dimension => dimension.Type == "time");
        var texts = cube.Dimensions.Where(dimension => dimension.Type == "string" && !LayerNames.Label(cube).Contains(dimension.Name)).Take(2).ToList();

        // Nobody asks for the total of ratings.
        var measures = lexicon.FamiliesOf(cube).Where(family => family.Of(null) is { AggType: "sum" }).Take(2).Select(family => string.Join(' ', LayerNames.BaseWords(family.Of("sum")!, LayerNames.Words(family.Of("sum")!)))).ToList();
        if (LayerNames.Count(cube) is not null)
        {
            yield return $"How many {things} are there?";
            foreach (var text in texts)
            {
                yield return $"Number of {things} by {Words(LayerNames.Short(text))}";
            }

            if (times)
            {
                yield return $"Number of {things} per month this year";
            }
        }

        foreach (var measure in measures)
        {
            yield return $"Total {measure} of {things}";
            if (times)
            {
                yield return $"Total {measure} of {things} per month last year";
            }

            foreach (var neighbour in lexicon.Cubes.Where(other => lexicon.Distances.Between(cube, other) == 1 && LayerNames.HasName(other)).Take(2))
            {
                yield return $"Top 5 {Words(neighbour.Name)} by {measure} of {things}";
            }
        }
    }

    private static string Words(string name) => string.Join(' ', QuestionWords.OfName(name));
}
