using AiBackend.Search.Highlighting;
using CsCheck;

namespace AiBackend.Search.Tests.Highlighting;

public sealed class HighlighterTests
{
    [Theory]
    [InlineData("return", "You returned it.", "You <em>returned</em> it.")]
    [InlineData("return policy", "Our return policy is kind.", "Our <em>return policy</em> is kind.")]
    [InlineData("policy of returns", "The policy of returns.", "The <em>policy</em> of <em>returns</em>.")]
    [InlineData("cafe", "The café's <b>\"best\"</b> & more", "The <em>café</em>&#39;s &lt;b&gt;&quot;best&quot;&lt;/b&gt; &amp; more")]
    [InlineData("日本語", "これは日本語です。", "これは<em>日本語</em>です。")]
    [InlineData("re-open", "We re-opened.", "We <em>re-opened</em>.")]
    public void Matching_words_and_phrases_are_marked_and_the_rest_is_escaped(string query, string text, string html) =>
        Assert.Equal(html, Assert.Single(Highlighter.Find(query, text)).Html);

    [Theory]
    [InlineData("the and of", "The end of the story and more.")]
    [InlineData("parcel", "")]
    [InlineData("", "Some text.")]
    [InlineData("parcel", "Nothing of that kind.")]
    public void Without_a_telling_match_there_is_nothing_to_show(string query, string text) =>
        Assert.Empty(Highlighter.Find(query, text));

    [Fact]
    public void The_parts_with_most_of_the_query_are_shown_in_the_order_of_the_text()
    {
        const string text = "A parcel came. Nothing here. A late parcel is refunded. Parcels, parcels. The refund of a late parcel takes days.";

        var parts = Highlighter.Find("refund late parcel", text, limit: 2).Select(part => part.Range.Of(text).ToString());

        Assert.Equal(["A late parcel is refunded.", "The refund of a late parcel takes days."], parts);
    }

    [Fact]
    public void A_long_sentence_is_cut_around_its_matches()
    {
        var text = string.Concat(Enumerable.Repeat("some other words ", 100)) + "the parcel " + string.Concat(Enumerable.Repeat("and so on ", 100));

        var part = Assert.Single(Highlighter.Find("parcel", text, longest: 100));

        Assert.InRange(part.Range.Length, 1, 100);
        Assert.Contains("<em>parcel</em>", part.Html, StringComparison.Ordinal);
    }

    [Fact]
    public void Matches_lie_inside_their_part_and_no_markup_of_the_text_survives()
    {
        var words = Gen.OneOf<string>("parcel", "Parcels", "<i>", "&", "late", ". ", " ", "\n", "日本", "語", "😀", "-", "'s", new string('x', 90));
        Gen.Select(words.Array[0, 40].Select(string.Concat), words.Array[1, 4].Select(string.Concat), Gen.Int[2, 80]).Sample(
            (text, query, longest) =>
            {
                foreach (var part in Highlighter.Find(query, text, 3, longest))
                {
                    Assert.InRange(part.Range.Length, 1, longest);
                    Assert.NotEmpty(part.Matches);
                    Assert.All(part.Matches, match => Assert.True(part.Range.Start <= match.Start && match.End <= part.Range.End));
                    var plain = part.Html.Replace("<em>", "", StringComparison.Ordinal).Replace("</em>", "", StringComparison.Ordinal);
                    Assert.DoesNotContain('<', plain);
                    Assert.Equal(part.Range.Of(text).ToString(), System.Net.WebUtility.HtmlDecode(plain));
                }
            },
            iter: 2_000);
    }
}
