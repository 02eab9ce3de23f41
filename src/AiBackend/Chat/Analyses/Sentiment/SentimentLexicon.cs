using System.Collections.Frozen;

namespace AiBackend.Chat.Analyses.Sentiment;

/// <summary>English words that tell how a customer feels, written down for this service. Without apostrophes, in lower case.</summary>
internal static class SentimentLexicon
{
    private const string Delighted = """
        amazing awesome brilliant delighted excellent exceptional fabulous fantastic flawless incredible love loved loves marvelous outstanding
        perfect perfectly phenomenal superb terrific thrilled unbeatable wonderful ❤ 😍 🤩 🎉
        """;

    private const string Pleased = """
        beautiful best enjoy enjoyed enjoying glad grateful great happy impressed impressive lovely pleasant pleased recommend
        recommended reliable satisfied smooth smoothly super thrilling 😀 😁 😃 😄 😊 🙂 👍 🙏 👏
        """;

    private const string Fair = """
        appreciate appreciated better cheers clear comfortable convenient correct decent easily easy efficient fair fast fine friendly good
        handy help helped helpful kind nice okay patient polite prompt promptly quick quickly resolved solved success thank thanks thankful useful
        welcome well works worked worth yay
        """;

    private const string Uneasy = """
        annoyed annoying concerned confused confusing complicated complaint cumbersome delay delayed delays difficult expensive hard issue
        issues late lacking missing mistake mistakes overpriced problem problems sad slow slowly sorry stuck trouble unclear unfortunately
        unhappy unsure waiting worried worry wrong 😕 🙁 😟 😞
        """;

    private const string Displeased = """
        angry bad broke broken bug buggy cracked damaged defective disappointed disappointing disappointment dissatisfied error errors fail failed
        failing fails faulty frustrated frustrating frustration ignored incompetent leaking lost misleading poor poorly refuse refused rude
        ruined scratched struggling terribly torn unacceptable unfair unfriendly unhelpful unprofessional unreliable unusable upset useless
        waste wasted worse 😠 😢 😭 👎 😡
        """;

    private const string Outraged = """
        appalling atrocious awful crap disgrace disgraceful disgusted disgusting dreadful furious garbage hate hated horrible horrid horrific lie
        lied lying nightmare outrageous pathetic ridiculous rubbish scam scammed scammers shameful shambles terrible trash worst 🤬
        """;

    /// <summary>From -3 to 3.</summary>
    public static FrozenDictionary<string, double> Weights { get; } = new[]
        {
            (Delighted, 3.0), (Pleased, 2.0), (Fair, 1.2), (Uneasy, -1.2), (Displeased, -2.0), (Outraged, -3.0),
        }
        .SelectMany(list => Split(list.Item1).Select(word => KeyValuePair.Create(word, list.Item2)))
        .ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Words that turn what follows them round.</summary>
    public static FrozenSet<string> Negations { get; } = Set("""
        aint arent cannot cant couldnt didnt doesnt dont hadnt hardly hasnt havent isnt lacks neither never no nobody none nor not nothing
        nowhere shouldnt wasnt werent without wont wouldnt
        """);

    /// <summary>What a word of <see cref="Expected"/> weighs when it is negated.</summary>
    public const double UnmetExpectation = -1.5;

    /// <summary>What is told only when it does not happen: "the app does not start".</summary>
    public static FrozenSet<string> Expected { get; } = Set("""
        answer answered answering arrive arrived come connect deliver delivered fit load loading open received refunded reply respond responded
        start turn work working
        """);

    /// <summary>By how much a word makes the one that follows stronger or weaker.</summary>
    public static FrozenDictionary<string, double> Strengths { get; } = new[]
        {
            ("absolutely completely extremely highly incredibly insanely really so super terribly totally truly utterly very", 1.4),
            ("bit fairly kinda little mildly mostly partly pretty quite rather slightly somewhat", 0.7),
        }
        .SelectMany(list => Split(list.Item1).Select(word => KeyValuePair.Create(word, list.Item2)))
        .ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Words after which comes what is meant.</summary>
    public static FrozenSet<string> Turns { get; } = Set("but however yet nevertheless nonetheless");

    private static FrozenSet<string> Set(string words) => Split(words).ToFrozenSet(StringComparer.Ordinal);

    private static string[] Split(string words) => words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
