using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Events;

public sealed class ReceiverFaultTests(EventsFixture app) : IClassFixture<EventsFixture>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_receiver_that_does_not_answer_in_time_is_tried_again()
    {
        await using var receiver = await Receiver.StartNewAsync();
        receiver.Then(Receiver.Silence());
        var tenant = await app.NewTenantAsync();
        var processor = await EventsFixture.NewProcessorAsync(tenant, receiver.Url, timeoutSeconds: 2);

        var raised = await app.RaiseAsync(tenant);
        await receiver.NextRequestAsync(Ct);
        app.Advance(TimeSpan.FromSeconds(2));
        var waiting = await app.DeliveryAsync(tenant, raised.Id, processor, "pending", attempts: 1);

        var attempt = waiting.GetProperty("attempts")[0];
        Assert.Equal(("timed_out", "The receiver did not answer within 2 s."), (attempt.Text("outcome"), attempt.Text("error")));
        Assert.Equal(JsonValueKind.Null, attempt.GetProperty("response_status").ValueKind);
        Assert.Equal(2_000, attempt.GetProperty("duration_ms").GetInt64());
        app.AdvanceToNextAttempt(waiting);
        await app.DeliveryAsync(tenant, raised.Id, processor, "delivered", attempts: 2);
    }

    [Fact]
    public async Task Gone_disables_the_processor_cancels_what_waits_and_is_told_to_the_others()
    {
        await using var receiver = await Receiver.StartNewAsync();
        await using var other = await Receiver.StartNewAsync();
        receiver.Then(Receiver.Status(503), Receiver.Status(410));
        var tenant = await app.NewTenantAsync();
        var processor = await EventsFixture.NewProcessorAsync(tenant, receiver.Url);
        await EventsFixture.NewProcessorAsync(tenant, other.Url, eventTypes: ["processor.disabled"]);

        var first = await app.RaiseAsync(tenant);
        await app.DeliveryAsync(tenant, first.Id, processor, "pending", attempts: 1);
        var second = await app.RaiseAsync(tenant);
        await app.DeliveryAsync(tenant, second.Id, processor, "failed", attempts: 1);

        var disabled = await tenant.Http.GetJsonAsync($"/api/v1/event-processors/{processor.Text("id")}");
        Assert.False(disabled.GetProperty("is_active").GetBoolean());
        Assert.Equal("The receiver answered 410 Gone.", disabled.Text("disabled_reason"));
        await app.DeliveryAsync(tenant, first.Id, processor, "cancelled", attempts: 1);
        var told = await other.NextRequestAsync(Ct);
        Assert.Equal(("processor.disabled", processor.Text("id")), (told.Body.Text("type"), told.Body.Text("subject")));
        Assert.True(JsonElement.DeepEquals(disabled, told.Body.GetProperty("data").GetProperty("processor")));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task A_receiver_that_asks_for_a_pause_gets_it(int status)
    {
        await using var receiver = await Receiver.StartNewAsync();
        var date = app.Clock.GetUtcNow().AddHours(3).ToString("r", CultureInfo.InvariantCulture);
        receiver.Then(Receiver.Status(status, ("Retry-After", "3600")), Receiver.Status(status, ("Retry-After", date)));
        var tenant = await app.NewTenantAsync();
        var processor = await EventsFixture.NewProcessorAsync(tenant, receiver.Url);

        var first = await app.RaiseAsync(tenant);
        var bySeconds = await app.DeliveryAsync(tenant, first.Id, processor, "pending", attempts: 1);
        var second = await app.RaiseAsync(tenant);
        var byDate = await app.DeliveryAsync(tenant, second.Id, processor, "pending", attempts: 1);

        Assert.Equal(TimeSpan.FromHours(1), NextIn(bySeconds));
        Assert.Equal(date, byDate.GetProperty("next_attempt_at").GetDateTimeOffset().ToString("r", CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("86399", 86_399)]
    [InlineData("86401", 86_400)]
    [InlineData("2147483647", 86_400)]
    [InlineData("2147483648", 86_400)]
    [InlineData("999999999999", 86_400)]
    [InlineData("99999999999999999999999999", 86_400)]
    public async Task A_pause_is_no_longer_than_a_day_however_much_is_asked_for(string asked, int seconds)
    {
        await using var receiver = await Receiver.StartNewAsync();
        receiver.Then(Receiver.Status(503, ("Retry-After", asked)));
        var tenant = await app.NewTenantAsync();
        var processor = await EventsFixture.NewProcessorAsync(tenant, receiver.Url);

        var raised = await app.RaiseAsync(tenant);
        var waiting = await app.DeliveryAsync(tenant, raised.Id, processor, "pending", attempts: 1);

        Assert.Equal(TimeSpan.FromSeconds(seconds), NextIn(waiting));
    }

    [Fact]
    public async Task Another_failure_s_retry_after_is_not_heeded()
    {
        await using var receiver = await Receiver.StartNewAsync();
        receiver.Then(Receiver.Status(500, ("Retry-After", "3600")));
        var tenant = await app.NewTenantAsync();
        var processor = await EventsFixture.NewProcessorAsync(tenant, receiver.Url);

        var raised = await app.RaiseAsync(tenant);
        var waiting = await app.DeliveryAsync(tenant, raised.Id, processor, "pending", attempts: 1);

        Assert.InRange(NextIn(waiting), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(6));
    }

    [Fact]
    public async Task A_status_decides_even_when_the_body_never_ends()
    {
        await using var receiver = await Receiver.StartNewAsync();
        receiver.Then(Receiver.Stall(200, "so far"));
        var tenant = await app.NewTenantAsync();
        var processor = await EventsFixture.NewProcessorAsync(tenant, receiver.Url, timeoutSeconds: 10);

        var raised = await app.RaiseAsync(tenant);
        await receiver.NextRequestAsync(Ct);
        var delivered = await app.DeliveryAsync(
            tenant, raised.Id, processor, "delivered", attempts: 1, step: TimeSpan.FromMilliseconds(50));

        Assert.Equal("so far", delivered.GetProperty("attempts")[0].Text("response_body"));
        Assert.Single(receiver.Requests);
    }

    [Theory]
    [InlineData(16 * 1024, 16 * 1024)]
    [InlineData((16 * 1024) + 1, 16 * 1024)]
    [InlineData(4_000_000, 16 * 1024)]
    public async Task The_first_16_kib_of_an_answer_are_kept(int length, int kept)
    {
        await using var receiver = await Receiver.StartNewAsync();
        receiver.Then(Receiver.Body(200, length));
        var tenant = await app.NewTenantAsync();
        var processor = await EventsFixture.NewProcessorAsync(tenant, receiver.Url);

        var raised = await app.RaiseAsync(tenant);
        var delivered = await app.DeliveryAsync(tenant, raised.Id, processor, "delivered", attempts: 1);

        Assert.Equal(kept, delivered.GetProperty("attempts")[0].Text("response_body").Length);
    }

    [Fact]
    public async Task A_receiver_that_is_not_there_is_tried_again()
    {
        using var reserved = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        reserved.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var tenant = await app.NewTenantAsync();
        var processor = await EventsFixture.NewProcessorAsync(
            tenant, string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{((IPEndPoint)reserved.LocalEndPoint!).Port}/"));

        var raised = await app.RaiseAsync(tenant);
        var waiting = await app.DeliveryAsync(tenant, raised.Id, processor, "pending", attempts: 1);

        var attempt = waiting.GetProperty("attempts")[0];
        Assert.Equal(("unreachable", "There was no connection: ConnectionRefused."), (attempt.Text("outcome"), attempt.Text("error")));
        Assert.Equal(JsonValueKind.Null, attempt.GetProperty("response_body").ValueKind);
    }

    [Fact]
    public async Task A_redirect_is_a_failure_and_is_not_followed()
    {
        await using var receiver = await Receiver.StartNewAsync();
        await using var elsewhere = await Receiver.StartNewAsync();
        receiver.Then(Receiver.Status(307, ("Location", elsewhere.Url)));
        var tenant = await app.NewTenantAsync();
        var processor = await EventsFixture.NewProcessorAsync(tenant, receiver.Url);

        var raised = await app.RaiseAsync(tenant);
        var waiting = await app.DeliveryAsync(tenant, raised.Id, processor, "pending", attempts: 1);

        Assert.Equal("The receiver answered 307; redirects are not followed.", waiting.GetProperty("attempts")[0].Text("error"));
        Assert.Empty(elsewhere.Requests);
    }

    private static TimeSpan NextIn(JsonElement delivery) =>
        delivery.GetProperty("next_attempt_at").GetDateTimeOffset() - delivery.GetProperty("updated_at").GetDateTimeOffset();
}
