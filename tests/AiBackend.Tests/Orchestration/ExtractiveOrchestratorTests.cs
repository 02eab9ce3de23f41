using AiBackend.Clients;
using AiBackend.Orchestration;
using AiBackend.Orchestration.Extractive;
using AiBackend.Search.Answering;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Orchestration;

/// <summary>What customers of the demo shop are told without a model.</summary>
public sealed class ExtractiveOrchestratorTests
{
    private readonly PartRecord<AnswerPart> parts = new();
    private readonly ExtractiveOrchestrator orchestrator = new(ShopIndex.FindAsync, new SentenceRanker(ShopIndex.Embedder));

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("How long do I have to return boots?", "You can return any item within 30 days of delivery, as long as it is unworn and still has its labels. [1]")]
    [InlineData("Do you ship to post office boxes?", "We do not ship to post office boxes. [1]")]
    [InlineData("How do I cancel an order?", "An order can be cancelled free of charge within 60 minutes of placing it, under \"My orders\". [1]")]
    [InlineData("How much is express shipping?", "Standard shipping costs 4.90 EUR and is free for orders over 60 EUR. Express shipping costs 12.90 EUR. [1]")]
    public async Task A_question_is_answered_with_the_sentences_that_answer_it(string question, string text)
    {
        var answer = await AskAsync(question);

        Assert.Equal(text, answer.TextSoFar());
        var completed = Assert.IsType<AnswerPart.Completed>(answer[^1]);
        Assert.Equal((text, "ai-backend", null), (completed.Text, completed.Model, completed.Usage));
        Assert.InRange(completed.Confidence!.Value, 0.25, 1);
    }

    [Fact]
    public async Task Sources_come_first_and_then_a_piece_for_each_sentence()
    {
        var answer = await AskAsync("How much is express shipping?");

        var source = Assert.Single(Assert.IsType<AnswerPart.Sources>(answer[0]).Items);
        Assert.Equal(
            new Citation(
                "shipping",
                "shipping-0",
                "Shipping and delivery",
                "https://shop.example/shipping",
                "Standard shipping costs 4.90 EUR and is free for orders over 60 EUR. Express shipping costs 12.90 EUR.",
                source.Score),
            source);
        Assert.InRange(source.Score!.Value, 0.5, 1);
        Assert.Equal(new AnswerPart.Delta("Standard shipping costs 4.90 EUR and is free for orders over 60 EUR."), answer[1]);
        Assert.Equal(new AnswerPart.Delta(" Express shipping costs 12.90 EUR. [1]"), answer[2]);
        Assert.Equal([source], Assert.IsType<AnswerPart.Completed>(answer[3]).Citations);
        Assert.Equal(4, answer.Count);
    }

    [Fact]
    public async Task Each_passage_has_a_number_and_each_number_a_citation()
    {
        var answer = await AskAsync("returns", new ChatSettings { MinConfidence = 0 });

        var completed = Assert.IsType<AnswerPart.Completed>(answer[^1]);
        var numbers = completed.Text.Split('[').Skip(1).Select(rest => rest[0] - '0').Distinct();
        Assert.Equal(Enumerable.Range(1, completed.Citations.Count), numbers);
        Assert.Equal(completed.Citations.Count, completed.Citations.DistinctBy(citation => citation.ChunkId).Count());
    }

    [Theory]
    [InlineData("What is the capital of France?")]
    [InlineData("Can you write me a poem about the sea?")]
    [InlineData("Who won the world cup in 1998?")]
    [InlineData("asdf qwer")]
    [InlineData("???")]
    public async Task A_question_that_the_documents_do_not_answer_goes_to_a_person_without_a_word(string question)
    {
        var answer = await AskAsync(question);

        var handOver = Assert.IsType<AnswerPart.HandOver>(Assert.Single(answer));
        Assert.Contains(handOver.Reason, new[] { "nothing_found", "low_confidence" });
        Assert.InRange(handOver.Confidence!.Value, 0, 0.25);
    }

    [Fact]
    public async Task The_clients_threshold_decides()
    {
        const string Question = "Is shipping free?";
        var confidence = Assert.IsType<AnswerPart.Completed>((await AskAsync(Question))[^1]).Confidence!.Value;

        var at = await AskAsync(Question, new ChatSettings { MinConfidence = confidence });
        var above = await AskAsync(Question, new ChatSettings { MinConfidence = confidence + 0.001 });

        Assert.IsType<AnswerPart.Completed>(at[^1]);
        Assert.Equal(new AnswerPart.HandOver("low_confidence", confidence, Usage: null), above[^1]);
    }

    [Fact]
    public async Task A_suggestion_carries_its_low_confidence_instead_of_going_to_a_person()
    {
        var answer = await AskAsync(Questions.Ask("Do you sell surfboards?", new ChatSettings { MinConfidence = 0.9 }) with { MayHandOver = false });

        var completed = Assert.IsType<AnswerPart.Completed>(answer[^1]);
        Assert.InRange(completed.Confidence!.Value, 0, 0.9);
        Assert.Single(completed.Citations);
    }

    [Fact]
    public async Task A_suggestion_says_when_there_is_nothing()
    {
        var answer = await AskAsync(Questions.Ask("asdf qwer") with { MayHandOver = false });

        Assert.Equal("I could not find an answer to that in the documents.", answer.TextSoFar());
        var completed = Assert.IsType<AnswerPart.Completed>(answer[^1]);
        Assert.Equal(0, completed.Confidence);
        Assert.Empty(completed.Citations);
        Assert.Empty(answer.OfType<AnswerPart.Sources>());
    }

    [Theory]
    [InlineData("hi", "Hello! What would you like to know?")]
    [InlineData("Hello there!", "Hello! What would you like to know?")]
    [InlineData("Good morning :)", "Hello! What would you like to know?")]
    [InlineData("Thank you very much, that helped!", "You're welcome.")]
    [InlineData("ok thanks", "You're welcome.")]
    [InlineData("Thanks, bye", "You're welcome.")]
    [InlineData("Goodbye.", "Goodbye!")]
    public async Task Small_talk_is_returned_and_calls_nobody(string text, string reply)
    {
        var answer = await AskAsync(text);

        Assert.Equal(reply, answer.TextSoFar());
        var completed = Assert.IsType<AnswerPart.Completed>(answer[^1]);
        Assert.Equal((reply, null), (completed.Text, completed.Confidence));
    }

    [Theory]
    [InlineData("Hi, how long do I have to return boots?", "within 30 days")]
    [InlineData("thanks, and what does express shipping cost?", "12.90 EUR")]
    public async Task A_question_after_a_greeting_is_answered(string text, string expected) =>
        Assert.Contains(expected, (await AskAsync(text)).TextSoFar());

    [Theory]
    [InlineData("Can I return boots?", "And how long do I have?", "within 30 days of delivery")]
    [InlineData("Can I return boots?", "How long do I have?", "within 30 days of delivery")]
    [InlineData("How long does shipping take?", "And how much is it?", "12.90 EUR")]
    [InlineData("How much is express shipping?", "And how long does that take?", "on the next working day")]
    [InlineData("Is there a warranty on backpacks?", "What about tents?", "Tents, jackets and boots")]
    [InlineData("Can I return boots?", "gift cards?", "Gift cards")]
    [InlineData("How do I return boots?", "opening hours", "open Monday to Saturday")]
    [InlineData("How do I return boots?", "Can I pay with PayPal?", "PayPal")]
    public async Task A_follow_up_is_understood_by_what_was_asked_before(string before, string message, string expected)
    {
        var answer = await AskAsync(Questions.Ask(message, null, Questions.User(before), Questions.Assistant("Yes."), Questions.User("thanks")));

        Assert.Contains(expected, answer.TextSoFar());
    }

    [Theory]
    [InlineData("Can I return boots?", "surfboards?")]
    [InlineData("Can I return boots?", "What is the capital of France?")]
    public async Task What_was_asked_before_does_not_answer_another_question(string before, string message)
    {
        var answer = await AskAsync(Questions.Ask(message, null, Questions.User(before), Questions.Assistant("Yes.")));

        Assert.IsType<AnswerPart.HandOver>(Assert.Single(answer));
    }

    [Fact]
    public async Task The_same_question_gets_the_same_answer()
    {
        var first = await AskAsync("Can I pay with PayPal?");
        var second = await AskAsync("Can I pay with PayPal?");

        Assert.Equal(first.Select(Shown), second.Select(Shown));

        static string Shown(AnswerPart part) => System.Text.Json.JsonSerializer.Serialize(part, part.GetType());
    }

    private Task<IReadOnlyList<AnswerPart>> AskAsync(string question, ChatSettings? chat = null) =>
        AskAsync(Questions.Ask(question, chat));

    private async Task<IReadOnlyList<AnswerPart>> AskAsync(AnswerRequest request)
    {
        var before = parts.All.Count;
        return [.. (await orchestrator.AllAsync(request, parts, Ct)).Skip(before)];
    }
}
