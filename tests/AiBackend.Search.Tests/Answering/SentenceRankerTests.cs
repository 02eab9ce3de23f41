using AiBackend.Search.Answering;
using AiBackend.Search.Chunking;
using AiBackend.Search.Embedding;
using AiBackend.Search.Index;

namespace AiBackend.Search.Tests.Answering;

/// <summary>From a question to the best sentence of a small shop's texts: chunked, indexed, searched, ranked.</summary>
public sealed class SentenceRankerTests
{
    private static readonly SentenceRanker Ranker = new(BuiltInModel.Embedder);

    [Theory]
    [InlineData("How long do I have to return a product?", "within 30 days of delivery")]
    [InlineData("When do I get my money back?", "no later than 10 days")]
    [InlineData("Can I return opened earphones?", "cannot be returned")]
    [InlineData("Is there a refund for gift vouchers?", "cannot be returned")]
    [InlineData("Do you ship to Norway?", "Switzerland and Norway")]
    [InlineData("How much is shipping?", "costs 5.90 euros")]
    [InlineData("How fast is express delivery?", "the next morning")]
    [InlineData("What happens if I am not at home?", "with a neighbour")]
    [InlineData("Can I pay with PayPal?", "PayPal")]
    [InlineData("When do I have to pay the invoice?", "14 days")]
    [InlineData("Where do I enter a discount code?", "last step of the checkout")]
    [InlineData("How long is the warranty?", "two years")]
    [InlineData("What is the guarantee on batteries?", "six months")]
    [InlineData("Is water damage covered?", "is not covered")]
    [InlineData("Do the shoes fit true to size?", "one size larger")]
    [InlineData("Can I exchange it for a different size?", "we exchange it once")]
    [InlineData("I forgot my password", "Forgot password?")]
    [InlineData("How do I change my address?", "You can change your address")]
    [InlineData("Can I cancel my order?", "within two hours")]
    [InlineData("Please delete my account", "privacy@example.com")]
    [InlineData("When can I call customer support?", "from Monday to Friday")]
    public void A_question_that_the_texts_answer_gets_its_sentence_with_confidence(string question, string expected)
    {
        var (sentence, score) = Best(question);

        Assert.Contains(expected, sentence, StringComparison.Ordinal);
        Assert.InRange(score, 0.5, 1);
    }

    [Theory]
    [InlineData("How do I send something back?")]
    [InlineData("What does a return cost?")]
    [InlineData("Where is my parcel?")]
    public void A_question_that_several_sentences_touch_is_taken_up(string question) => Assert.InRange(Best(question).Score, 0.5, 1);

    [Theory]
    [InlineData("What is the capital of France?")]
    [InlineData("Who won the football world cup?")]
    [InlineData("What is the meaning of life?")]
    [InlineData("How tall is Mount Everest?")]
    [InlineData("Tell me a joke")]
    [InlineData("What's the weather like tomorrow?")]
    [InlineData("How do I bake sourdough bread?")]
    [InlineData("Can you recommend a good restaurant in Vienna?")]
    [InlineData("Who is the president of the United States?")]
    [InlineData("When did the second world war end?")]
    [InlineData("What time is it?")]
    [InlineData("Explain quantum mechanics")]
    [InlineData("Should I invest in bitcoin?")]
    [InlineData("How old is the universe?")]
    [InlineData("Do you sell bicycles?")]
    [InlineData("Who is the founder of the company?")]
    [InlineData("Are there job openings?")]
    public void A_question_that_the_texts_do_not_answer_is_refused(string question) => Assert.InRange(Best(question).Score, 0, 0.25);

    [Fact]
    public void A_paraphrase_without_a_shared_word_is_understood()
    {
        var passage = new SourcePassage(null, "We repair it at no cost. The parcel comes tomorrow.");

        var ranked = Ranker.Rank("fix", [passage]);

        Assert.Equal("We repair it at no cost.", TextOf(ranked[0], passage));
        Assert.InRange(ranked[0].Coverage, 0.2, 0.9);
    }

