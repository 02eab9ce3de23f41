using AiBackend.Chat.Analyses;
using AiBackend.Chat.Analyses.Topics;

namespace AiBackend.Tests.Chat;

public sealed class TopicTests
{
    [Theory]
    [InlineData("Where do I find the return label? I need the return label for my hiking boots.", "return label", "hiking boots")]
    [InlineData("Der Reißverschluss meiner Regenjacke ist kaputt.", "Reißverschluss", "Regenjacke")]
    [InlineData("L'écran de mon téléphone est noir depuis la mise à jour.", "téléphone", "noir")]
    [InlineData("¿Cuándo llega la tienda de campaña?", "tienda", "campaña")]
    [InlineData("The USB-C charger of the PowerCore 10000 smells burnt.", "USB-C charger")]
    public void Terms_are_taken_from_the_text(string text, params string[] expected)
    {
        var topics = TopicsOf(text);

        Assert.Empty(expected.Where(term => !topics.Any(topic => topic.Contains(term, StringComparison.Ordinal))).Select(term => $"{term} not in {string.Join(", ", topics)}"));
    }

    [Fact]
    public void What_is_repeated_comes_first_and_the_scores_fall()
    {
        var result = TopicExtractor.Read("My tent has a hole. The zip is fine. A tent with a hole! Please repair the tent.").Data.ToElement().GetProperty("topics");

        Assert.Equal(("tent", 1.0, 3), (result[0].GetProperty("text").GetString(), result[0].GetProperty("score").GetDouble(), result[0].GetProperty("count").GetInt32()));
        var scores = result.EnumerateArray().Select(topic => topic.GetProperty("score").GetDouble()).ToList();
        Assert.Equal(scores.OrderDescending(), scores);
    }

    [Fact]
    public void What_is_personal_is_left_out()
    {
        var topics = string.Join(", ", TopicsOf("Please mail the invoice to anna.lee@example.com, IBAN GB82WEST12345698765432, key sk-abcdefghijklmnop0123456789"));

        Assert.Contains("invoice", topics, StringComparison.Ordinal);
        Assert.DoesNotContain("anna", topics, StringComparison.Ordinal);
        Assert.DoesNotContain("WEST", topics, StringComparison.Ordinal);
        Assert.DoesNotContain("abcdef", topics, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_of_frequent_words_has_none() => Assert.Empty(TopicsOf("Yes, that is what I would like to have, thanks."));

    [Fact]
    public void At_most_ten_are_named()
    {
        var text = string.Join(", ", Enumerable.Range('a', 20).Select(letter => new string((char)letter, 5)));

        Assert.Equal(10, TopicsOf(text).Count);
    }

    [Theory]
    [InlineData("配送先の住所を変更できますか。")]
    [InlineData("可以更改送货地址吗？")]
    public void A_language_without_spaces_is_refused(string text) =>
        Assert.Equal("language_not_supported", Assert.Throws<AnalysisFailedException>(() => TopicExtractor.Read(text)).Code);

    private static IReadOnlyList<string> TopicsOf(string text) =>
        [.. TopicExtractor.Read(text).Data.ToElement().GetProperty("topics").EnumerateArray().Select(topic => topic.GetProperty("text").GetString()!)];
}
