using AiBackend.Events;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Events;

public sealed class EventListTests(EventsFixture app) : IClassFixture<EventsFixture>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_event_is_read_as_it_was_raised()
    {
        var tenant = await app.NewTenantAsync();

        var raised = await app.RaiseAsync(tenant, sessionId: "ses_1", sequence: 1);
        var read = await tenant.Http.GetJsonAsync($"/api/v1/events/{raised.Id}");

        Assert.Equal(
            (raised.Id, "chat.message.created", tenant.ClientId, "message", "msg_1", "ses_1", 1L),
            (read.Text("id"), read.Text("type"), read.Text("client_id"), read.Text("entity_type"), read.Text("entity_id"), read.Text("session_id"),
                read.GetProperty("sequence").GetInt64()));
        Assert.Equal("Zażółć 🙂 \"quoted\"", read.GetProperty("data").GetProperty("message").Text("text"));
        Assert.Equal(32, read.Text("trace_id").Length);
    }

    [Fact]
    public async Task Events_are_listed_newest_first_page_by_page_and_by_what_is_asked_for()
    {
        var tenant = await app.NewTenantAsync();
        var first = await app.RaiseAsync(tenant, EventTypes.ChatMessageCreated, "ses_1", 1);
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        var second = await app.RaiseAsync(tenant, EventTypes.ChatMessageUpdated, "ses_1", 2);
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        var third = await app.RaiseAsync(tenant, EventTypes.ChatMessageCreated, "ses_2", 1);

        Task<string[]> ListAsync(string query) => IdsOfAsync(tenant, $"/api/v1/events?entity_id=msg_1&{query}");
        var since = Uri.EscapeDataString(second.CreatedAt.ToString("O"));

        Assert.Equal([third.Id, second.Id, first.Id], await ListAsync(string.Empty));
        Assert.Equal([first.Id, second.Id, third.Id], await ListAsync("order=asc"));
        Assert.Equal([third.Id, first.Id], await ListAsync("type=chat.message.created"));
        Assert.Equal([second.Id, first.Id], await ListAsync("session_id=ses_1"));
        Assert.Equal([second.Id], await ListAsync("session_id=ses_1&type=chat.message.updated"));
        Assert.Equal([third.Id, second.Id], await ListAsync($"since={since}"));
        Assert.Equal([third.Id], await ListAsync($"since={Uri.EscapeDataString(second.CreatedAt.AddTicks(1).ToString("O"))}"));
        Assert.Equal([second.Id], await ListAsync($"since={since}&session_id=ses_1"));
        Assert.Empty(await IdsOfAsync(tenant, "/api/v1/events?entity_id=msg_2"));
        var page = await tenant.Http.GetJsonAsync($"/api/v1/events?entity_id=msg_1&limit=2&since={since}");
        Assert.Equal(2, page.Data().Length);
        page = await tenant.Http.GetJsonAsync("/api/v1/events?entity_id=msg_1&limit=2");
        Assert.Equal([first.Id], await ListAsync($"limit=2&cursor={Uri.EscapeDataString(page.Text("next_cursor"))}"));
    }

    [Theory]
    [InlineData("/api/v1/events?type=chat.massage.created", "type")]
    [InlineData("/api/v1/events?type=chat.*", "type")]
    [InlineData("/api/v1/events?since=yesterday", "since")]
    [InlineData("/api/v1/events?since=2026-11-22", "since")]
    [InlineData("/api/v1/deliveries?status=lost", "status")]
    [InlineData("/api/v1/deliveries?limit=201", "limit")]
    public async Task A_question_that_makes_no_sense_is_refused(string path, string field)
    {
        var tenant = await app.NewTenantAsync();

        Assert.Equal([field], await (await tenant.Http.GetAsync(path, Ct)).InvalidFieldsAsync());
    }

    [Fact]
    public async Task Deliveries_are_listed_by_processor_and_status()
    {
        await using var receiver = await Receiver.StartNewAsync();
        receiver.Then(Receiver.Status(500));
        var tenant = await app.NewTenantAsync();
        var one = await EventsFixture.NewProcessorAsync(tenant, receiver.Url);
        var failing = await app.RaiseAsync(tenant);
        var pending = (await app.DeliveryAsync(tenant, failing.Id, one, "pending", attempts: 1)).Text("id");
        var other = await EventsFixture.NewProcessorAsync(tenant, receiver.Url);
        var taken = await app.RaiseAsync(tenant);
        var delivered = (await app.DeliveryAsync(tenant, taken.Id, one, "delivered")).Text("id");
        var elsewhere = (await app.DeliveryAsync(tenant, taken.Id, other, "delivered")).Text("id");

        Task<string[]> ListAsync(string query) => IdsOfAsync(tenant, $"/api/v1/deliveries?{query}");

        Assert.Equal(3, (await ListAsync(string.Empty)).Length);
        Assert.Equal([delivered, pending], await ListAsync($"processor_id={one.Text("id")}"));
        Assert.Equal([pending], await ListAsync("status=pending"));
        Assert.Equal([delivered], await ListAsync($"status=delivered&processor_id={one.Text("id")}"));
        Assert.Equal(new[] { delivered, elsewhere }.Order(), (await ListAsync("status=delivered")).Order());
        Assert.Empty(await ListAsync("status=in_progress"));
        Assert.Empty(await ListAsync("status=failed"));
        Assert.Empty(await ListAsync($"status=cancelled&processor_id={one.Text("id")}"));
        Assert.All(
            (await tenant.Http.GetJsonAsync("/api/v1/deliveries")).Data(),
            delivery => Assert.False(delivery.TryGetProperty("attempts", out _)));
    }

    private static async Task<string[]> IdsOfAsync(Tenant tenant, string path) =>
        [.. (await tenant.Http.GetJsonAsync(path)).Data().Select(found => found.Text("id"))];
}
