using AiBackend.Ai;
using AiBackend.Clients;
using AiBackend.Orchestration;
using AiBackend.Orchestration.Model;
using AiBackend.Search.Answering;
using AiBackend.Tests.Ai;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Orchestration;

public sealed class ModelOrchestratorTests
{
    private static readonly Source Returns = Make("returns", "# Returns\n\nYou can return any item within 30 days of delivery. Boots may be tried on indoors.");
    private static readonly Source Shipping = Make("shipping", "Standard delivery takes 2 to 4 working days. Express shipping costs 12.90 EUR.");

    private readonly PartRecord<AnswerPart> parts = new();
    private readonly List<string> queries = [];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_answer_streams_with_its_sources_before_it_and_its_citations_after_it()
    {
        await using var host = await ModelHost.StartAsync();
        host.Server.Then(ModelReply.Text("You can return any ", "item within 30 days ", "[1]."));

        var answer = await AskAsync(host, Questions.Ask("Can I return boots?"), Returns, Shipping);

        Assert.Collection(
            answer,
            part => Assert.Equal(["doc_returns", "doc_shipping"], Assert.IsType<AnswerPart.Sources>(part).Items.Select(item => item.DocumentId)),
            part => Assert.Equal(new AnswerPart.RequestSent("scripted-model", "reply", 1), part),
            part => Assert.Equal(new AnswerPart.Delta("You can return any"), part),
            part => Assert.Equal(new AnswerPart.Delta(" item within 30 days"), part),
            part => Assert.Equal(new AnswerPart.Delta(" [1]."), part),
            part => Assert.Equal(
                new AnswerPart.ResponseReceived("scripted-model", "reply", 1, "completed", TimeSpan.Zero, new TokenUsage(11, 7, null)), part),
            part =>
            {
                var completed = Assert.IsType<AnswerPart.Completed>(part);
                Assert.Equal("You can return any item within 30 days [1].", completed.Text);
                Assert.Equal(Returns.Cite("You can return any item within 30 days of delivery."), Assert.Single(completed.Citations));
                Assert.Equal((new TokenUsage(11, 7, null), "scripted-model", null), (completed.Usage, completed.Model, completed.Data));
                Assert.InRange(completed.Confidence!.Value, 0.9, 1);
            });
    }

    [Fact]
    public async Task Markers_are_checked_and_numbered_while_the_answer_streams()
    {
        await using var host = await ModelHost.StartAsync();
        host.Server.Then(ModelReply.Text("Express shipping costs 12.90 EUR [", "2]. Returns take 30 days [9", "] [1]."));

        var answer = await AskAsync(host, Questions.Ask("What does it cost?"), Returns, Shipping);

        Assert.Equal("Express shipping costs 12.90 EUR [1]. Returns take 30 days [2].", answer.TextSoFar());
        var completed = Assert.IsType<AnswerPart.Completed>(answer[^1]);
        Assert.Equal(answer.TextSoFar(), completed.Text);
        Assert.Equal(
            ["Express shipping costs 12.90 EUR.", "You can return any item within 30 days of delivery."], completed.Citations.Select(item => item.Quote));
        Assert.Equal(["doc_shipping", "doc_returns"], answer.OfType<AnswerPart.Sources>().Last().Items.Select(item => item.DocumentId));
        var numbered = answer.ToList().FindIndex(part => part is AnswerPart.Delta { Text: var text } && text.Contains("[1]"));
        var arranged = answer.ToList().FindLastIndex(part => part is AnswerPart.Sources);
        Assert.True(arranged < numbered);
    }

