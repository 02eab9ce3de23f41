using AiBackend.Ai;
using AiBackend.Tests.Support;
using Microsoft.Extensions.AI;

namespace AiBackend.Tests.Ai;

public sealed class ChatModelTests
{
    private readonly PartRecord<ModelPart> record = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private IReadOnlyList<ModelPart> Parts => record.All;

    private string Text => string.Concat(Parts.OfType<ModelPart.Text>().Select(part => part.Piece));

    [Fact]
    public async Task An_answer_is_streamed_piece_by_piece_and_its_tokens_are_counted()
    {
        await using var host = await ModelHost.StartAsync();
        host.Server.Then(ModelReply.Text("Returns ", "take ", "30 days."));

        var answer = await AskAsync(host);

        Assert.Equal(["Returns ", "take ", "30 days."], Parts.OfType<ModelPart.Text>().Select(part => part.Piece));
        Assert.Equal(new ModelAnswer("scripted-model", new ModelUsage(11, 7)), answer);
        Assert.Equal(new ModelPart.Asked("scripted-model", 1), Parts[0]);
        Assert.Equal(new ModelPart.Answered("scripted-model", 1, "completed", TimeSpan.Zero, new ModelUsage(11, 7)), Parts[^1]);
    }

    [Theory]
    [InlineData(-100L, -20L, 0, 0)]
    [InlineData(null, 7L, 0, 7)]
    public void Fewer_tokens_than_none_are_none(long? input, long? output, long countedInput, long countedOutput) => Assert.Equal(
        new ModelUsage(countedInput, countedOutput),
        ModelUsage.Of(new Microsoft.Extensions.AI.UsageDetails { InputTokenCount = input, OutputTokenCount = output }));

    [Fact]
    public async Task The_request_carries_the_key_the_model_the_messages_and_asks_for_usage()
    {
        await using var host = await ModelHost.StartAsync();

        await AskAsync(host, model: "another-model");

        var request = await host.Server.NextRequestAsync(Ct);
        Assert.Equal("Bearer sk-scripted", request.Headers["Authorization"]);
        Assert.Equal("another-model", request.Body.GetProperty("model").GetString());
        Assert.True(request.Body.GetProperty("stream_options").GetProperty("include_usage").GetBoolean());
        Assert.Equal(["system: Be brief.", "user: How long?"], request.Messages);
    }

    [Fact]
    public async Task A_server_that_counts_no_tokens_leaves_the_usage_unknown()
    {
        await using var host = await ModelHost.StartAsync();
        host.Server.Then(ModelReply.Uncounted("Yes."));

        var answer = await AskAsync(host);

        Assert.Null(answer.Usage);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(429)]
    [InlineData(408)]
    public async Task A_passing_refusal_is_tried_again(int status)
    {
        await using var host = await ModelHost.StartAsync();
        host.Server.Then(ModelReply.Status(status)).Then(ModelReply.Status(status)).Then(ModelReply.Text("At last."));

        await AskAsync(host);

        Assert.Equal("At last.", Text);
        Assert.Equal(3, host.Server.Requests.Count);
        Assert.Equal([1, 2, 3], Parts.OfType<ModelPart.Asked>().Select(part => part.Try));
        Assert.Empty(Parts.OfType<ModelPart.Reset>());
    }

    [Theory]
    [InlineData(500, "model_unavailable", 3)]
    [InlineData(429, "model_rate_limited", 3)]
    [InlineData(504, "model_timeout", 3)]
    [InlineData(400, "model_rejected", 1)]
    [InlineData(401, "model_rejected", 1)]
    [InlineData(302, "model_rejected", 1)]
    public async Task A_lasting_refusal_ends_after_as_many_tries_as_make_sense(int status, string code, int tries)
    {
        await using var host = await ModelHost.StartAsync();
        host.Server.Default = ModelReply.Status(status);

        var error = await Assert.ThrowsAsync<UpstreamException>(() => AskAsync(host));

        Assert.Equal((status, code), (error.Status, error.Code("model")));
        Assert.Equal(tries, host.Server.Requests.Count);
        Assert.Equal(code, Parts.OfType<ModelPart.Answered>().Last().Outcome);
    }

    [Fact]
    public async Task What_the_server_says_in_an_error_is_neither_logged_nor_shown()
    {
        await using var host = await ModelHost.StartAsync();
        host.Server.Default = ModelReply.Status(500);

        var error = await Assert.ThrowsAsync<UpstreamException>(() => AskAsync(host));

        Assert.DoesNotContain("SECRET", error.ToString());
        Assert.Contains(host.Log.All, line => line.Contains("status 500"));
        Assert.DoesNotContain(host.Log.All, line => line.Contains("SECRET") || line.Contains("sk-scripted") || line.Contains("How long?"));
    }

    [Fact]
    public async Task A_stream_that_breaks_is_reset_and_begun_again()
    {
        await using var host = await ModelHost.StartAsync();
        host.Server.Then(ModelReply.Cut(record.UntilAsync<ModelPart.Text>(2, Ct), "Returns ", "take")).Then(ModelReply.Text("Returns take 30 days."));

        await AskAsync(host);

        Assert.Equal(
            [
                typeof(ModelPart.Asked), typeof(ModelPart.Text), typeof(ModelPart.Text), typeof(ModelPart.Answered),
                typeof(ModelPart.Reset), typeof(ModelPart.Asked), typeof(ModelPart.Text), typeof(ModelPart.Answered),
            ],
            Parts.Select(part => part.GetType()));
        Assert.Equal("model_unavailable", Parts.OfType<ModelPart.Answered>().First().Outcome);
        Assert.Equal(new ModelPart.Text("Returns take 30 days."), Parts[^2]);
    }

