using System.Globalization;
using System.Text.Json;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Events;

public sealed class DeliveryTests(EventsFixture app) : IClassFixture<EventsFixture>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_event_is_posted_as_a_signed_cloud_event_with_the_resource_as_its_get_answers_it()
    {
        await using var receiver = await Receiver.StartNewAsync();
        var tenant = await app.NewTenantAsync();
        var processor = await EventsFixture.NewProcessorAsync(
            tenant, receiver.Url, eventTypes: ["client.key.*"], headers: new Dictionary<string, string> { ["X-Token"] = "t0ken" });

        var (keyId, _) = await app.NewKeyAsync(tenant.ClientId, "chat:read");
        var request = await receiver.NextRequestAsync(Ct);

        var keys = await app.Admin.GetJsonAsync($"/api/v1/clients/{tenant.ClientId}/keys");
        var raised = (await tenant.Http.GetJsonAsync("/api/v1/events?type=client.key.created")).Data()[0];
        var body = request.Body;
        Assert.Equal("/hook", request.Path);
        Assert.Equal("application/cloudevents+json", request.Headers["Content-Type"]);
        Assert.StartsWith("AI-Backend/", request.Headers["User-Agent"]);
        Assert.Equal("t0ken", request.Headers["X-Token"]);
        Assert.Equal(raised.Text("id"), request.Headers["webhook-id"]);
        Assert.Equal(app.Clock.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture), request.Headers["webhook-timestamp"]);
        Assert.True(EventsFixture.IsSignedWith(request, processor.Text("secret")));
        Assert.Equal("1.0", body.Text("specversion"));
        Assert.Equal(raised.Text("id"), body.Text("id"));
        Assert.Equal($"/clients/{tenant.ClientId}", body.Text("source"));
        Assert.Equal("client.key.created", body.Text("type"));
        Assert.Equal(keyId, body.Text("subject"));
        Assert.Equal(raised.Text("created_at"), body.Text("time"));
        Assert.Equal("application/json", body.Text("datacontenttype"));
        Assert.False(body.TryGetProperty("sequence", out _));
        Assert.True(JsonElement.DeepEquals(
            keys.Data().Single(key => key.Text("id") == keyId), body.GetProperty("data").GetProperty("key")));
        Assert.True(JsonElement.DeepEquals(raised.GetProperty("data"), body.GetProperty("data")));
    }

    [Fact]
    public async Task Deliveries_count_as_used_once_they_are_recorded()
    {
        await using var receiver = await Receiver.StartNewAsync();
        var tenant = await app.NewTenantAsync();
        await EventsFixture.NewProcessorAsync(tenant, receiver.Url);
        await app.RaiseAsync(tenant);
        await receiver.NextRequestAsync(Ct);

        JsonElement[] delivered;
        do
        {
            delivered = (await tenant.Http.GetJsonAsync("/api/v1/deliveries?status=delivered")).Data();
        }
        while (delivered.Length == 0);
        var usage = await app.Admin.GetJsonAsync($"/api/v1/clients/{tenant.ClientId}/usage");

        Assert.Equal(delivered.Length, usage.GetProperty("total").GetProperty("deliveries").GetInt32());
    }

    [Fact]
    public async Task The_trace_of_the_event_goes_on_in_the_request()
    {
        await using var receiver = await Receiver.StartNewAsync();
        var tenant = await app.NewTenantAsync();
        await EventsFixture.NewProcessorAsync(tenant, receiver.Url);

        var raised = await app.RaiseAsync(tenant);
        var request = await receiver.NextRequestAsync(Ct);

        Assert.Equal(raised.TraceId, request.Body.Text("traceparent").Split('-')[1]);
        Assert.Equal(raised.TraceId, request.Headers["traceparent"].Split('-')[1]);
        Assert.Equal(raised.TraceId, (await tenant.Http.GetJsonAsync($"/api/v1/events/{raised.Id}")).Text("trace_id"));
    }

    [Fact]
    public async Task An_event_of_a_session_says_its_place_in_it()
    {
        await using var receiver = await Receiver.StartNewAsync();
        var tenant = await app.NewTenantAsync();
        await EventsFixture.NewProcessorAsync(tenant, receiver.Url);

        await app.RaiseAsync(tenant, sessionId: "ses_1", sequence: 3);
        var request = await receiver.NextRequestAsync(Ct);

        Assert.Equal(3, request.Body.GetProperty("sequence").GetInt64());
        Assert.Equal("Zażółć 🙂 \"quoted\"", request.Body.GetProperty("data").GetProperty("message").Text("text"));
    }

    [Fact]
    public async Task Each_processor_that_wants_the_type_gets_one_delivery()
    {
        await using var receiver = await Receiver.StartNewAsync();
        var tenant = await app.NewTenantAsync();
        var all = await EventsFixture.NewProcessorAsync(tenant, receiver.Url);
        var chat = await EventsFixture.NewProcessorAsync(tenant, receiver.Url, eventTypes: ["knowledge.*", "chat.message.created"]);
        await EventsFixture.NewProcessorAsync(tenant, receiver.Url, eventTypes: ["chat.run.*"]);
        var off = await EventsFixture.NewProcessorAsync(tenant, receiver.Url);
        await (await tenant.Http.PostJsonAsync($"/api/v1/event-processors/{off.Text("id")}/disable")).ExpectAsync(200);

        var raised = await app.RaiseAsync(tenant);
        await app.DeliveryAsync(tenant, raised.Id, all, "delivered", attempts: 1);
        await app.DeliveryAsync(tenant, raised.Id, chat, "delivered", attempts: 1);

        var deliveries = (await tenant.Http.GetJsonAsync($"/api/v1/events/{raised.Id}/deliveries")).Data();
        Assert.Equal(
            new[] { all.Text("id"), chat.Text("id") }.Order(), deliveries.Select(delivery => delivery.Text("processor_id")).Order());
        Assert.Equal(2, receiver.Requests.Count(request => request.Headers["webhook-id"] == raised.Id));
        await Assert.ThrowsAsync<DuplicateKeyException>(() => app.Store.For(tenant.ClientId).CommitAsync(
            transaction => transaction.InsertAsync(Delivery.Of(raised, all.Text("id"))), Ct));
    }

    [Fact]
    public async Task What_is_not_committed_is_not_told()
    {
        await using var receiver = await Receiver.StartNewAsync();
        var tenant = await app.NewTenantAsync();
        await EventsFixture.NewProcessorAsync(tenant, receiver.Url);

        await Assert.ThrowsAsync<TimeoutException>(() => app.Store.For(tenant.ClientId).CommitAsync(
            async transaction =>
            {
                await transaction.InsertAsync(new DeliveryAttempt
                {
                    Id = app.NewId("att"),
                    ClientId = tenant.ClientId,
                    DeliveryId = "dlv_1",
                    Number = 1,
                    StartedAt = app.Clock.GetUtcNow(),
                    Result = new AttemptResult { Outcome = AttemptOutcome.Delivered, DurationMs = 1 },
                });
                await app.Log.AppendAsync(transaction, new NewEvent(EventTypes.ChatRunStarted, "run", "run_1") { Data = RawJson.EmptyObject });
                throw new TimeoutException();
            },
            Ct));

        Assert.Empty((await tenant.Http.GetJsonAsync("/api/v1/events?type=chat.run.started")).Data());
        Assert.Empty((await tenant.Http.GetJsonAsync("/api/v1/deliveries")).Data());
    }

    [Fact]
    public async Task A_failed_attempt_is_recorded_and_repeated_with_the_same_id_and_body_and_a_new_timestamp()
    {
        await using var receiver = await Receiver.StartNewAsync();
        receiver.Then(Receiver.Status(500, ("X-Reason", "broken")));
        var tenant = await app.NewTenantAsync();
        var processor = await EventsFixture.NewProcessorAsync(tenant, receiver.Url);

        var raised = await app.RaiseAsync(tenant);
        var waiting = await app.DeliveryAsync(tenant, raised.Id, processor, "pending", attempts: 1);
        var failed = waiting.GetProperty("attempts")[0];
        app.AdvanceToNextAttempt(waiting);
        var delivered = await app.DeliveryAsync(tenant, raised.Id, processor, "delivered", attempts: 2);

        Assert.Equal((1, "rejected", 500, "500"), (
            failed.GetProperty("number").GetInt32(), failed.Text("outcome"), failed.GetProperty("response_status").GetInt32(), failed.Text("response_body")));
        Assert.Equal("broken", failed.GetProperty("response_headers").Text("X-Reason"));
        Assert.Equal("The receiver answered 500.", failed.Text("error"));
        Assert.Equal(JsonValueKind.Null, delivered.GetProperty("next_attempt_at").ValueKind);
        Assert.Equal([1, 2], delivered.GetProperty("attempts").EnumerateArray().Select(attempt => attempt.GetProperty("number").GetInt32()));
        var requests = receiver.Requests;
        Assert.Equal(2, requests.Count);
        Assert.Equal(requests[0].Headers["webhook-id"], requests[1].Headers["webhook-id"]);
        Assert.NotEqual(requests[0].Headers["webhook-timestamp"], requests[1].Headers["webhook-timestamp"]);
        Assert.Equal(requests[0].Body.GetRawText(), requests[1].Body.GetRawText());
        Assert.All(requests, request => Assert.True(EventsFixture.IsSignedWith(request, processor.Text("secret"))));
    }

    [Fact]
    public async Task Attempts_follow_the_schedule_and_then_the_delivery_has_failed()
    {
        TimeSpan[] waits =
        [
            TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2),
            TimeSpan.FromHours(5), TimeSpan.FromHours(10), TimeSpan.FromHours(10),
        ];
        await using var receiver = await Receiver.StartNewAsync();
        receiver.Then([.. Enumerable.Repeat(Receiver.Status(502), waits.Length + 1)]);
        var tenant = await app.NewTenantAsync();
        var processor = await EventsFixture.NewProcessorAsync(tenant, receiver.Url);
        var raised = await app.RaiseAsync(tenant);

        for (var i = 0; i < waits.Length; i++)
        {
            var waiting = await app.DeliveryAsync(tenant, raised.Id, processor, "pending", attempts: i + 1);
            var wait = waiting.GetProperty("next_attempt_at").GetDateTimeOffset() - waiting.GetProperty("updated_at").GetDateTimeOffset();
            Assert.InRange(wait, waits[i] * 0.8, waits[i] * 1.2);
            app.AdvanceToNextAttempt(waiting);
        }

        await app.DeliveryAsync(tenant, raised.Id, processor, "failed", attempts: waits.Length + 1);
        app.Advance(TimeSpan.FromDays(2));
        Assert.Equal(waits.Length + 1, receiver.Requests.Count);
    }

    [Fact]
    public async Task A_receiver_that_does_not_answer_holds_up_no_other_and_gets_32_requests_at_once()
    {
        await using var slow = await Receiver.StartNewAsync();
        await using var quick = await Receiver.StartNewAsync();
        slow.Then([.. Enumerable.Repeat(Receiver.Silence(), 100)]);
        var tenant = await app.NewTenantAsync();
        await EventsFixture.NewProcessorAsync(tenant, slow.Url);
        var processor = await EventsFixture.NewProcessorAsync(tenant, quick.Url, eventTypes: ["chat.run.started"]);
        for (var i = 0; i < 100; i++)
        {
            await app.RaiseAsync(tenant);
        }

        for (var i = 0; i < 32; i++)
        {
            await slow.NextRequestAsync(Ct);
        }

        var raised = await app.RaiseAsync(tenant, EventTypes.ChatRunStarted);
        await app.DeliveryAsync(tenant, raised.Id, processor, "delivered", attempts: 1);

        Assert.Equal(32, slow.Requests.Count);
    }

    [Fact]
    public async Task A_request_that_cannot_be_made_is_recorded_and_tried_again()
    {
        await using var receiver = await Receiver.StartNewAsync();
        var tenant = await app.NewTenantAsync();
        var processor = await EventsFixture.NewProcessorAsync(tenant, receiver.Url);
        await app.Store.For(tenant.ClientId).CommitAsync(
            async transaction => await transaction.UpdateAsync<EventProcessor>(
                processor.Text("id"), stored => stored with { Secrets = [new SigningSecret("AAAA", ExpiresAt: null)] }),
            Ct);

        var raised = await app.RaiseAsync(tenant);
        var waiting = await app.DeliveryAsync(tenant, raised.Id, processor, "pending", attempts: 1);
        await (await tenant.Http.PostJsonAsync(
            $"/api/v1/event-processors/{processor.Text("id")}/rotate-secret", new { overlap_seconds = 0 })).ExpectAsync(200);
        app.AdvanceToNextAttempt(waiting);
        await app.DeliveryAsync(tenant, raised.Id, processor, "delivered", attempts: 2);

        var attempt = waiting.GetProperty("attempts")[0];
        Assert.Equal(("error", "The service could not make the request."), (attempt.Text("outcome"), attempt.Text("error")));
        Assert.Single(receiver.Requests);
    }

    [Fact]
    public async Task What_a_dead_process_was_sending_is_sent_again_when_its_lease_has_run_out()
    {
        await using var receiver = await Receiver.StartNewAsync();
        var tenant = await app.NewTenantAsync();
        var processor = await EventsFixture.NewProcessorAsync(tenant, receiver.Url);
        var raised = await app.Store.For(tenant.ClientId).CommitAsync(
            async transaction =>
            {
                var raised = await app.Log.AppendAsync(
                    transaction, new NewEvent(EventTypes.ChatMessageCreated, "message", "msg_1") { Data = RawJson.EmptyObject });
                await transaction.UpdateAsync<Delivery>(
                    Ids.Follow("dlv", raised.Id, processor.Text("id")),
                    stored => stored with { LeaseOwner = "dead", DueAt = app.Clock.GetUtcNow().AddSeconds(15), Attempts = 1 });
                return raised;
            },
            Ct);

        var held = await EventsFixture.DeliveryAsync(tenant, raised.Id, processor);
        Assert.Equal("in_progress", held.Text("status"));
        Assert.Equal(JsonValueKind.Null, held.GetProperty("next_attempt_at").ValueKind);
        var underWay = await tenant.Http.GetJsonAsync($"/api/v1/deliveries?status=in_progress&processor_id={processor.Text("id")}");
        Assert.Equal(held.Text("id"), underWay.Data().Single().Text("id"));
        await (await tenant.Http.PostJsonAsync($"/api/v1/deliveries/{held.Text("id")}/retry")).ExpectProblemAsync(409, "delivery_in_progress");
        app.Advance(TimeSpan.FromSeconds(14));
        Assert.Empty(receiver.Requests);
        app.Advance(TimeSpan.FromSeconds(1));
        var delivered = await app.DeliveryAsync(tenant, raised.Id, processor, "delivered", attempts: 1);

        Assert.True(delivered.GetProperty("updated_at").GetDateTimeOffset() >= raised.CreatedAt.AddSeconds(15));
        Assert.Equal(raised.Id, receiver.Requests.Single().Headers["webhook-id"]);
    }
}
