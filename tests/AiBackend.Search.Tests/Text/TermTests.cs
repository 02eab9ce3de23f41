using AiBackend.Search.Text;

namespace AiBackend.Search.Tests.Text;

public sealed class TermTests
{
    /// <summary>From the examples of Porter's paper, step by step.</summary>
    [Theory]
    [InlineData("caresses", "caress")]
    [InlineData("ponies", "poni")]
    [InlineData("ties", "ti")]
    [InlineData("cats", "cat")]
    [InlineData("feed", "feed")]
    [InlineData("agreed", "agre")]
    [InlineData("plastered", "plaster")]
    [InlineData("bled", "bled")]
    [InlineData("motoring", "motor")]
    [InlineData("sing", "sing")]
    [InlineData("conflated", "conflat")]
    [InlineData("troubled", "troubl")]
    [InlineData("sized", "size")]
    [InlineData("hopping", "hop")]
    [InlineData("falling", "fall")]
    [InlineData("hissing", "hiss")]
    [InlineData("failing", "fail")]
    [InlineData("filing", "file")]
    [InlineData("happy", "happi")]
    [InlineData("sky", "sky")]
    [InlineData("relational", "relat")]
    [InlineData("conditional", "condit")]
    [InlineData("rational", "ration")]
    [InlineData("digitizer", "digit")]
    [InlineData("vietnamization", "vietnam")]
    [InlineData("operator", "oper")]
    [InlineData("feudalism", "feudal")]
    [InlineData("decisiveness", "decis")]
    [InlineData("sensibiliti", "sensibl")]
    [InlineData("triplicate", "triplic")]
    [InlineData("electrical", "electr")]
    [InlineData("goodness", "good")]
    [InlineData("revival", "reviv")]
    [InlineData("adjustable", "adjust")]
    [InlineData("replacement", "replac")]
    [InlineData("adoption", "adopt")]
    [InlineData("effective", "effect")]
    [InlineData("probate", "probat")]
    [InlineData("rate", "rate")]
    [InlineData("cease", "ceas")]
    [InlineData("controll", "control")]
    [InlineData("roll", "roll")]
    [InlineData("oscillators", "oscil")]
    [InlineData("generalizations", "gener")]
    [InlineData("is", "is")]
    public void Words_are_stemmed_as_porter_does(string word, string stem)
    {
        var letters = word.ToCharArray();

        Assert.Equal(stem, new string(letters, 0, PorterStemmer.Stem(letters)));
    }

    [Theory]
    [InlineData("Returned Items", "return item")]
    [InlineData("Zürich Łódź Straße Æther", "zurich lodz strass aether")]
    [InlineData("cafe\u0301s", "cafe")]
    [InlineData("O'Connor's state-of-the-art iPhone7", "o connor state art iphone7")]
    [InlineData("I won't; they've won", "won")]
    [InlineData("c# C++ f#", "c# c++ f#")]
    [InlineData("ORD-40312", "ord 40312")]
    [InlineData("to be or not to be", "")]
    [InlineData("日本語 文", "日本 本語 文")]
    [InlineData("v語x", "v 語 x")]
    public void Texts_become_terms(string text, string terms) => Assert.Equal(terms, string.Join(' ', Read(text)));

    [Fact]
    public void Each_term_knows_where_it_comes_from()
    {
        const string text = "The café-owner's 日本語";
        List<string> sources = [];
        var scanner = new TermScanner(text);
        while (scanner.Next(out _, out var source, out _))
        {
            sources.Add(source.Of(text).ToString());
        }

        Assert.Equal(["The", "café", "owner", "s", "日本", "本語"], sources);
    }

    [Fact]
    public void An_endless_word_becomes_a_short_term() => Assert.InRange(Read(new string('ß', 10_000)).Single().Length, 1, 64);

    private static List<string> Read(string text)
    {
        List<string> terms = [];
        var scanner = new TermScanner(text);
        while (scanner.Next(out var term, out _, out var isStopWord))
        {
            if (!isStopWord)
            {
                terms.Add(term.ToString());
            }
        }

        return terms;
    }
}
