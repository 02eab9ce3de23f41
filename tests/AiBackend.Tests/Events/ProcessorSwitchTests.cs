using System.Text.Json;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Events;

public sealed class ProcessorSwitchTests(EventsFixture app) : IClassFixture<EventsFixture>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Disabling_cancels_what_waits_and_enabling_does_not_bring_it_back()
    {
        await using var receiver = await Receiver.StartNewAsync();
        receiver.Then(Receiver.Status(500));
        var tenant = await app.NewTenantAsync();
        var processor = await EventsFixture.NewProcessorAsync(tenant, receiver.Url);
        var path = $"/api/v1/event-processors/{processor.Text("id")}";
        var waiting = await app.RaiseAsync(tenant);
        await app.DeliveryAsync(tenant, waiting.Id, processor, "pending", attempts: 1);

        var disabled = await (await tenant.Http.PostJsonAsync($"{path}/disable")).ExpectAsync(200);
        var missed = await app.RaiseAsync(tenant);
        var enabled = await (await tenant.Http.PostJsonAsync($"{path}/enable")).ExpectAsync(200);
        var heard = await app.RaiseAsync(tenant);
        await app.DeliveryAsync(tenant, heard.Id, processor, "delivered");

        Assert.Equal((false, true), (disabled.GetProperty("is_active").GetBoolean(), enabled.GetProperty("is_active").GetBoolean()));
        Assert.Equal(JsonValueKind.Null, disabled.GetProperty("disabled_reason").ValueKind);
        await app.DeliveryAsync(tenant, waiting.Id, processor, "cancelled", attempts: 1);
        Assert.Empty((await tenant.Http.GetJsonAsync($"/api/v1/events/{missed.Id}/deliveries")).Data());
        Assert.Equal(2, receiver.Requests.Count);
    }

    [Fact]
    public async Task A_patch_turns_a_processor_off_and_on_alike()
    {
        await using var receiver = await Receiver.StartNewAsync();
        receiver.Then(Receiver.Status(500));
        var tenant = await app.NewTenantAsync();
        var processor = await EventsFixture.NewProcessorAsync(tenant, receiver.Url);
        var path = $"/api/v1/event-processors/{processor.Text("id")}";
        var waiting = await app.RaiseAsync(tenant);
        await app.DeliveryAsync(tenant, waiting.Id, processor, "pending", attempts: 1);

        var off = await (await tenant.Http.PatchJsonAsync(path, new { is_active = false, name = "Off" })).ExpectAsync(200);
        await app.DeliveryAsync(tenant, waiting.Id, processor, "cancelled");
        var on = await (await tenant.Http.PatchJsonAsync(path, new { is_active = true })).ExpectAsync(200);

        Assert.Equal((false, "Off"), (off.GetProperty("is_active").GetBoolean(), off.Text("name")));
        Assert.True(on.GetProperty("is_active").GetBoolean());
        Assert.Single((await tenant.Http.GetJsonAsync("/api/v1/events?type=processor.disabled")).Data());
    }

    [Fact]
    public async Task Deleting_cancels_what_waits_and_keeps_it_readable()
    {
        await using var receiver = await Receiver.StartNewAsync();
        receiver.Then(Receiver.Status(500));
        var tenant = await app.NewTenantAsync();
        var processor = await EventsFixture.NewProcessorAsync(tenant, receiver.Url);
        var waiting = await app.RaiseAsync(tenant);
        await app.DeliveryAsync(tenant, waiting.Id, processor, "pending", attempts: 1);

        await (await tenant.Http.DeleteAsync($"/api/v1/event-processors/{processor.Text("id")}", Ct)).ExpectAsync(204);

        var cancelled = await app.DeliveryAsync(tenant, waiting.Id, processor, "cancelled", attempts: 1);
        Assert.Single(cancelled.GetProperty("attempts").EnumerateArray());
        await (await tenant.Http.PostJsonAsync($"/api/v1/deliveries/{cancelled.Text("id")}/retry")).ExpectProblemAsync(409, "processor_disabled");
    }

    [Fact]
    public async Task A_delivery_that_comes_due_for_a_disabled_processor_is_cancelled_unsent()
    {
        await using var receiver = await Receiver.StartNewAsync();
        var tenant = await app.NewTenantAsync();
        var processor = await EventsFixture.NewProcessorAsync(tenant, receiver.Url);
        await (await tenant.Http.PostJsonAsync($"/api/v1/event-processors/{processor.Text("id")}/disable")).ExpectAsync(200);
        var raised = await app.RaiseAsync(tenant);
        await app.Store.For(tenant.ClientId).CommitAsync(
            transaction => transaction.InsertAsync(Delivery.Of(raised, processor.Text("id"))), Ct);

        app.Advance(TimeSpan.Zero);
        await app.DeliveryAsync(tenant, raised.Id, processor, "cancelled", attempts: 0);

        Assert.Empty(receiver.Requests);
    }

    [Theory]
    [InlineData(199)]
    [InlineData(200)]
    [InlineData(501)]
    public async Task Any_number_of_waiting_deliveries_is_cancelled(int count)
    {
        var tenant = await app.NewTenantAsync();
        var processor = await EventsFixture.NewProcessorAsync(tenant, "https://a.example/", eventTypes: ["chat.run.failed"]);
        await app.Store.For(tenant.ClientId).CommitAsync(
            async transaction =>
            {
                for (var i = 0; i < count; i++)
                {
                    var raised = await app.Log.AppendAsync(
                        transaction, new NewEvent(EventTypes.ChatRunFailed, "run", "run_1") { Data = RawJson.EmptyObject });
                    await transaction.UpdateAsync<Delivery>(
                        Ids.Follow("dlv", raised.Id, processor.Text("id")),
                        stored => stored with { DueAt = app.Clock.GetUtcNow().AddHours(1) });
                }
            },
            Ct);

        await (await tenant.Http.PostJsonAsync($"/api/v1/event-processors/{processor.Text("id")}/disable")).ExpectAsync(200);

        var documents = app.Store.For(tenant.ClientId);
        var cancelled = await app.UntilAsync(
            () => documents.CountAsync(Query.Of<Delivery>().Equal(delivery => delivery.Status, DeliveryStatus.Cancelled), Ct),
            found => found == count);
        Assert.Equal(count, cancelled);
    }

    [Fact]
    public async Task A_delivery_that_has_ended_is_sent_again_on_request_with_a_new_schedule()
    {
        await using var receiver = await Receiver.StartNewAsync();
        receiver.Then(Receiver.Status(410), Receiver.Status(500));
        var tenant = await app.NewTenantAsync();
        var processor = await EventsFixture.NewProcessorAsync(tenant, receiver.Url, eventTypes: ["chat.*"]);
        var raised = await app.RaiseAsync(tenant);
        var failed = await app.DeliveryAsync(tenant, raised.Id, processor, "failed", attempts: 1);
        var path = $"/api/v1/deliveries/{failed.Text("id")}/retry";

        await (await tenant.Http.PostJsonAsync(path)).ExpectProblemAsync(409, "processor_disabled");
        await (await tenant.Http.PostJsonAsync($"/api/v1/event-processors/{processor.Text("id")}/enable")).ExpectAsync(200);
        var opened = await (await tenant.Http.PostJsonAsync(path, null, ("Idempotency-Key", "k1"))).ExpectAsync(200);
        var waiting = await app.DeliveryAsync(tenant, raised.Id, processor, "pending", attempts: 2);
        var wait = waiting.GetProperty("next_attempt_at").GetDateTimeOffset() - waiting.GetProperty("updated_at").GetDateTimeOffset();
        app.AdvanceToNextAttempt(waiting);
        await app.DeliveryAsync(tenant, raised.Id, processor, "delivered", attempts: 3);
        await (await tenant.Http.PostJsonAsync(path)).ExpectAsync(200);
        var again = await app.DeliveryAsync(tenant, raised.Id, processor, "delivered", attempts: 4);

        Assert.Equal("pending", opened.Text("status"));
        Assert.InRange(wait, TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(6));
        Assert.Equal([1, 2, 3, 4], again.GetProperty("attempts").EnumerateArray().Select(attempt => attempt.GetProperty("number").GetInt32()));
    }
}