    [Fact]
    public void The_title_tells_what_a_sentence_is_about()
    {
        const string text = "It is two years for all devices.";

        var titled = Ranker.Rank("How long is the warranty?", [new SourcePassage("Warranty", text)])[0];
        var untitled = Ranker.Rank("How long is the warranty?", [new SourcePassage(null, text)])[0];

        Assert.True(titled.Score > untitled.Score + 0.2);
        Assert.Equal(untitled.Coverage, titled.Coverage);
    }

    [Fact]
    public void A_time_is_preferred_where_a_time_is_asked_for()
    {
        var passage = new SourcePassage("Delivery", "The delivery is made by a courier. The delivery is made in 3 days.");

        Assert.Equal("The delivery is made in 3 days.", TextOf(Ranker.Rank("How long does delivery take?", [passage])[0], passage));
    }

    [Fact]
    public void Every_sentence_but_headings_is_ranked_once_best_first_with_its_place()
    {
        SourcePassage[] passages =
        [
            new("Shop", "# Opening hours\nWe open at nine. The shop is closed on Sunday."),
            new("Shop", "The shop is closed on Sunday. We sell shoes."),
        ];

        var ranked = Ranker.Rank("Is the shop closed on Sunday?", passages);

        Assert.Equal(
            ["The shop is closed on Sunday.", "We open at nine.", "We sell shoes."],
            ranked.Select(sentence => TextOf(sentence, passages[sentence.PassageIndex])).Order());
        Assert.Equal("The shop is closed on Sunday.", TextOf(ranked[0], passages[ranked[0].PassageIndex]));
        Assert.Equal(ranked.OrderByDescending(sentence => sentence.Score), ranked);
        Assert.All(ranked, sentence => Assert.InRange(sentence.Score, 0, 1));
    }

    [Theory]
    [InlineData("")]
    [InlineData("???")]
    [InlineData("what is it")]
    public void A_question_that_says_nothing_has_no_answer(string question) =>
        Assert.Empty(Ranker.Rank(question, [new SourcePassage("Title", "What is it? It is what it is.")]));

    [Fact]
    public void Without_passages_there_is_no_answer() => Assert.Empty(Ranker.Rank("warranty", []));

    private static (string Sentence, double Score) Best(string question)
    {
        var embedder = BuiltInModel.Embedder;
        using var index = new ClientIndex();
        Dictionary<string, SourcePassage> passages = [];
        foreach (var (title, text) in ShopTexts.Documents)
        {
            var chunks = Chunker.Chunk(text);
            foreach (var chunk in chunks)
            {
                passages.Add($"{title}-{chunk.Start}", new SourcePassage(title, chunk.Text));
            }

            index.Put(new IndexedDocument
            {
                DocumentId = title,
                CollectionId = "shop",
                Title = title,
                Chunks =
                [
                    .. chunks.Select(chunk => new IndexedChunk
                    {
                        ChunkId = $"{title}-{chunk.Start}",
                        Text = chunk.Text,
                        Vector = embedder.Embed(chunk.Text),
                        Model = StaticEmbedder.ModelName,
                    }),
                ],
            });
        }

        // The floor is low, so that the ranker and not the search decides what is refused.
        var vector = new QueryVector(embedder.Embed(question), CosineFloor: 0.1f);
        var found = index.Search(new SearchQuery
        {
            Text = question,
            Limit = 6,
            Vectors = new Dictionary<string, QueryVector> { [StaticEmbedder.ModelName] = vector },
        });
        SourcePassage[] sources = [.. found.Hits.Select(hit => passages[hit.ChunkId])];
        return Ranker.Rank(question, sources, index.WeighTerms(question)) is [var best, ..]
            ? (TextOf(best, sources[best.PassageIndex]), best.Score)
            : ("", 0);
    }

    private static string TextOf(RankedSentence sentence, SourcePassage passage) => sentence.Range.Of(passage.Text).ToString();
}
