using System.Runtime.CompilerServices;
using System.Threading.Channels;
using AiBackend.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AiBackend.Tests.Http;

public sealed class EventStreamWriterTests
{
    private readonly Channel<StreamEvent> source = Channel.CreateUnbounded<StreamEvent>();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Events_go_out_one_by_one_in_their_form()
    {
        await using var host = await StartAsync();
        using var response = await OpenAsync(host);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Ct));

        source.Writer.TryWrite(new StreamEvent("run_1:1", "reply.delta", """{"text":"Grüße"}"""));
        Assert.Equal("id: run_1:1\nevent: reply.delta\ndata: {\"text\":\"Grüße\"}\n\n", await ReadAsync(reader, lines: 4));

        source.Writer.TryWrite(new StreamEvent(null, "x", "{\n\"a\":\r\n1}"));
        source.Writer.Complete();
        Assert.Equal("event: x\ndata: {\ndata: \"a\":\ndata: \ndata: 1}\n\n", await reader.ReadToEndAsync(Ct));
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.ToString());
        Assert.True(response.Headers.CacheControl?.NoCache);
    }

    [Fact]
    public async Task A_comment_goes_out_every_15_seconds_of_silence()
    {
        await using var host = await StartAsync();
        using var response = await OpenAsync(host);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Ct));

        for (var i = 1; i <= 2; i++)
        {
            await host.Clock.UntilArmedAsync(TimeSpan.FromSeconds(15), times: i, Ct);
            host.Clock.Advance(TimeSpan.FromSeconds(15));
            Assert.Equal(":\n\n", await ReadAsync(reader, lines: 2));
        }

        source.Writer.TryWrite(new StreamEvent(null, "x", "{}"));
        Assert.Equal("event: x\ndata: {}\n\n", await ReadAsync(reader, lines: 3));
    }

    [Fact]
    public async Task The_source_is_released_when_the_reader_leaves()
    {
        await using var host = await StartAsync();
        var response = await OpenAsync(host);

        response.Dispose();

        await ended.Task.WaitAsync(Ct);
    }

    [Fact]
    public async Task A_source_that_is_slow_to_end_is_waited_for_when_the_reader_has_left()
    {
        var left = new CancellationTokenSource();
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var written = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var host = await RulesHost.StartAsync(api => api.MapGet("/stream", async (HttpContext http, TimeProvider clock) =>
            written.SetResult(await Record.ExceptionAsync(() => EventStreamWriter.WriteAsync(http, SlowToEndAsync(), clock, left.Token)))));

        using var response = await OpenAsync(host);
        released.SetResult();

        Assert.Null(await written.Task.WaitAsync(Ct));

        async IAsyncEnumerable<StreamEvent> SlowToEndAsync()
        {
            await left.CancelAsync();
            await released.Task;
            yield break;
        }
    }

    [Fact]
    public async Task A_stream_ends_when_the_service_stops()
    {
        await using var host = await StartAsync();
        using var response = await OpenAsync(host);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Ct));

        host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        Assert.Equal(string.Empty, await reader.ReadToEndAsync(Ct));
        await ended.Task.WaitAsync(Ct);
    }

    [Fact]
    public async Task A_head_request_gets_the_headers_and_no_stream()
    {
        await using var host = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Head, "/api/v1/stream");

        using var response = await host.Http.SendAsync(request, Ct);

        Assert.Equal((200, "text/event-stream"), ((int)response.StatusCode, response.Content.Headers.ContentType?.ToString()));
    }

    private Task<RulesHost> StartAsync() => RulesHost.StartAsync(api => api.MapGet(
        "/stream", (HttpContext http, TimeProvider clock, CancellationToken ct) => EventStreamWriter.WriteAsync(http, EventsAsync(ct), clock, ct)));

    private async IAsyncEnumerable<StreamEvent> EventsAsync([EnumeratorCancellation] CancellationToken ct)
    {
        try
        {
            await foreach (var sent in source.Reader.ReadAllAsync(ct))
            {
                yield return sent;
            }
        }
        finally
        {
            ended.TrySetResult();
        }
    }

    private static Task<HttpResponseMessage> OpenAsync(RulesHost host) =>
        host.Http.GetAsync("/api/v1/stream", HttpCompletionOption.ResponseHeadersRead, Ct);

    private static async Task<string> ReadAsync(StreamReader reader, int lines)
    {
        var text = string.Empty;
        for (var i = 0; i < lines; i++)
        {
            text += $"{await reader.ReadLineAsync(Ct)}\n";
        }

        return text;
    }
}
