using AiBackend.Ai;
using AiBackend.Tests.Support;
using Microsoft.Extensions.AI;

namespace AiBackend.Tests.Ai;

public sealed class ChatModelLimitsTests
{
    private static readonly UpstreamPolicy Once = new() { Tries = 1, TriesToOpen = 100 };

    private readonly PartRecord<ModelPart> parts = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Silence_is_waited_for_up_to_the_limit_and_no_longer()
    {
        await using var host = await ModelHost.StartAsync(Once);
        host.Server.Default = ModelReply.Silence();
        var asking = AskAsync(host, Ct);
        var request = await host.Server.NextRequestAsync(Ct);

        host.Clock.Advance(TimeSpan.FromSeconds(59.9));
        Assert.False(request.Aborted.IsCompleted);
        host.Clock.Advance(TimeSpan.FromSeconds(0.1));

        var error = await Assert.ThrowsAsync<UpstreamException>(() => asking);
        Assert.Equal("model_timeout", error.Code("model"));
        await request.Aborted.WaitAsync(Ct);
    }

    [Fact]
    public async Task Silence_is_followed_by_another_try()
    {
        await using var host = await ModelHost.StartAsync();
        host.Server.Then(ModelReply.Silence()).Then(ModelReply.Text("Here."));
        var asking = AskAsync(host, Ct);
        await host.Server.NextRequestAsync(Ct);

        host.Clock.Advance(TimeSpan.FromSeconds(60));

        await asking;
        Assert.Equal(["model_timeout", "completed"], parts.All.OfType<ModelPart.Answered>().Select(part => part.Outcome));
        Assert.Equal(TimeSpan.FromSeconds(60), parts.All.OfType<ModelPart.Answered>().First().Duration);
    }

    [Fact]
    public async Task An_answer_that_pauses_for_too_long_is_begun_again()
    {
        await using var host = await ModelHost.StartAsync();
        host.Server.Then(ModelReply.Stall("Ret")).Then(ModelReply.Text("Returns take 30 days."));
        var asking = AskAsync(host, Ct);
        await parts.UntilAsync<ModelPart.Text>(1, Ct);
        await host.Clock.UntilArmedAsync(TimeSpan.FromSeconds(30), 2, Ct); // after the role, after the text

        host.Clock.Advance(TimeSpan.FromSeconds(29.9));
        Assert.Empty(parts.All.OfType<ModelPart.Answered>());
        host.Clock.Advance(TimeSpan.FromSeconds(0.1));

        await asking;
        Assert.Single(parts.All.OfType<ModelPart.Reset>());
        Assert.Equal(new ModelPart.Text("Returns take 30 days."), parts.All.OfType<ModelPart.Text>().Last());
    }

    [Fact]
    public async Task A_reader_that_takes_its_time_is_not_the_servers_fault()
    {
        await using var host = await ModelHost.StartAsync(Once);
        host.Server.Then(ModelReply.Text("One ", "two."));
        var text = "";

        await host.Model.AskAsync(
            [new ChatMessage(ChatRole.User, "Count.")],
            null,
            part =>
            {
                text += (part as ModelPart.Text)?.Piece;
                host.Clock.Advance(TimeSpan.FromSeconds(61));
                return default;
            },
            Ct);

        Assert.Equal("One two.", text);
    }

