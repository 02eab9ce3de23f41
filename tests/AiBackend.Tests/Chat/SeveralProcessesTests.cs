using AiBackend.Tests.Chat.Model;
using AiBackend.Tests.Support;
using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace AiBackend.Tests.Chat;

/// <summary>
/// One process that serves requests and others that answer, over one database: they tell each other nothing but what they store.
/// They stand in for processes by having no signal, no cache and no cancellation in common.
/// </summary>
public sealed class SeveralProcessesTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_taken_by_one_process_is_answered_by_another_and_streamed_as_it_comes()
    {
        await using var api = await OpenAsync("api", MongoDatabase.New());
        await using var worker = await OpenAsync("worker", api.Database);
        var tenant = await api.NewChatTenantAsync();
        var held = worker.Answers.Hold(tenant.ClientId);
        using var stream = await SseReader.OpenAsync(
            tenant.Http, HttpMethod.Post, "/api/v1/messages", new { external_session_id = "a", text = "t" });
        var attempt = await held.NextAsync();

        attempt.Say("Half ");
        var events = await stream.UntilAsync("reply.delta");
        attempt.Complete("Half and half");
        events.AddRange(await stream.RestAsync());

        Assert.Equal("Half and half", SseReader.TextOf(events));
        Assert.Equal(Enumerable.Range(1, events.Count), events.Select(received => received.Number));
        Assert.Empty(api.Answers.Requests);
    }

    [Fact]
    public async Task Of_two_of_each_every_one_streams_what_any_answers()
    {
        await using var api = await OpenAsync("api", MongoDatabase.New());
        await using var otherApi = await OpenAsync("api", api.Database);
        await using var worker = await OpenAsync("worker", api.Database);
        await using var otherWorker = await OpenAsync("worker", api.Database);
        var tenant = await api.NewChatTenantAsync();
        var words = new ScriptedWords();
        worker.Answers.Set(tenant.ClientId, words.AnswerAsync);
        otherWorker.Answers.Set(tenant.ClientId, words.AnswerAsync);

        foreach (var (poster, reader) in new[] { (tenant, tenant.At(otherApi)), (tenant.At(otherApi), tenant) })
        {
            foreach (var session in Enumerable.Range(0, 6).Select(number => $"{number}"))
            {
                using var posted = await SseReader.OpenAsync(
                    poster.Http, HttpMethod.Post, "/api/v1/messages", new { external_session_id = session, text = $"Hold {session}" });
                var events = await posted.UntilAsync("reply.delta");
                var runId = events[0].Id![..events[0].Id!.LastIndexOf(':')];
                using var followed = await SseReader.OpenAsync(reader.Http, HttpMethod.Get, $"/api/v1/runs/{runId}/stream");
                var followedEvents = await followed.UntilAsync("reply.delta");
                words.Release(runId);
                events.AddRange(await posted.RestAsync());
                followedEvents.AddRange(await followed.RestAsync());

                Assert.Equal($"Reply to Hold {session}", SseReader.TextOf(events));
                Assert.Equal(events.Select(one => (one.Id, one.Type)), followedEvents.Select(one => (one.Id, one.Type)));
            }
        }

        Assert.Empty(api.Answers.Requests);
        Assert.Empty(otherApi.Answers.Requests);
        Assert.Equal(12, worker.Answers.Requests.Count + otherWorker.Answers.Requests.Count);
    }

    [Fact]
    public async Task Waiting_and_cancelling_reach_a_run_in_another_process()
    {
        await using var api = await OpenAsync("api", MongoDatabase.New());
        await using var worker = await OpenAsync("worker", api.Database);
        var tenant = await api.NewChatTenantAsync();

        var waited = await tenant.SayAsync(new { external_session_id = "a", text = "t" }, ("Prefer", "wait=30"));
        var held = worker.Answers.Hold(tenant.ClientId);
        var posted = await tenant.SayAsync(new { external_session_id = "a", text = "t" });
        var attempt = await held.NextAsync();
        await tenant.PostAsync($"/api/v1/runs/{posted["run"]!.Text("id")}/cancel");
        await attempt.Stopped.WaitAsync(Ct);

        Assert.Equal(ScriptedAnswers.EchoOf("t"), waited["reply"]!.Text("text"));
        Assert.Equal("cancelled", (await tenant.EndOfAsync(posted["run"]!.Text("id"))).Text("status"));
    }

    [Fact]
    public async Task Whatever_happens_at_once_in_several_processes_everything_adds_up()
    {
        await using var api = await OpenAsync("api", MongoDatabase.New());
        await using var one = await OpenAsync("worker", api.Database);
        await using var other = await OpenAsync("worker", api.Database);
        var tenant = await api.NewChatTenantAsync();
        var words = new ScriptedWords();
        foreach (var app in new[] { one, other })
        {
            app.Answers.Set(tenant.ClientId, words.AnswerAsync);
        }

        await SessionAction.Any.Array[30].Array[8].SampleAsync(
            callers => SessionCallers.ActAsync(tenant, words, sessionCount: 4, callers), iter: 1, threads: 1);

        Assert.Empty(api.Answers.Requests);
    }

    private static async Task<ProcessApp> OpenAsync(string role, MongoDatabase database)
    {
        var app = new ProcessApp(role, database);
        await app.InitializeAsync();
        return app;
    }

    private sealed class ProcessApp(string role, MongoDatabase database) : ChatApp
    {
        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            await Database.DropAsync();
        }

        public MongoDatabase Database { get; } = database;

        protected override void Configure(IDictionary<string, string> settings)
        {
            settings["MONGODB_URI"] = Database.Uri!;
            settings["ROLE"] = role;
        }

        // Processes have no clock in common either.
        protected override void ConfigureServices(IServiceCollection services)
        {
            base.ConfigureServices(services);
            services.Replace(ServiceDescriptor.Singleton(TimeProvider.System));
        }
    }
}
