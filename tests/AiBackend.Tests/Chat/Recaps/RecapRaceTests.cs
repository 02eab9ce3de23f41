using System.Net;
using AiBackend.Chat.Recaps;
using AiBackend.Documents;
using AiBackend.Jobs;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Chat.Recaps;

/// <summary>Recaps of conversations that change while the model answers, and workers that lose them.</summary>
public sealed class RecapRaceTests : IAsyncLifetime
{
    private readonly AnalysisModelApp app = new();
    private ChatTenant tenant = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await app.InitializeAsync();
        tenant = await app.NewChatTenantAsync();
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    [Fact]
    public async Task A_worker_that_lost_its_lease_stores_nothing_and_there_is_one_recap_and_one_event()
    {
        var session = await tenant.SessionAsync("My lamp is broken.");
        var release = app.Held(RecapAnswer.With("summary", "\"late\""));
        app.Model.Then(ModelReply.Text(RecapAnswer.Of("m1")));
        var id = (await tenant.PostAsync($"/api/v1/sessions/{session}/recaps", expected: HttpStatusCode.Accepted)).Text("id");
        await app.Model.NextRequestAsync(Ct);

        // As after the death of the process that had it: the lease runs out and the recap is taken up again.
        await tenant.Documents.CommitAsync(
            async transaction =>
            {
                await transaction.UpdateAsync<Recap>(id, stored => stored with { LeaseOwner = "another process", DueAt = app.Clock.GetUtcNow() });
                transaction.SignalWork<Recap>();
            },
            Ct);
        var ended = await EndOfAsync(session, id);
        release.SetResult();
        await EndOfFirstAsync(id);

        Assert.Equal((2, RecapStatus.Completed, "A lamp broke."), (ended.Attempts, ended.Status, ended.Data!.Summary));
        Assert.Equal(ended.Version, (await tenant.Documents.FindAsync<Recap>(id, Ct))!.Version);
        Assert.Single(await tenant.EventsAsync(session), type => type == "chat.recap.completed");
    }

    [Fact]
    public async Task One_that_is_made_while_a_message_is_deleted_is_made_anew_without_it()
    {
        var session = await tenant.SessionAsync("My password is swordfish.", "Thank you.");
        var ids = await tenant.IdsAsync(session);
        var release = app.Held(RecapAnswer.With("summary", "\"swordfish\""));
        app.Model.Then(ModelReply.Text(RecapAnswer.Of("m1")));
        var id = (await tenant.PostAsync($"/api/v1/sessions/{session}/recaps", expected: HttpStatusCode.Accepted)).Text("id");
        await app.Model.NextRequestAsync(Ct);

        await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/messages/{ids[0]}", expected: HttpStatusCode.NoContent);
        var ended = await EndOfAsync(session, id);
        release.SetResult();
        await EndOfFirstAsync(id);

        Assert.Equal((RecapStatus.Completed, "A lamp broke.", 1), (ended.Status, ended.Data!.Summary, ended.MessageCount));
        Assert.Equal([ids[1]], ended.Data.Highlights[0].MessageIds);
        Assert.DoesNotContain("swordfish", app.Model.Requests[1].Messages[1], StringComparison.Ordinal);
        Assert.All(await tenant.EventDocumentsAsync(session), told => Assert.DoesNotContain("swordfish", told.Data.Text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_that_is_made_while_all_messages_are_deleted_fails()
    {
        var session = await tenant.SessionAsync("My password is swordfish.");
        var release = app.Held(RecapAnswer.Of("m1"));
        var id = (await tenant.PostAsync($"/api/v1/sessions/{session}/recaps", expected: HttpStatusCode.Accepted)).Text("id");
        await app.Model.NextRequestAsync(Ct);

        await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/messages/{(await tenant.IdsAsync(session))[0]}", expected: HttpStatusCode.NoContent);
        var ended = await EndOfAsync(session, id);
        release.SetResult();

        Assert.Equal((RecapStatus.Failed, "session_empty"), (ended.Status, ended.Error?.Code));
    }

    [Fact]
    public async Task One_that_is_made_while_its_session_is_deleted_is_stopped_and_leaves_nothing()
    {
        var session = await tenant.SessionAsync("My lamp is broken.");
        app.Model.Then(ModelReply.Silence());
        await tenant.PostAsync($"/api/v1/sessions/{session}/recaps", expected: HttpStatusCode.Accepted);
        var asked = await app.Model.NextRequestAsync(Ct);

        await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/sessions/{session}", expected: HttpStatusCode.NoContent);

        await asked.Aborted.WaitAsync(Ct);
        Assert.Empty(await tenant.Documents.ListAsync(Query.Of<Recap>(), Ct));
        Assert.DoesNotContain(await tenant.EventDocumentsAsync(session), told => told.EntityType == "recap");
    }

    private async Task<Recap> EndOfAsync(string session, string id)
    {
        using var signal = app.Store.Signals.Subscribe(Recap.EndTopic(session));
        while (true)
        {
            if (await tenant.Documents.FindAsync<Recap>(id, Ct) is { DueAt: null } ended)
            {
                return ended;
            }

            await signal.WaitAsync(TimeSpan.FromSeconds(1), TimeProvider.System, Ct);
        }
    }

    /// <summary>Waits until the log says that the first attempt was in vain.</summary>
    private async Task EndOfFirstAsync(string id)
    {
        while (!app.Log.All.Any(line => line.Contains(id, StringComparison.Ordinal) && line.Contains("was taken over by another worker", StringComparison.Ordinal)))
        {
            await Task.Yield();
        }
    }
}
