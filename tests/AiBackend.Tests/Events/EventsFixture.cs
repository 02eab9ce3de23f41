using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Jobs;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using EventLog = AiBackend.Events.EventLog;

namespace AiBackend.Tests.Events;

/// <summary>The service, allowed to deliver to this machine.</summary>
public class EventsFixture : AppFixture
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    internal EventLog Log => Services.GetRequiredService<EventLog>();

    /// <summary>An id that is not in use.</summary>
    public string NewId(string prefix) => Services.GetRequiredService<Ids>().New(prefix);

    /// <summary>Makes a processor for all events, with other settings if any.</summary>
    public static async Task<JsonElement> NewProcessorAsync(
        Tenant tenant, string url, int timeoutSeconds = 15, string[]? eventTypes = null, object? headers = null) =>
        await (await tenant.Http.PostJsonAsync(
            "/api/v1/event-processors",
            new
            {
                name = "Hook",
                config = new { url, timeout_seconds = timeoutSeconds, headers = headers ?? new { } },
                event_types = eventTypes ?? ["*"],
            })).ExpectAsync(201);

    /// <summary>Raises an event as a feature does.</summary>
    internal Task<Event> RaiseAsync(
        Tenant tenant, string type = EventTypes.ChatMessageCreated, string? sessionId = null, long? sequence = null) =>
        Store.For(tenant.ClientId).CommitAsync(
            transaction => Log.AppendAsync(
                transaction,
                new NewEvent(type, "message", "msg_1")
                {
                    SessionId = sessionId,
                    Sequence = sequence,
                    Data = EventData.Of("message", new { Id = "msg_1", Text = "Zażółć 🙂 \"quoted\"" }),
                }),
            Ct);

    /// <summary>The delivery of an event to a processor, as its GET answers it.</summary>
    public static Task<JsonElement> DeliveryAsync(Tenant tenant, string eventId, JsonElement processor) =>
        tenant.Http.GetJsonAsync($"/api/v1/deliveries/{Ids.Follow("dlv", eventId, processor.Text("id"))}");

    /// <summary>Reads the delivery until it has this status, and so many attempts if that is asked for.</summary>
    /// <param name="step">How far to move the clock between the reads: for what only a lapse of time brings about.</param>
    public Task<JsonElement> DeliveryAsync(
        Tenant tenant, string eventId, JsonElement processor, string status, int? attempts = null, TimeSpan step = default) =>
        UntilAsync(
            () => DeliveryAsync(tenant, eventId, processor),
            delivery => delivery.Text("status") == status
                && (attempts is null || delivery.GetProperty("attempt_count").GetInt32() == attempts),
            step);

    /// <summary>Moves the clock and has the workers look at it: what is due now is sent without moving it further.</summary>
    public void Advance(TimeSpan time)
    {
        Clock.Advance(time);
        Store.Signals.Raise(Leases.Topic<Delivery>());
    }

    /// <summary>As <see cref="Advance"/>, to the time at which this delivery is to be tried again.</summary>
    public void AdvanceToNextAttempt(JsonElement delivery) =>
        Advance(delivery.GetProperty("next_attempt_at").GetDateTimeOffset() - Clock.GetUtcNow());

    /// <summary>Reads until what was read is as expected.</summary>
    /// <param name="step">How far to move the clock between the reads: for what only a lapse of time brings about.</param>
    public async Task<T> UntilAsync<T>(Func<Task<T>> read, Func<T, bool> isExpected, TimeSpan step = default)
    {
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            var found = await read();
            if (isExpected(found))
            {
                return found;
            }

            Assert.True(Stopwatch.GetElapsedTime(start) < Patience, $"Still {found}");
            Ct.ThrowIfCancellationRequested();
            Clock.Advance(step);
            await Task.Yield();
        }
    }

    /// <summary>Whether the request carries a signature made with this secret; written after the Standard Webhooks text alone.</summary>
    public static bool IsSignedWith(RecordedRequest request, string secret)
    {
        var key = Convert.FromBase64String(secret["whsec_".Length..]);
        var text = $"{request.Headers["webhook-id"]}.{request.Headers["webhook-timestamp"]}.{request.Body.GetRawText()}";
        using var hmac = new HMACSHA256(key);
        var expected = $"v1,{Convert.ToBase64String(hmac.ComputeHash(Encoding.UTF8.GetBytes(text)))}";
        return request.Headers["webhook-signature"].Split(' ').Contains(expected);
    }

    protected override void Configure(IDictionary<string, string> settings) => settings["EVENTS_ALLOW_PRIVATE_NETWORKS"] = "true";
}