    [Fact]
    public async Task A_stream_that_stops_without_its_end_counts_as_broken()
    {
        await using var host = await ModelHost.StartAsync();
        host.Server.Default = ModelReply.Unfinished("Returns take");

        var error = await Assert.ThrowsAsync<UpstreamException>(() => AskAsync(host));

        Assert.Equal(UpstreamFailure.Unavailable, error.Failure);
        Assert.Equal(3, host.Server.Requests.Count);
    }

    [Theory]
    [InlineData("text/event-stream", "data: {\"choices\": [oh no\n\n")]
    [InlineData("text/event-stream", "data: [1, 2]\n\n")]
    [InlineData("text/event-stream", "data: {\"choices\": 5}\n\n")]
    [InlineData("text/event-stream", "data: \"text\"\n\ndata: [DONE]\n\n")]
    public async Task An_answer_that_cannot_be_read_is_tried_again_and_then_given_up(string contentType, string body)
    {
        await using var host = await ModelHost.StartAsync();
        host.Server.Default = ModelReply.Body(contentType, body);

        var error = await Assert.ThrowsAsync<UpstreamException>(() => AskAsync(host));

        Assert.Equal("model_invalid_response", error.Code("model"));
        Assert.Equal(3, host.Server.Requests.Count);
    }

    [Theory]
    [InlineData("application/json", "{ \"choices\": [")]
    [InlineData("text/html", "<html>Welcome to the captive portal</html>")]
    [InlineData("text/event-stream", "event: nonsense\nid 7\n: hm\n\n")]
    [InlineData("text/event-stream", "data: {\"error\": {\"message\": \"SECRET overload\"}}\n\n")]
    [InlineData("text/event-stream", "data: [DONE]\n\n")]
    public async Task An_answer_that_holds_no_completion_is_tried_again_and_then_given_up(string contentType, string body)
    {
        await using var host = await ModelHost.StartAsync();
        host.Server.Default = ModelReply.Body(contentType, body);

        await Assert.ThrowsAsync<UpstreamException>(() => AskAsync(host));

        Assert.Equal(3, host.Server.Requests.Count);
        Assert.Empty(Text);
    }

    [Fact]
    public async Task An_empty_answer_is_no_answer()
    {
        await using var host = await ModelHost.StartAsync();
        host.Server.Then(ModelReply.Text()).Then(ModelReply.Text("Something."));

        await AskAsync(host);

        Assert.Equal("model_invalid_response", Parts.OfType<ModelPart.Answered>().First().Outcome);
        Assert.Equal("Something.", Text);
    }

    [Fact]
    public async Task A_refusal_of_the_content_is_not_tried_again()
    {
        await using var host = await ModelHost.StartAsync();
        host.Server.Default = ModelReply.Stream(stream => stream.EndAsync("content_filter", null));

        var error = await Assert.ThrowsAsync<UpstreamException>(() => AskAsync(host));

        Assert.Equal(UpstreamFailure.Rejected, error.Failure);
        Assert.Single(host.Server.Requests);
    }

    [Fact]
    public async Task A_model_that_does_not_stop_is_stopped()
    {
        await using var host = await ModelHost.StartAsync();
        host.Server.Default = ModelReply.Stream(async stream =>
        {
            await stream.DeltaAsync(new string('a', ChatModel.LongestAnswer - 1));
            await stream.DeltaAsync("bcd");
            await stream.HangAsync();
        });

        await AskAsync(host);

        Assert.Equal(ChatModel.LongestAnswer, Text.Length);
        Assert.EndsWith("ab", Text);
        await host.Server.Requests[0].Aborted.WaitAsync(Ct);
    }

    [Fact]
    public async Task A_model_is_not_stopped_in_the_middle_of_a_character()
    {
        await using var host = await ModelHost.StartAsync();
        host.Server.Then(ModelReply.Text(new string('a', ChatModel.LongestAnswer - 1), "\U0001F600 and more"));

        await AskAsync(host);

        Assert.Equal(new string('a', ChatModel.LongestAnswer - 1), Text);
    }

    [Fact]
    public async Task An_answer_of_the_longest_length_is_given_whole()
    {
        await using var host = await ModelHost.StartAsync();
        host.Server.Then(ModelReply.Text(new string('a', ChatModel.LongestAnswer)));

        var answer = await AskAsync(host);

        Assert.Equal((ChatModel.LongestAnswer, new ModelUsage(11, 7)), (Text.Length, answer.Usage));
    }

    [Fact]
    public async Task The_tokens_of_broken_tries_count_too()
    {
        await using var host = await ModelHost.StartAsync();
        host.Server
            .Then(ModelReply.Stream(stream => stream.EndAsync(5, 3)))
            .Then(ModelReply.Text("Yes."));

        var answer = await AskAsync(host);

        Assert.Equal(new ModelUsage(16, 10), answer.Usage);
    }

    private Task<ModelAnswer> AskAsync(ModelHost host, string? model = null) => host.Model.AskAsync(
        [new ChatMessage(ChatRole.System, "Be brief."), new ChatMessage(ChatRole.User, "How long?")],
        model,
        record.Add,
        Ct);
}