    [Fact]
    public async Task A_stream_that_breaks_takes_back_its_text_and_its_numbers()
    {
        await using var host = await ModelHost.StartAsync();
        host.Server
            .Then(ModelReply.Cut(parts.UntilAsync<AnswerPart.Delta>(1, Ct), "Shipping [2] is"))
            .Then(ModelReply.Text("Returns take 30 days [1]."));

        var answer = await AskAsync(host, Questions.Ask("Can I return boots?"), Returns, Shipping);

        Assert.Equal("Returns take 30 days [1].", answer.TextSoFar());
        Assert.Equal(answer.TextSoFar(), Assert.IsType<AnswerPart.Completed>(answer[^1]).Text);
        Assert.Single(answer.OfType<AnswerPart.Reset>());
        Assert.Equal(["doc_returns", "doc_shipping"], answer.OfType<AnswerPart.Sources>().Last().Items.Select(item => item.DocumentId));
        Assert.Equal("doc_returns", Assert.Single(((AnswerPart.Completed)answer[^1]).Citations).DocumentId);
    }

    [Fact]
    public async Task A_try_that_fails_before_any_text_resets_nothing()
    {
        await using var host = await ModelHost.StartAsync();
        host.Server.Then(ModelReply.Status(503)).Then(ModelReply.Text("Yes [1]."));

        var answer = await AskAsync(host, Questions.Ask("Can I return boots?"), Returns);

        Assert.Empty(answer.OfType<AnswerPart.Reset>());
        Assert.Equal(["model_unavailable", "completed"], answer.OfType<AnswerPart.ResponseReceived>().Select(part => part.Outcome));
    }

    [Theory]
    [InlineData("You can return any item within 30 days of delivery [1].", 1, 1)]
    [InlineData("Items may be returned for 30 days after delivery [1].", 0.6, 1)]
    [InlineData("The moon is made of green cheese from Switzerland [1].", 0, 0.35)]
    [InlineData("You can return any item within 30 days of delivery.", 0, 0)]
    [InlineData("I could not find that in the sources.", 0, 0)]
    public async Task Confidence_is_how_much_the_cited_passages_support(string text, double least, double most)
    {
        await using var host = await ModelHost.StartAsync();
        host.Server.Then(ModelReply.Text(text));

        var answer = await AskAsync(host, Questions.Ask("Can I return boots?"), Returns, Shipping);

        Assert.InRange(Assert.IsType<AnswerPart.Completed>(answer[^1]).Confidence!.Value, least, most);
    }

    [Fact]
    public async Task An_answer_half_of_which_is_made_up_has_less_confidence()
    {
        await using var host = await ModelHost.StartAsync();
        host.Server
            .Then(ModelReply.Text("Express shipping costs 12.90 EUR [2]."))
            .Then(ModelReply.Text("Express shipping costs 12.90 EUR [2]. Elephants sing operas in Paris [2]."));

        var honest = await AskAsync(host, Questions.Ask("Express?"), Returns, Shipping);
        var inventive = await AskAsync(host, Questions.Ask("Express?"), Returns, Shipping);

        Assert.Equal(1, honest.OfType<AnswerPart.Completed>().Last().Confidence);
        Assert.InRange(inventive.OfType<AnswerPart.Completed>().Last().Confidence!.Value, 0.4, 0.75);
    }

    [Theory]
    [InlineData("Yes [1].")]
    public async Task An_answer_without_telling_words_has_no_confidence(string text)
    {
        await using var host = await ModelHost.StartAsync();
        host.Server.Then(ModelReply.Text(text));

        var completed = Assert.IsType<AnswerPart.Completed>((await AskAsync(host, Questions.Ask("Can I return boots?"), Returns))[^1]);

        Assert.Null(completed.Confidence);
        Assert.Single(completed.Citations);
    }

    [Fact]
    public async Task Without_sources_there_is_no_confidence_and_nothing_to_cite()
    {
        await using var host = await ModelHost.StartAsync();
        host.Server.Then(ModelReply.Text("I could not find it [1]."));

        var answer = await AskAsync(host, Questions.Ask("Can I return boots?"));

        var completed = Assert.IsType<AnswerPart.Completed>(answer[^1]);
        Assert.Equal(("I could not find it.", null), (completed.Text, completed.Confidence));
        Assert.Empty(completed.Citations);
        Assert.Empty(answer.OfType<AnswerPart.Sources>());
        Assert.Contains("No source was found", (await host.Server.NextRequestAsync(Ct)).Messages[0]);
    }