    [Fact]
    public async Task An_answer_takes_no_longer_than_the_total_limit()
    {
        await using var host = await ModelHost.StartAsync(Once, options => options with { TotalLimit = TimeSpan.FromSeconds(40) });
        host.Server.Default = ModelReply.Silence();
        var asking = AskAsync(host, Ct);
        await host.Server.NextRequestAsync(Ct);

        host.Clock.Advance(TimeSpan.FromSeconds(40));

        var error = await Assert.ThrowsAsync<UpstreamException>(() => asking);
        Assert.Equal(UpstreamFailure.TimedOut, error.Failure);
        Assert.Equal("model_timeout", parts.All.OfType<ModelPart.Answered>().Single().Outcome);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Cancelling_ends_the_request_upstream(bool hasBegun)
    {
        await using var host = await ModelHost.StartAsync();
        host.Server.Default = hasBegun ? ModelReply.Stall("Ret") : ModelReply.Silence();
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var asking = AskAsync(host, cancellation.Token);
        var request = await host.Server.NextRequestAsync(Ct);
        if (hasBegun)
        {
            await parts.UntilAsync<ModelPart.Text>(1, Ct);
        }

        await cancellation.CancelAsync();

        await request.Aborted.WaitAsync(TimeSpan.FromSeconds(10), Ct);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.Single(host.Server.Requests);
    }

    [Theory]
    [InlineData("7")]
    [InlineData("Sat, 01 Jan 2000 00:00:07 GMT")]
    public async Task A_rate_limit_is_waited_out_as_long_as_the_server_asks(string retryAfter)
    {
        await using var host = await ModelHost.StartAsync();
        host.Server.Then(ModelReply.Status(429, retryAfter)).Then(ModelReply.Text("Now."));
        var asking = AskAsync(host, Ct);
        await host.Clock.UntilArmedAsync(TimeSpan.FromSeconds(7), 1, Ct);

        host.Clock.Advance(TimeSpan.FromSeconds(6.9));
        Assert.Single(parts.All.OfType<ModelPart.Asked>());
        host.Clock.Advance(TimeSpan.FromSeconds(0.1));

        await asking;
        Assert.Equal(2, parts.All.OfType<ModelPart.Asked>().Count());
    }

    [Fact]
    public async Task A_server_that_asks_to_be_left_alone_for_half_a_minute_is_asked_again_after_it()
    {
        await using var host = await ModelHost.StartAsync();
        host.Server.Then(ModelReply.Status(503, "30")).Then(ModelReply.Text("Now."));
        var asking = AskAsync(host, Ct);
        await host.Clock.UntilArmedAsync(TimeSpan.FromSeconds(30), 1, Ct);

        host.Clock.Advance(TimeSpan.FromSeconds(30));

        await asking;
    }

    [Fact]
    public async Task A_server_that_asks_to_be_left_alone_for_longer_is_given_up()
    {
        await using var host = await ModelHost.StartAsync();
        host.Server.Default = ModelReply.Status(503, "31");

        var error = await Assert.ThrowsAsync<UpstreamException>(() => AskAsync(host, Ct));

        Assert.Equal((503, 1), (error.Status, host.Server.Requests.Count));
    }

    [Fact]
    public async Task A_server_that_keeps_failing_is_left_alone_until_one_request_succeeds()
    {
        await using var host = await ModelHost.StartAsync(new UpstreamPolicy { RetryDelay = TimeSpan.Zero, TriesToOpen = 4 });
        host.Server.Default = ModelReply.Status(500);
        await Assert.ThrowsAsync<UpstreamException>(() => AskAsync(host, Ct));
        await Assert.ThrowsAsync<UpstreamException>(() => AskAsync(host, Ct));
        Assert.Equal(4, host.Server.Requests.Count);

        var refused = await Assert.ThrowsAsync<UpstreamException>(() => AskAsync(host, Ct));
        Assert.Equal("model_unavailable", refused.Code("model"));
        Assert.Equal(4, host.Server.Requests.Count);

        host.Clock.Advance(TimeSpan.FromSeconds(15.1));
        host.Server.Default = ModelReply.Text("Back.");
        await AskAsync(host, Ct);
        await AskAsync(host, Ct);
        Assert.Equal(6, host.Server.Requests.Count);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(400)]
    public async Task Refusals_do_not_open_the_circuit(int status)
    {
        await using var host = await ModelHost.StartAsync(new UpstreamPolicy { Tries = 1, TriesToOpen = 2 });
        host.Server.Default = ModelReply.Status(status);

        for (var i = 0; i < 6; i++)
        {
            var error = await Assert.ThrowsAsync<UpstreamException>(() => AskAsync(host, Ct));
            Assert.Equal(status, error.Status);
        }

        Assert.Equal(6, host.Server.Requests.Count);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_unavailable()
    {
        await using var host = await ModelHost.StartAsync(ai: options => options with { BaseUrl = new Uri("http://127.0.0.1:1/v1") });

        var error = await Assert.ThrowsAsync<UpstreamException>(() => AskAsync(host, Ct));

        Assert.Equal("model_unavailable", error.Code("model"));
        Assert.Equal(3, parts.All.OfType<ModelPart.Asked>().Count());
    }

    private Task<ModelAnswer> AskAsync(ModelHost host, CancellationToken ct) =>
        host.Model.AskAsync([new ChatMessage(ChatRole.User, "How long?")], null, parts.Add, ct);
}
