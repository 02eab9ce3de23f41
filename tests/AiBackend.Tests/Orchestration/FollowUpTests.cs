using AiBackend.Orchestration;

namespace AiBackend.Tests.Orchestration;

public sealed class FollowUpTests
{
    private static readonly Turn Before = Questions.User("When can I return my hiking boots?");

    [Theory]
    [InlineData("How much does it cost?")]
    [InlineData("And jackets?")]
    [InlineData("what about gift cards that were used")]
    [InlineData("How long do I have?")]
    [InlineData("Is that also possible in Norway then, please?")]
    public void A_message_that_points_back_is_searched_for_with_the_one_before(string message) =>
        Assert.Equal(
            [new SearchText($"{message}\ncan I return my hiking boots?", MustHoldMessage: false)], FollowUp.Queries(message, [Before]));

    [Theory]
    [InlineData("gift cards?")]
    [InlineData("opening hours")]
    [InlineData("express shipping costs")]
    public void A_short_message_is_searched_for_as_it_stands_first(string message) =>
        Assert.Equal(
            [new SearchText(message, MustHoldMessage: false), new SearchText($"{message}\ncan I return my hiking boots?", MustHoldMessage: true)],
            FollowUp.Queries(message, [Before]));

    [Theory]
    [InlineData("Which payment methods are accepted?")]
    [InlineData("Somebody told me yesterday that it could be done")]
    [InlineData("What is the capital of France?")]
    public void A_message_that_stands_for_itself_is_searched_for_alone(string message) =>
        Assert.Equal([new SearchText(message, MustHoldMessage: false)], FollowUp.Queries(message, [Before]));

    [Fact]
    public void Nothing_before_leaves_the_message_alone() =>
        Assert.Equal([new SearchText("And jackets?", MustHoldMessage: false)], FollowUp.Queries("And jackets?", []));

    [Fact]
    public void A_chain_of_follow_ups_is_followed_to_its_question_past_answers_and_small_talk()
    {
        Turn[] history =
        [
            Questions.User("Where is your shop in Leipzig?"),
            Before,
            Questions.Assistant("Yes, it can."),
            Questions.User("And jackets?"),
            Questions.Assistant("Those too."),
            Questions.User("thanks!"),
            Questions.User(" "),
        ];

        var query = Assert.Single(FollowUp.Queries("How long does it take?", history));

        Assert.Equal("How long does it take?\nAnd jackets?\ncan I return my hiking boots?", query.Text);
    }

    [Fact]
    public void No_more_than_two_messages_are_added_and_of_long_ones_only_the_beginning()
    {
        Turn[] history = [Before, Questions.User("And jackets?"), Questions.User("and " + new string('x', 500))];

        var query = Assert.Single(FollowUp.Queries("And that?", history));

        Assert.Equal($"And that?\nand {new string('x', 396)}\nAnd jackets?", query.Text);
    }

    [Theory]
    [InlineData("hello world", false)]
    [InlineData("hi hi hi hi hi hi hi hi", true)]
    [InlineData("hi hi hi hi hi hi hi hi hi", false)]
    [InlineData("ok", false)]
    [InlineData("great, thank you so much!", true)]
    [InlineData("I thank you for nothing", false)]
    [InlineData("", false)]
    [InlineData("!!!", false)]
    public void Small_talk_is_small_talk_only_as_a_whole(string text, bool isSmallTalk) => Assert.Equal(isSmallTalk, SmallTalk.Is(text));

    [Theory]
    [InlineData("Hi, can I return boots?", "can I return boots?")]
    [InlineData("Hello there! Good morning - opening hours?", "opening hours?")]
    [InlineData("thanks. ok, and jackets?", "and jackets?")]
    [InlineData("OK hi, jackets?", "jackets?")]
    [InlineData("Great jackets", "Great jackets")]
    [InlineData("hi jackets", "hi jackets")]
    [InlineData("Hi!", "Hi!")]
    [InlineData("", "")]
    public void A_greeting_before_a_question_is_not_searched_for(string text, string rest) => Assert.Equal(rest, SmallTalk.Without(text));
}
