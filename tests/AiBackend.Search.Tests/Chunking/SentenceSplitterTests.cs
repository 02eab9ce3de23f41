using AiBackend.Search.Chunking;

namespace AiBackend.Search.Tests.Chunking;

public sealed class SentenceSplitterTests
{
    [Theory]
    [InlineData("One. Two! Three? Four…", "One.|Two!|Three?|Four…")]
    [InlineData("A gap of e.g. 3.5 mm is fine. So is 4 mm.", "A gap of e.g. 3.5 mm is fine.|So is 4 mm.")]
    [InlineData("Ask Dr. Smith or J. R. Jones. They know.", "Ask Dr. Smith or J. R. Jones.|They know.")]
    [InlineData("See fig. 3 and No. 5. Then stop.", "See fig. 3 and No. 5.|Then stop.")]
    [InlineData("It costs $3.50. Version 2.0.1 is out.", "It costs $3.50.|Version 2.0.1 is out.")]
    [InlineData("\"Really?\" he said. (Yes.) Good.", "\"Really?\" he said.|(Yes.)|Good.")]
    [InlineData("Wait... what? No!! Yes?!", "Wait... what?|No!!|Yes?!")]
    [InlineData("1. First do this.\n2. Then that.", "1. First do this.|2. Then that.")]
    [InlineData("- one\n- two\n* three", "- one|- two|* three")]
    [InlineData("Returns\n\nSend it back.", "Returns|Send it back.")]
    [InlineData("# Returns\nSend it back. Soon.", "# Returns|Send it back.|Soon.")]
    [InlineData("Opening hours\nMonday to Friday", "Opening hours|Monday to Friday")]
    [InlineData("これは文です。次の文です！最後？", "これは文です。|次の文です！|最後？")]
    [InlineData("「はい。」と言った。", "「はい。」|と言った。")]
    [InlineData("Write to a.b@example.com or see example.com/x.html for more.", "Write to a.b@example.com or see example.com/x.html for more.")]
    [InlineData("  \r\n\t ", "")]
    [InlineData("no end", "no end")]
    [InlineData("Vitamin I. It helps.", "Vitamin I.|It helps.")]
    public void Sentences_are_found(string text, string expected)
    {
        var sentences = SentenceSplitter.Split(text).Select(range => text.Substring(range.Start, range.Length));

        Assert.Equal(expected.Split('|', StringSplitOptions.RemoveEmptyEntries), sentences);
    }

    [Fact]
    public void A_wrapped_paragraph_stays_together()
    {
        const string text = """
            You can send back any item that you do not want to keep, for whatever reason you
            United States customers included, as long as it was not used in the meantime. We
            pay for it.
            """;

        Assert.Equal(2, SentenceSplitter.Split(text).Count);
    }

    public static TheoryData<string> Nasty =>
        [".", ". ", "a", "A. ", " ", "\n", "\r\n\n", "1. ", "- \n", "# ", "\"", ".\"", "。", "a.\n", "\f", "A\n", "e.g. "];

    [Theory]
    [MemberData(nameof(Nasty))]
    public void Time_grows_with_the_length_only(string repeated)
    {
        var text = new string(' ', 300_000) + string.Concat(Enumerable.Repeat(repeated, 1_200_000 / repeated.Length)) + "a";
        var watch = System.Diagnostics.Stopwatch.StartNew();

        Assert.NotEmpty(SentenceSplitter.Split(text));

        // Quadratic time would be minutes.
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }
}
