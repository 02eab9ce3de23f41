using System.Text;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace AiBackend.Tests.Http;

/// <summary>What becomes of an <c>Idempotency-Key</c> when its request fails, waits or streams.</summary>
public sealed class IdempotentRequestsTests
{
    private const string Path = "/api/v1/notes";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_fault_frees_the_key()
    {
        var tries = 0;
        await using var host = await RulesHost.StartAsync(api => api.MapPost("/notes", (Body<NoteForm> body, Caller caller, RequestCommits commits, Ids ids, CancellationToken ct) =>
            ++tries == 1 ? throw new InvalidOperationException("broken") : AddAsync(commits, caller, ids, body.Value.Text, ct)));

        await (await PostAsync(host)).ExpectProblemAsync(500, "internal_error");
        var repeat = await PostAsync(host);

        await repeat.ExpectAsync(201);
        Assert.Null(repeat.Header("Idempotency-Replayed"));
    }

    [Fact]
    public async Task A_fault_after_the_commit_does_not_let_the_work_be_done_again()
    {
        var tries = 0;
        await using var host = await RulesHost.StartAsync(api => api.MapPost("/notes", async (Body<NoteForm> body, Caller caller, RequestCommits commits, Ids ids, CancellationToken ct) =>
        {
            var made = await AddAsync(commits, caller, ids, body.Value.Text, ct);
            return ++tries == 1 ? throw new InvalidOperationException("broken") : made;
        }));

        await (await PostAsync(host)).ExpectProblemAsync(500, "internal_error");
        var repeat = await PostAsync(host);

        await repeat.ExpectAsync(201);
        Assert.Equal(("true", 1), (repeat.Header("Idempotency-Replayed"), tries));
        Assert.Equal(1, await host.CountNotesAsync());
    }

    [Fact]
    public async Task While_the_first_runs_repeats_are_told_to_come_back_and_then_get_its_answer()
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

        var early = await PostAsync(host);
        go.SetResult();
        await (await first).ExpectAsync(201);
        var late = await PostAsync(host);

