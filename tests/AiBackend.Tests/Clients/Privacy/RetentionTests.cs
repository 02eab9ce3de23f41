using System.Net;
using AiBackend.Chat.Runs;
using AiBackend.Chat.Sessions;
using AiBackend.Clients.Privacy;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Tests.Chat;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace AiBackend.Tests.Clients.Privacy;

/// <summary>What is older than a client keeps it goes, and nothing else.</summary>
public sealed class RetentionTests(ChatApp app) : IClassFixture<ChatApp>
{
    private const int Days = 30;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private RetentionSweeper Sweeper => app.Services.GetRequiredService<RetentionSweeper>();

    [Fact]
    public async Task Messages_that_are_too_old_go_and_the_others_keep_their_places()
    {
        var tenant = await NewTenantAsync(new { messages_days = Days });
        var session = await ImportAsync(tenant, ("oldest", Old(60)), ("just too old", Old(30, -1)), ("just kept", Old(30, 1)), ("new", Old(1)));

        await Sweeper.SweepAsync(Ct);

        var left = await tenant.MessagesAsync(session);
        Assert.Equal([("just kept", 3L), ("new", 4L)], left.Select(message => (message.Text("text"), message.Number("position"))));
        var shown = await tenant.GetAsync($"/api/v1/sessions/{session}");
        Assert.Equal((2L, null), (shown.Number("message_count"), shown.TextOrNull("title")));
        var more = await tenant.SayAsync(new { session_id = session, text = "more" }, ("Prefer", "wait=30"));
        Assert.Equal((5L, 6L), (more["message"]!.Number("position"), more["reply"]!.Number("position")));
        Assert.Equal(4, (await tenant.MessagesAsync(session, "active")).Count);
    }

    [Fact]
    public async Task A_page_stays_right_while_messages_before_it_go()
    {
        var tenant = await NewTenantAsync(new { messages_days = Days });
        var session = await ImportAsync(tenant, [.. Enumerable.Range(0, 40).Select(i => ($"{i}", Old(i < 25 ? 60 : 1)))]);
        var first = await tenant.GetAsync($"/api/v1/sessions/{session}/messages?order=asc&limit=10");

        await Sweeper.SweepAsync(Ct);

        var second = await tenant.GetAsync($"/api/v1/sessions/{session}/messages?order=asc&limit=10&cursor={first.Text("next_cursor")}");
        Assert.Equal(Enumerable.Range(25, 10).Select(i => $"{i}"), second["data"]!.AsArray().Select(message => message!.Text("text")));
    }

