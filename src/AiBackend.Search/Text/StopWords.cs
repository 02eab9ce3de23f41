using System.Collections.Frozen;

namespace AiBackend.Search.Text;

/// <summary>English words that say nothing about what a text is about.</summary>
internal static class StopWords
{
    private const string Words = """
        a about above after again against all also am an and any anything are as at be because been before being below between both but by can
        cannot could did do does doing down during each few for from further had has have having he her here hers herself him himself
        his how however i if in into is it its itself just may me might more most must my myself no nor not now of off on once only or
        other our ours ourselves out over own please same shall she should so some something such than that the their theirs them themselves then
        there therefore these they this those through thus to too under until up upon us very was we were what when where whether which
        while who whom whose why will with within without would yes you your yours yourself yourselves
        """;

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Lookup = FrozenSet
        .ToFrozenSet(Words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries), StringComparer.Ordinal)
        .GetAlternateLookup<ReadOnlySpan<char>>();

    /// <param name="word">A word in lower case.</param>
    public static bool Contains(ReadOnlySpan<char> word) => Lookup.Contains(word);
}