    [Fact]
    public async Task Small_talk_goes_to_the_model_without_a_search()
    {
        await using var host = await ModelHost.StartAsync();

        var answer = await AskAsync(host, Questions.Ask("Thank you!"), Returns);

        Assert.Empty(queries);
        Assert.Null(Assert.IsType<AnswerPart.Completed>(answer[^1]).Confidence);
    }

    [Fact]
    public async Task Passages_for_a_short_message_come_from_both_its_readings()
    {
        await using var host = await ModelHost.StartAsync();

        var answer = await AskAsync(host, Questions.Ask("gift cards?", null, Questions.User("How do I return my boots?")), Returns, Shipping);

        Assert.Equal(["gift cards?", "gift cards?\ndo I return my boots?"], queries);
        Assert.Equal(2, answer.OfType<AnswerPart.Sources>().First().Items.Count);
    }

    [Fact]
    public async Task Nothing_but_false_citations_is_no_answer()
    {
        await using var host = await ModelHost.StartAsync();
        host.Server.Then(ModelReply.Text("[7] [8]"));

        var error = await Assert.ThrowsAsync<OrchestrationException>(() => AskAsync(host, Questions.Ask("Can I return boots?"), Returns));

        Assert.Equal("model_invalid_response", error.Code);
    }

    [Fact]
    public async Task A_lasting_failure_is_told_in_the_services_own_words()
    {
        await using var host = await ModelHost.StartAsync();
        host.Server.Default = ModelReply.Status(500);

        var error = await Assert.ThrowsAsync<OrchestrationException>(() => AskAsync(host, Questions.Ask("Can I return boots?"), Returns));

        Assert.Equal(("model_unavailable", "The model server answered with status 500."), (error.Code, error.Detail));
        Assert.Null(error.InnerException);
    }

    [Fact]
    public async Task A_clients_model_and_the_suggestions_of_low_confidence_are_honoured()
    {
        await using var host = await ModelHost.StartAsync();
        host.Server.Then(ModelReply.Text("Elephants sing."));

        var answer = await AskAsync(host, Questions.Ask("Boots?", new ChatSettings { Model = "their-model", MinConfidence = 0.9 }), Returns);

        Assert.Equal("their-model", (await host.Server.NextRequestAsync(Ct)).Body.GetProperty("model").GetString());
        var completed = Assert.IsType<AnswerPart.Completed>(answer[^1]);
        Assert.Equal(("their-model", 0.0), (completed.Model, completed.Confidence));
    }

    [Fact]
    public async Task Cancelling_ends_the_request_upstream()
    {
        await using var host = await ModelHost.StartAsync();
        host.Server.Default = ModelReply.Stall("Ret");
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var asking = Make(host, Returns).AllAsync(Questions.Ask("Can I return boots?"), parts, cancellation.Token);
        var request = await host.Server.NextRequestAsync(Ct);
        await parts.UntilAsync<AnswerPart.Delta>(1, Ct);

        await cancellation.CancelAsync();

        await request.Aborted.WaitAsync(TimeSpan.FromSeconds(10), Ct);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }

    private static Source Make(string name, string text) => new()
    {
        DocumentId = $"doc_{name}",
        ChunkId = $"chk_{name}",
        Title = name,
        Url = $"https://shop.example/{name}",
        Text = text,
        Score = 0.5,
        Coverage = 0.5,
    };

    private ModelOrchestrator Make(ModelHost host, params Source[] sources)
    {
        var ranker = new SentenceRanker(ShopIndex.Embedder);
        return new ModelOrchestrator(
            (_, query, _) =>
            {
                queries.Add(query);
                return Task.FromResult(new FoundSources(sources, new Dictionary<string, double>()));
            },
            host.Model,
            host.Get<AiOptions>(),
            ranker,
            new AnswerSupport(ranker));
    }

    private async Task<IReadOnlyList<AnswerPart>> AskAsync(ModelHost host, AnswerRequest request, params Source[] sources)
    {
        var before = parts.All.Count;
        return [.. (await Make(host, sources).AllAsync(request, parts, Ct)).Skip(before)];
    }
}