        await early.ExpectProblemAsync(409, "idempotency_in_progress");
        Assert.Equal("1", early.Header("Retry-After"));
        Assert.Equal("true", late.Header("Idempotency-Replayed"));
        Assert.Equal(1, await host.CountNotesAsync());
    }

    [Fact]
    public async Task A_caller_who_leaves_frees_the_key()
    {
        var (entered, left) = (new TaskCompletionSource(), new TaskCompletionSource());
        var tries = 0;
        await using var host = await RulesHost.StartAsync(api => api.MapPost("/notes", async (HttpContext http, Body<NoteForm> body, Caller caller, RequestCommits commits, Ids ids) =>
        {
            if (++tries == 1)
            {
                entered.SetResult();
                await using var _ = http.RequestAborted.Register(left.SetResult);
                await left.Task;
            }

            return await AddAsync(commits, caller, ids, body.Value.Text, http.RequestAborted);
        }));
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = Content(), Headers = { { "Idempotency-Key", "k" } } };
        var first = host.Http.SendAsync(request, leaving.Token);

        await entered.Task.WaitAsync(Ct);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await left.Task.WaitAsync(Ct);

        HttpResponseMessage repeat;
        do
        {
            repeat = await PostAsync(host);
        }
        while ((int)repeat.StatusCode == 409);

        await repeat.ExpectAsync(201);
    }

    [Fact]
    public async Task An_answer_that_was_not_committed_with_work_is_kept_too()
    {
        var tries = 0;
        await using var host = await RulesHost.StartAsync(api => api.MapPost("/notes", (Body<NoteForm> body) => TypedResults.Ok(new { text = body.Value.Text, tries = ++tries })));

        var first = await PostAsync(host);
        var repeat = await PostAsync(host);

        Assert.Equal("""{"text":"hello","tries":1}""", await first.Content.ReadAsStringAsync(Ct));
        Assert.Equal("""{"text":"hello","tries":1}""", await repeat.Content.ReadAsStringAsync(Ct));
        Assert.Equal(first.Content.Headers.ContentType, repeat.Content.Headers.ContentType);
    }

    [Fact]
    public async Task A_route_that_handles_replays_runs_again_with_the_first_answer()
    {
        var replays = new List<KeptAnswer?>();
        await using var host = await RulesHost.StartAsync(api => api.MapPost("/notes", async (Body<NoteForm> body, Caller caller, RequestCommits commits, Ids ids, CancellationToken ct) =>
        {
            replays.Add(commits.Replay);
            return commits.Replay is null ? await AddAsync(commits, caller, ids, body.Value.Text, ct) : Results.Text("again");
        }).HandlesReplays());

        var first = await PostAsync(host);
        var repeat = await PostAsync(host);

        Assert.Equal(("again", "true"), (await repeat.Content.ReadAsStringAsync(Ct), repeat.Header("Idempotency-Replayed")));
        Assert.Null(replays[0]);
        Assert.Equal((201, await first.Content.ReadAsStringAsync(Ct)), (replays[1]!.Status, Encoding.UTF8.GetString(replays[1]!.Body.Span)));
    }

    [Fact]
    public async Task A_streamed_repeat_waits_for_the_commit_of_the_first()
    {
        var (entered, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var host = await RulesHost.StartAsync(api => api.MapPost("/notes", async (Body<NoteForm> body, Caller caller, RequestCommits commits, Ids ids, CancellationToken ct) =>
        {
            if (commits.Replay is not null)
            {
                return Results.Text("attached");
            }

            entered.TrySetResult();
            await go.Task.WaitAsync(ct);
            return await AddAsync(commits, caller, ids, body.Value.Text, ct);
        }).HandlesReplays());
        var first = PostAsync(host);
        await entered.Task.WaitAsync(Ct);

        var plain = await PostAsync(host);
        var streamed = PostAsync(host, ("Accept", "text/event-stream"));
        go.SetResult();

        await plain.ExpectProblemAsync(409, "idempotency_in_progress");
        await (await first).ExpectAsync(201);
        Assert.Equal("attached", await (await streamed).Content.ReadAsStringAsync(Ct));
    }

    [Fact]
    public async Task A_stream_goes_out_while_it_is_made_though_it_has_a_key()
    {
        var go = new TaskCompletionSource();
        await using var host = await RulesHost.StartAsync(api => api.MapPost("/notes", (HttpContext http, TimeProvider clock, Body<NoteForm> body, CancellationToken ct) =>
            EventStreamWriter.WriteAsync(http, Events(go.Task), clock, ct)));
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = Content(), Headers = { { "Idempotency-Key", "k" } } };

        using var response = await host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Ct);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Ct));
        var firstLine = await reader.ReadLineAsync(Ct);
        go.SetResult();

        Assert.Equal("event: one", firstLine);
        Assert.EndsWith("event: two\ndata: {}\n\n", await reader.ReadToEndAsync(Ct), StringComparison.Ordinal);

        static async IAsyncEnumerable<StreamEvent> Events(Task go)
        {
            yield return new StreamEvent(null, "one", "{}");
            await go;
            yield return new StreamEvent(null, "two", "{}");
        }
    }

    [Fact]
    public async Task A_large_body_counts_whole_and_reaches_the_endpoint_whole()
    {
        await using var host = await RulesHost.StartAsync(api => api.MapPost("/notes", async (HttpRequest request, CancellationToken ct) =>
        {
            using var reader = new StreamReader(request.Body);
            return TypedResults.Ok((await reader.ReadToEndAsync(ct)).Length);
        }).WithBodyLimit(limits => limits.UploadBytes));
        var large = new string('x', 1_500_000);

        Assert.Equal("1500000", await (await SendAsync(large)).Content.ReadAsStringAsync(Ct));
        Assert.Equal("true", (await SendAsync(large)).Header("Idempotency-Replayed"));
        await (await SendAsync($"{large[1..]}y")).ExpectProblemAsync(422, "idempotency_key_reused");
        await (await SendAsync(new string('x', 2_000_001))).ExpectProblemAsync(413, "too_large");

        Task<HttpResponseMessage> SendAsync(string text) =>
            host.Http.SendAsync(HttpMethod.Post, Path, new StringContent(text, Encoding.UTF8, "text/plain"), ("Idempotency-Key", "k"));
    }

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

    private static Task<HttpResponseMessage> PostAsync(RulesHost host, params (string Name, string Value)[] headers) =>
        host.Http.SendAsync(HttpMethod.Post, Path, Content(), [("Idempotency-Key", "k"), .. headers]);

    private static StringContent Content() => new("""{"text":"hello"}""", Encoding.UTF8, "application/json");
}
