using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using AiBackend.Http;
using AiBackend.Jobs;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace AiBackend.Tests.Jobs;

/// <summary>Background jobs of a kind that the test drives, watched over HTTP.</summary>
public sealed class JobTests(JobTests.Fixture app) : IClassFixture<JobTests.Fixture>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_job_reports_its_progress_and_completes()
    {
        var tenant = await app.NewTenantAsync();
        var id = await app.EnqueueAsync(tenant, "finish");
        await app.Driven.StartedAsync(id, Ct);

        var running = await tenant.Http.GetJsonAsync($"/api/v1/jobs/{id}");
        app.Driven.LetGo(id);
        var ended = await EndedAsync(tenant, id);

        Assert.Equal(("running", 1), (running.Text("status"), running.GetProperty("progress").GetProperty("done").GetInt32()));
        Assert.Equal("completed", ended.Text("status"));
        Assert.Equal(
            """{"done":1,"failed":1,"total":2}""", JsonSerializer.Serialize(ended.GetProperty("progress")));
        Assert.Equal("bad_line", ended.GetProperty("errors")[0].Text("code"));
        Assert.Equal(1, ended.GetProperty("attempts").GetInt32());
    }

    [Fact]
    public async Task A_job_that_cannot_succeed_says_why()
    {
        var tenant = await app.NewTenantAsync();
        var id = await app.EnqueueAsync(tenant, "refuse");
        app.Driven.LetGo(id);

        var ended = await EndedAsync(tenant, id);

        Assert.Equal("failed", ended.Text("status"));
        Assert.Equal(("refused", "It cannot be done."), (Last(ended).Text("code"), Last(ended).Text("detail")));
    }

    [Fact]
    public async Task A_job_that_fails_unexpectedly_is_tried_again_and_given_up_after_five_attempts()
    {
        var tenant = await app.NewTenantAsync();
        var id = await app.EnqueueAsync(tenant, "break");
        app.Driven.LetGo(id);

        for (var attempt = 1; attempt < 5; attempt++)
        {
            await app.Driven.StartedAsync(id, Ct);
            await UntilAsync(tenant, id, "queued");
            var next = app.Driven.IsStartedAgainAsync(id, Ct);
            while (!next.IsCompleted)
            {
                app.Clock.Advance(TimeSpan.FromSeconds(2));
                await Task.WhenAny(next, Task.Delay(50, Ct));
            }
        }

        var job = await UntilAsync(tenant, id, "failed");

        Assert.Equal(5, job.GetProperty("attempts").GetInt32());
        Assert.Equal("internal_error", Last(job).Text("code"));
        Assert.DoesNotContain("Asked to break", JsonSerializer.Serialize(job), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_running_job_stops_when_it_is_cancelled_and_an_ended_one_cannot_be()
    {
        var tenant = await app.NewTenantAsync();
        var id = await app.EnqueueAsync(tenant, "finish");
        await app.Driven.StartedAsync(id, Ct);

        await (await tenant.Http.PostJsonAsync($"/api/v1/jobs/{id}/cancel")).ExpectAsync(200);
        var ended = await EndedAsync(tenant, id);
        var completed = await app.EnqueueAsync(tenant, "finish");
        app.Driven.LetGo(completed);
        await EndedAsync(tenant, completed);

        Assert.Equal("cancelled", ended.Text("status"));
        await (await tenant.Http.PostJsonAsync($"/api/v1/jobs/{completed}/cancel")).ExpectProblemAsync(409, "conflict");
    }

    [Fact]
    public async Task Jobs_are_listed_newest_first_and_by_kind_and_status()
    {
        var tenant = await app.NewTenantAsync();
        var first = await app.EnqueueAsync(tenant, "finish");
        var second = await app.EnqueueAsync(tenant, "finish");
        app.Driven.LetGo(first);
        await EndedAsync(tenant, first);

        var all = await tenant.Http.GetJsonAsync("/api/v1/jobs");
        var done = await tenant.Http.GetJsonAsync($"/api/v1/jobs?kind={DrivenJob.TheKind}&status=completed");
        var none = await tenant.Http.GetJsonAsync("/api/v1/jobs?kind=other");

        Assert.Equal([second, first], Ids(all));
        Assert.Equal([first], Ids(done));
        Assert.Empty(Ids(none));
        Assert.Equal(["status"], await (await tenant.Http.GetAsync("/api/v1/jobs?status=odd", Ct)).InvalidFieldsAsync());
    }

    [Fact]
    public async Task A_stream_follows_a_job_to_its_end()
    {
        var tenant = await app.NewTenantAsync();
        var id = await app.EnqueueAsync(tenant, "finish");
        await app.Driven.StartedAsync(id, Ct);

        using var answer = await tenant.Http.SendAsync(
            new HttpRequestMessage(HttpMethod.Get, $"/api/v1/jobs/{id}/stream"), HttpCompletionOption.ResponseHeadersRead, Ct);
        app.Driven.LetGo(id);
        var text = await answer.Content.ReadAsStringAsync(Ct);

        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        Assert.Contains("event: job.progress\n", text, StringComparison.Ordinal);
        Assert.Contains("event: job.completed\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_tenants_job_is_not_there()
    {
        var id = await app.EnqueueAsync(await app.NewTenantAsync(), "finish");
        var other = await app.NewTenantAsync();

        await (await other.Http.GetAsync($"/api/v1/jobs/{id}", Ct)).ExpectProblemAsync(404, "not_found");
        await (await other.Http.GetAsync($"/api/v1/jobs/{id}/stream", Ct)).ExpectProblemAsync(404, "not_found");
        await (await other.Http.PostJsonAsync($"/api/v1/jobs/{id}/cancel")).ExpectProblemAsync(404, "not_found");
        Assert.Empty(Ids(await other.Http.GetJsonAsync("/api/v1/jobs")));
    }

    [Fact]
    public async Task A_key_reads_a_job_by_the_scope_of_its_work_and_cancels_it_by_the_scope_to_write()
    {
        var tenant = await app.NewTenantAsync(Scopes.ChatRead);
        var id = await app.EnqueueAsync(tenant, "finish");
        var reader = app.NewHttp((await app.NewKeyAsync(tenant.ClientId, Scopes.KnowledgeRead)).Key);

        await (await tenant.Http.GetAsync($"/api/v1/jobs/{id}", Ct)).ExpectProblemAsync(403, "insufficient_scope");
        await (await tenant.Http.GetAsync($"/api/v1/jobs/{id}/stream", Ct)).ExpectProblemAsync(403, "insufficient_scope");
        await (await reader.GetAsync($"/api/v1/jobs/{id}", Ct)).ExpectAsync(200);
        await (await reader.PostJsonAsync($"/api/v1/jobs/{id}/cancel")).ExpectProblemAsync(403, "insufficient_scope");
        Assert.Empty(Ids(await tenant.Http.GetJsonAsync("/api/v1/jobs")));
    }

    private static string[] Ids(JsonElement page) => [.. page.GetProperty("data").EnumerateArray().Select(job => job.Text("id"))];

    private static JsonElement Last(JsonElement job) => job.GetProperty("errors").EnumerateArray().Last();

    private static async Task<JsonElement> UntilAsync(Tenant tenant, string id, string status)
    {
        var job = await tenant.Http.GetJsonAsync($"/api/v1/jobs/{id}");
        while (job.Text("status") != status)
        {
            await Task.Delay(5, Ct);
            job = await tenant.Http.GetJsonAsync($"/api/v1/jobs/{id}");
        }

        return job;
    }

    private static async Task<JsonElement> EndedAsync(Tenant tenant, string id)
    {
        await (await tenant.Http.GetAsync($"/api/v1/jobs/{id}/stream", Ct)).Content.ReadAsStringAsync(Ct);
        return await tenant.Http.GetJsonAsync($"/api/v1/jobs/{id}");
    }

    public sealed class Fixture : AppFixture
    {
        internal DrivenJob Driven { get; } = new();

        internal Task<string> EnqueueAsync(Tenant tenant, string order) => Store.For(tenant.ClientId).CommitAsync(
            async transaction =>
                (await Services.GetRequiredService<JobQueue>().EnqueueAsync(transaction, DrivenJob.TheKind, order)).Id,
            TestContext.Current.CancellationToken);

        protected override void ConfigureServices(IServiceCollection services) => services.AddSingleton<IJobHandler>(Driven);
    }

    /// <summary>Reports once, waits until the test lets it go, and ends as it was ordered to.</summary>
    internal sealed class DrivenJob : IJobHandler
    {
        public const string TheKind = "test.driven";

        private readonly ConcurrentDictionary<string, TaskCompletionSource> gates = new();
        private readonly ConcurrentDictionary<string, Channel<bool>> starts = new();

        public string Kind => TheKind;

        public string Scope => Scopes.KnowledgeRead;

        public void LetGo(string id) => Of(gates, id).TrySetResult();

        /// <summary>Ends when an attempt began; each attempt is told once.</summary>
        public Task StartedAsync(string id, CancellationToken ct) => StartsOf(id).Reader.ReadAsync(ct).AsTask();

        /// <summary>Ends when a further attempt began, which <see cref="StartedAsync"/> still tells.</summary>
        public Task IsStartedAgainAsync(string id, CancellationToken ct) => StartsOf(id).Reader.WaitToReadAsync(ct).AsTask();

        public async Task RunAsync(JobContext context, CancellationToken ct)
        {
            await context.ReportAsync(new JobProgress(1, 0, 2), ct);
            StartsOf(context.Job.Id).Writer.TryWrite(true);
            await Of(gates, context.Job.Id).Task.WaitAsync(ct);
            switch (context.Payload<string>())
            {
                case "refuse":
                    throw new JobFailedException("refused", "It cannot be done.");
                case "break":
                    throw new InvalidOperationException("Asked to break.");
                default:
                    context.AddError(new JobError(7, "bad_line", "The line is not JSON."));
                    await context.ReportAsync(new JobProgress(1, 1, 2), ct);
                    break;
            }
        }

        private Channel<bool> StartsOf(string id) => starts.GetOrAdd(id, _ => Channel.CreateUnbounded<bool>());

        private static TaskCompletionSource Of(
            ConcurrentDictionary<string, TaskCompletionSource> sources, string id) =>
            sources.GetOrAdd(id, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
    }
}
