using AiBackend.Chat.Analyses.Sentiment;

namespace AiBackend.Tests.Chat;

public sealed class SentimentTests
{
    [Theory]
    [InlineData("positive", "Thank you so much, the support was excellent and very fast!")]
    [InlineData("positive", "I love these boots, they fit perfectly.")]
    [InlineData("positive", "Great, that solved it 👍")]
    [InlineData("positive", "The delivery was late, but the staff were absolutely wonderful.")]
    [InlineData("positive", "Not bad at all, thanks")]
    [InlineData("positive", "Best shop ever")]
    [InlineData("negative", "This is the worst service I have ever had.")]
    [InlineData("negative", "I'm very disappointed, the zipper broke after two days.")]
    [InlineData("negative", "The app doesn't work and nobody answers.")]
    [InlineData("negative", "Not happy with the quality")]
    [InlineData("negative", "The colours are nice, but the jacket is useless in the rain.")]
    [InlineData("negative", "My parcel never arrived 😡")]
    [InlineData("negative", "Unfortunately the tent was damaged.")]
    [InlineData("negative", "It isn’t good, I don’t recommend it")]
    [InlineData("neutral", "What are your opening hours on Saturday?")]
    [InlineData("neutral", "I ordered two tents on Monday.")]
    [InlineData("neutral", "")]
    public void A_text_is_told_to_be(string expected, string text) =>
        Assert.Equal(expected, SentimentReader.Read(text).Data.ToElement().GetProperty("sentiment").GetString());

    [Theory]
    [InlineData("good", "very good")]
    [InlineData("slightly annoyed", "annoyed")]
    [InlineData("bad", "bad, awful and rude")]
    [InlineData("not terrible", "terrible")]
    public void The_second_is_felt_more_strongly_than_the_first(string first, string second) =>
        Assert.True(Math.Abs(ScoreOf(first)) < Math.Abs(ScoreOf(second)), $"{ScoreOf(first)} {ScoreOf(second)}");

    [Fact]
    public void The_confidence_says_how_much_there_was_to_go_by()
    {
        var much = SentimentReader.Read("Terrible, the worst support, rude and useless. I am furious.").Confidence;
        var mixed = SentimentReader.Read("The tent is great. The poles are terrible. The colour is lovely, the bag awful.").Confidence;
        var little = SentimentReader.Read("I think it is slow").Confidence;
        var nothing = SentimentReader.Read("I ordered two tents on Monday.").Confidence;
        var foreign = SentimentReader.Read("Ich bin sehr enttäuscht, der Reißverschluss ist schon kaputt.").Confidence;

        Assert.True(much > little && little > nothing && nothing > foreign, $"{much} {little} {nothing} {foreign}");
        Assert.True(mixed < much, $"{mixed} {much}");
        Assert.InRange(much!.Value, 0.7, 0.95);
        Assert.InRange(foreign!.Value, 0, 0.1);
    }

    [Fact]
    public void A_word_in_another_clause_negates_nothing() => Assert.True(ScoreOf("Why not? Excellent!") > 0.5);

    private static double ScoreOf(string text) => SentimentReader.Read(text).Data.ToElement().GetProperty("score").GetDouble();
}
