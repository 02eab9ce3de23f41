using System.Text;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace AiBackend.Tests.Http;

/// <summary>Who may do the work of an <c>Idempotency-Key</c> when its first request is slow or has died.</summary>
public sealed class IdempotencyLeaseTests
{
    private const string Path = "/api/v1/notes";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_request_that_takes_longer_than_the_lease_keeps_its_key()
    {
        var (entered, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var host = await RulesHost.StartAsync(api => api.MapPost("/notes", async (Body<NoteForm> body, Caller caller, RequestCommits commits, Ids ids, CancellationToken ct) =>
        {
            entered.TrySetResult();
            await go.Task.WaitAsync(ct);
            return await AddAsync(commits, caller, ids, body.Value.Text, ct);
        }));
        var first = PostAsync(host);
        await entered.Task.WaitAsync(Ct);

        for (var waited = TimeSpan.Zero; waited <= Idempotency.Lease; waited += Idempotency.Renewal)
        {
            host.Clock.Advance(Idempotency.Renewal);
            await UntilLeasedUntilAsync(host, host.Clock.GetUtcNow() + Idempotency.Lease);
        }

        await (await PostAsync(host)).ExpectProblemAsync(409, "idempotency_in_progress");
        go.SetResult();
        await (await first).ExpectAsync(201);
        Assert.Equal(1, await host.CountNotesAsync());
    }

    [Fact]
    public async Task When_the_first_has_died_a_repeat_does_the_work_after_the_lease_and_not_before()
    {
        await using var host = await RulesHost.StartAsync(MapNotes);
        await ReserveAsDeadAsync(host);

        host.Clock.Advance(Idempotency.Lease - TimeSpan.FromMilliseconds(1));
        await (await PostAsync(host)).ExpectProblemAsync(409, "idempotency_in_progress");
        host.Clock.Advance(TimeSpan.FromMilliseconds(1));
        var repeat = await PostAsync(host);

        await repeat.ExpectAsync(201);
        Assert.Null(repeat.Header("Idempotency-Replayed"));
    }

    [Fact]
    public async Task One_that_was_slower_than_its_lease_stores_nothing_once_another_has_taken_over()
    {
        await using var host = await RulesHost.StartAsync(MapNotes);
        var slow = await ReserveAsDeadAsync(host);
        host.Clock.Advance(Idempotency.Lease);
        await (await PostAsync(host)).ExpectAsync(201);
        var commits = new RequestCommits(host.Store);
        commits.Guard("k", slow);

        var refusal = await Assert.ThrowsAsync<ApiException>(() => commits.CommitAsync(
            201,
            async transaction =>
            {
                await transaction.InsertAsync(new Note { Id = "note_late", ClientId = RulesHost.ClientId, Text = "late" });
                return "done";
            },
            Ct));

        Assert.Equal("idempotency_in_progress", refusal.Code);
        Assert.Equal(1, await host.CountNotesAsync());
    }

    private static void MapNotes(Microsoft.AspNetCore.Routing.IEndpointRouteBuilder api) => api.MapPost(
        "/notes",
        (Body<NoteForm> body, Caller caller, RequestCommits commits, Ids ids, CancellationToken ct) => AddAsync(commits, caller, ids, body.Value.Text, ct));

    private static async Task<IResult> AddAsync(RequestCommits commits, Caller caller, Ids ids, string text, CancellationToken ct)
    {
        var note = new Note { Id = ids.New("note"), ClientId = caller.ClientId, Text = text };
        return TypedResults.Created((string?)null, await commits.CommitAsync(
            caller,
            201,
            async transaction =>
            {
                await transaction.InsertAsync(note);
                return new { note.Id, note.Text };
            },
            ct));
    }

    // What a request that dies right after its reservation leaves behind.
    private static async Task<IdempotencyReservation> ReserveAsDeadAsync(RulesHost host)
    {
        await (await PostAsync(host)).ExpectAsync(201);
        var recordId = Idempotency.RecordId(RulesHost.ClientId, Path, "k");
        var record = await host.Store.AcrossTenants.FindAsync<IdempotencyRecord>(recordId, Ct);
        await host.Store.AcrossTenants.CommitAsync(
            async transaction =>
            {
                await transaction.DeleteAllAsync(Query.Of<Note>().Equal(note => note.ClientId, RulesHost.ClientId));
                return await transaction.DeleteAsync<IdempotencyRecord>(recordId);
            },
            Ct);
        return (await host.Idempotency.ReserveAsync(RulesHost.ClientId, recordId, record!.Fingerprint, Ct)).Own!;
    }

    private static async Task UntilLeasedUntilAsync(RulesHost host, DateTimeOffset end)
    {
        var recordId = Idempotency.RecordId(RulesHost.ClientId, Path, "k");
        while ((await host.Store.AcrossTenants.FindAsync<IdempotencyRecord>(recordId, Ct))!.LeaseUntil != end)
        {
            await Task.Yield();
        }
    }

    private static Task<HttpResponseMessage> PostAsync(RulesHost host) => host.Http.SendAsync(
        HttpMethod.Post, Path, new StringContent("""{"text":"hello"}""", Encoding.UTF8, "application/json"), ("Idempotency-Key", "k"));
}