    [Fact]
    public async Task What_was_made_of_a_message_goes_with_it()
    {
        var tenant = await NewTenantAsync(new { messages_days = Days });
        var posted = await tenant.SayAsync(new { external_session_id = "a", text = "Geheim", sender = new { id = "ana" } }, ("Prefer", "wait=30"));
        var message = posted["message"]!.Text("id");
        await tenant.PostAsync($"/api/v1/messages/{message}/feedback", new { rating = 1, comment = "Geheim" }, HttpStatusCode.Created);
        await tenant.PostAsync($"/api/v1/messages/{message}/analyses", new { types = new[] { "topics" } }, HttpStatusCode.Created, ("Prefer", "wait=30"));
        var suggested = await tenant.SayAsync(new { external_session_id = "a", text = "Geheim 2", reply = "suggest" }, ("Prefer", "wait=30"));
        var session = posted["message"]!.Text("session_id");
        await AgeAsync<AiBackend.Chat.Messages.Message>(tenant, found => found.SessionId == session, found => found with { CreatedAt = Old(31) });
        await AgeAsync<Session>(tenant, found => found.Id == session, found => found with { CreatedAt = Old(31), LastMessageAt = Old(31) });

        await Sweeper.SweepAsync(Ct);

        foreach (var path in new[] { $"sessions/{session}", $"messages/{message}", $"runs/{posted["run"]!.Text("id")}", $"runs/{suggested["run"]!.Text("id")}" })
        {
            await tenant.GetAsync($"/api/v1/{path}", HttpStatusCode.NotFound);
        }

        Assert.Equal(0, await tenant.Documents.CountAsync(Query.Of<StreamPart>().Equal(part => part.SessionId, session), Ct));
        Assert.NotEmpty(await tenant.EventDocumentsAsync(session));
        Assert.DoesNotContain("Geheim", await tenant.Http.GetStringAsync($"/api/v1/clients/{tenant.ClientId}/export", Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_stays_while_it_has_messages_or_was_written_to_lately()
    {
        var tenant = await NewTenantAsync(new { messages_days = Days });
        var (used, empty, young) = (await ImportAsync(tenant, ("a", Old(1))), await tenant.OpenAsync(), await tenant.OpenAsync());
        await AgeAsync<Session>(tenant, found => found.Id == used || found.Id == empty, found => found with { CreatedAt = Old(31) });

        await Sweeper.SweepAsync(Ct);

        await tenant.GetAsync($"/api/v1/sessions/{used}");
        await tenant.GetAsync($"/api/v1/sessions/{young}");
        await tenant.GetAsync($"/api/v1/sessions/{empty}", HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_session_that_is_being_answered_is_left_to_the_next_sweep()
    {
        var tenant = await NewTenantAsync(new { messages_days = Days });
        var held = app.Answers.Hold(tenant.ClientId);
        var posted = await tenant.SayAsync(new { external_session_id = "a", text = "Hello" });
        var attempt = await held.NextAsync();
        var message = posted["message"]!.Text("id");
        await AgeAsync<AiBackend.Chat.Messages.Message>(tenant, found => found.Id == message, found => found with { CreatedAt = Old(31) });

        await Sweeper.SweepAsync(Ct);
        await tenant.GetAsync($"/api/v1/messages/{message}");
        attempt.Complete("Hi");
        await tenant.EndOfAsync(posted["run"]!.Text("id"));
        await Sweeper.SweepAsync(Ct);

        await tenant.GetAsync($"/api/v1/messages/{message}", HttpStatusCode.NotFound);
        Assert.Equal("Hi", Assert.Single(await tenant.MessagesAsync(posted["message"]!.Text("session_id"))).Text("text"));
    }

    [Fact]
    public async Task Events_that_are_too_old_go_with_their_deliveries()
    {
        var tenant = await NewTenantAsync(new { events_days = Days });
        await tenant.PostAsync(
            "/api/v1/event-processors",
            new { name = "Hook", is_active = false, config = new { url = "https://example.com" }, event_types = new[] { "*" } },
            HttpStatusCode.Created);
        var (old, edge) = (await RaiseAsync(tenant, Old(30, -1), count: 60), await RaiseAsync(tenant, Old(30, 1), count: 1));

        await Sweeper.SweepAsync(Ct);

        Assert.All(await Task.WhenAll(old.Select(id => tenant.Documents.FindAsync<Event>(id, Ct))), Assert.Null);
        Assert.Equal(edge[0], (await tenant.GetAsync($"/api/v1/events/{edge[0]}")).Text("id"));
        var delivery = Assert.Single(await tenant.Documents.ListAsync(Query.Of<Delivery>(), Ct));
        Assert.Equal(edge[0], delivery.EventId);
        Assert.Equal(edge[0], Assert.Single(await tenant.Documents.ListAsync(Query.Of<DeliveryAttempt>(), Ct)).Error());
    }

    [Fact]
    public async Task Without_days_everything_stays_and_one_clients_days_are_not_anothers()
    {
        var (keeps, removes) = (await NewTenantAsync(new { }), await NewTenantAsync(new { messages_days = 1, events_days = 1 }));
        var (kept, removed) = (await ImportAsync(keeps, ("old", Old(3_000))), await ImportAsync(removes, ("old", Old(3_000))));

        await Sweeper.SweepAsync(Ct);

        Assert.Single(await keeps.MessagesAsync(kept));
        Assert.Empty(await removes.MessagesAsync(removed));
    }

    /// <summary>So many days ago, and some milliseconds later.</summary>
    private DateTimeOffset Old(int days, int milliseconds = 0) => app.Clock.GetUtcNow().AddDays(-days).AddMilliseconds(milliseconds);

    private async Task<ChatTenant> NewTenantAsync(object retention) => new(app, await app.NewTenantAsync(new { retention }));

    private static async Task<string> ImportAsync(ChatTenant tenant, params (string Text, DateTimeOffset At)[] messages)
    {
        var session = await tenant.OpenAsync();
        var imported = messages.Select(message => new { role = "user", text = message.Text, created_at = message.At });
        await tenant.PostAsync("/api/v1/messages/bulk", new { session_id = session, messages = imported });
        return session;
    }

    private static async Task AgeAsync<T>(ChatTenant tenant, Func<T, bool> which, Func<T, T> older)
        where T : TenantDocument
    {
        foreach (var found in (await tenant.Documents.ListAsync(Query.Of<T>(), Ct)).Where(which))
        {
            await tenant.Documents.CommitAsync(async transaction => await transaction.UpdateAsync(found.Id, older), Ct);
        }
    }

    private static async Task<List<string>> RaiseAsync(ChatTenant tenant, DateTimeOffset at, int count)
    {
        var ids = new Ids(new FakeTimeProvider(at));
        var made = new List<string>();
        await tenant.Documents.CommitAsync(
            async transaction =>
            {
                for (var i = 0; i < count; i++)
                {
                    var raised = new Event
                    {
                        Id = ids.New("evt"),
                        ClientId = tenant.ClientId,
                        Type = EventTypes.ChatMessageCreated,
                        EntityType = "message",
                        EntityId = "msg_1",
                        Data = RawJson.EmptyObject,
                        TraceParent = AiBackend.Events.EventLog.TraceParent(traceId: null),
                        CreatedAt = at,
                    };
                    var delivery = Delivery.Of(raised, ids.New("prc")).Ended(DeliveryStatus.Delivered, at);
                    await transaction.InsertAsync(raised);
                    await transaction.InsertAsync(delivery);
                    await transaction.InsertAsync(new DeliveryAttempt
                    {
                        Id = ids.New("att"),
                        ClientId = tenant.ClientId,
                        DeliveryId = delivery.Id,
                        Number = 1,
                        StartedAt = at,
                        Result = new AttemptResult { Outcome = AttemptOutcome.Rejected, DurationMs = 1, Error = raised.Id },
                    });
                    made.Add(raised.Id);
                }
            },
            Ct);
        return made;
    }
}

file static class AttemptExtensions
{
    public static string? Error(this DeliveryAttempt attempt) => attempt.Result.Error;
}
