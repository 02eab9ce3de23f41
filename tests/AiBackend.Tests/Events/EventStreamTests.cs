using System.Text.Json;
using AiBackend.Events;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Events;

/// <summary>Streams need a real connection.</summary>
public sealed class EventStreamFixture : EventsFixture
{
    protected override bool IsOnKestrel => true;
}

public sealed class EventStreamTests(EventStreamFixture app) : IClassFixture<EventStreamFixture>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Events_are_streamed_from_now_on_as_their_get_answers_them()
    {
        var tenant = await app.NewTenantAsync();
        await app.RaiseAsync(tenant);
        using var stream = await OpenAsync(tenant, string.Empty);

        var first = await app.RaiseAsync(tenant, sessionId: "ses_1", sequence: 1);
        var second = await app.RaiseAsync(tenant, EventTypes.ChatRunStarted);
        await app.RaiseAsync(await app.NewTenantAsync());

        var (id, type, data) = await stream.NextAsync();
        Assert.Equal((first.Id, "chat.message.created"), (id, type));
        Assert.True(JsonElement.DeepEquals(await tenant.Http.GetJsonAsync($"/api/v1/events/{id}"), data));
        Assert.Equal(second.Id, (await stream.NextAsync()).Id);
        var third = await app.RaiseAsync(tenant);
        Assert.Equal(third.Id, (await stream.NextAsync()).Id);
    }

    [Fact]
    public async Task A_stream_goes_on_after_the_last_event_that_was_received()
    {
        var tenant = await app.NewTenantAsync();
        var first = await app.RaiseAsync(tenant);
        var second = await app.RaiseAsync(tenant);
        using var stream = await OpenAsync(tenant, string.Empty, first.Id);

        Assert.Equal(second.Id, (await stream.NextAsync()).Id);
        var third = await app.RaiseAsync(tenant);
        Assert.Equal(third.Id, (await stream.NextAsync()).Id);
    }

    [Fact]
    public async Task A_stream_begins_at_a_time_however_much_has_happened_since()
    {
        var tenant = await app.NewTenantAsync();
        await app.RaiseAsync(tenant);
        app.Advance(TimeSpan.FromMinutes(1));
        var since = app.Clock.GetUtcNow();
        var raised = new List<string>();
        for (var i = 0; i < 450; i++)
        {
            raised.Add((await app.RaiseAsync(tenant)).Id);
        }

        app.Advance(TimeSpan.FromMinutes(1));
        using var stream = await OpenAsync(tenant, $"?since={Uri.EscapeDataString(since.ToString("O"))}");

        var streamed = new List<string>();
        for (var i = 0; i < raised.Count; i++)
        {
            streamed.Add((await stream.NextAsync()).Id);
        }

        Assert.Equal(raised, streamed);
    }

    [Fact]
    public async Task An_event_that_becomes_visible_after_a_later_one_is_not_missed()
    {
        var tenant = await app.NewTenantAsync();
        using var stream = await OpenAsync(tenant, string.Empty);
        var earlierId = app.NewId("evt");
        var later = await app.RaiseAsync(tenant);
        Assert.Equal(later.Id, (await stream.NextAsync()).Id);

        await app.Store.For(tenant.ClientId).CommitAsync(
            async transaction =>
            {
                await transaction.InsertAsync(later with { Id = earlierId, Version = 0 });
                transaction.Signal(EventStreams.Topic(tenant.ClientId));
            },
            Ct);

        Assert.Equal(earlierId, (await stream.NextAsync()).Id);
    }

    [Fact]
    public async Task A_stream_ends_after_a_quarter_of_an_hour()
    {
        var tenant = await app.NewTenantAsync();
        using var stream = await OpenAsync(tenant, string.Empty);

        app.Advance(TimeSpan.FromMinutes(15));
        app.Store.Signals.Raise(EventStreams.Topic(tenant.ClientId));

        await Assert.ThrowsAsync<EndOfStreamException>(stream.NextAsync);
    }

    [Fact]
    public async Task A_start_that_makes_no_sense_is_refused()
    {
        var tenant = await app.NewTenantAsync();

        var id = await tenant.Http.SendAsync(HttpMethod.Get, "/api/v1/events/stream", null, ("Last-Event-ID", "msg_1"));
        var time = await tenant.Http.GetAsync("/api/v1/events/stream?since=noon", Ct);

        Assert.Equal(["Last-Event-ID"], await id.InvalidFieldsAsync());
        Assert.Equal(["since"], await time.InvalidFieldsAsync());
    }

    private static async Task<OpenStream> OpenAsync(Tenant tenant, string query, string? lastId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/events/stream{query}");
        if (lastId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastId);
        }

        var response = await tenant.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Ct);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return new OpenStream(response, new StreamReader(await response.Content.ReadAsStreamAsync(Ct)));
    }

    private sealed record OpenStream(HttpResponseMessage Response, StreamReader Reader) : IDisposable
    {
        public async Task<(string Id, string Type, JsonElement Data)> NextAsync()
        {
            var fields = new Dictionary<string, string>();
            while (await Reader.ReadLineAsync(Ct).AsTask().WaitAsync(TimeSpan.FromMinutes(1), Ct) is { } line)
            {
                if (line.Length == 0 && fields.Count > 0)
                {
                    return (fields["id"], fields["event"], JsonSerializer.Deserialize<JsonElement>(fields["data"]));
                }

                if (line.IndexOf(": ", StringComparison.Ordinal) is > 0 and var colon)
                {
                    fields[line[..colon]] = line[(colon + 2)..];
                }
            }

            throw new EndOfStreamException();
        }

        public void Dispose() => Response.Dispose();
    }
}
