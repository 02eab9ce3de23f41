using System.Collections.Concurrent;
using System.Text.Json;
using AiBackend.Documents.Tests;
using AiBackend.Tests.Support;
using CsCheck;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace AiBackend.Tests.Chat.Model;

/// <summary>
/// Processes of the service that are killed and started again while several callers act, each of whom repeats what was not answered.
/// Afterwards the service is opened over what they left.
/// </summary>
public sealed class KilledProcessesTests
{
    private const int Callers = 4;
    private const int Sessions = 3;
    private const int Kills = 4;

    [Fact]
    public Task One_process_that_is_killed_leaves_sessions_that_add_up() => RunAsync(null, "all");

    [Fact]
    public async Task Two_of_each_role_that_are_killed_in_turn_leave_sessions_that_add_up()
    {
        // The transaction of a process that was killed keeps others from its documents for as long as the server keeps it.
        await using var server = await MongoStandIn.StartAsync("--transaction-lifetime", "2");
        await RunAsync(server.Uri, "api", "worker", "api", "worker");
    }

    private static Task RunAsync(string? mongoUri, params string[] roles) => SessionAction.Any.Array[25].Array[Callers].SampleAsync(
        callers => RunAsync(mongoUri, roles, callers), iter: 1, threads: 1);

    private static async Task RunAsync(string? mongoUri, string[] roles, SessionAction[][] callers)
    {
        await using var orchestrator = new WordsOrchestrator();
        await orchestrator.OpenAsync();
        await using var after = new LeftBehind(mongoUri);
        var settings = new Dictionary<string, string> { ["AI_ORCHESTRATOR_URL"] = orchestrator.Url };
        if (mongoUri is not null)
        {
            settings["MONGODB_URI"] = mongoUri;
        }

        await using var processes = new Processes(roles, after.DataFolder, settings);
        await processes.StartAsync();
        var (clientId, key, sessions) = await processes.PrepareAsync(Sessions);
        var acknowledged = new ConcurrentBag<string>();
        var steps = callers.Sum(actions => actions.Length);
        var taken = 0;
        await Task.WhenAll(callers.Select((actions, number) => Task.Run(async () =>
        {
            var caller = new PersistentCaller(processes, key, number, acknowledged);
            foreach (var action in actions)
            {
                await caller.TakeAsync(sessions[action.Session % sessions.Count], action);
                var done = Interlocked.Increment(ref taken);
                if (done * Kills / steps > (done - 1) * Kills / steps && done < steps)
                {
                    await processes.KillOneAsync();
                }
            }
        })));
        await processes.DisposeAsync();

        await after.InitializeAsync();
        var tenant = after.TenantOf(clientId, key);
        foreach (var run in await tenant.Documents.ListAsync(
            AiBackend.Documents.Query.Of<AiBackend.Chat.Runs.Run>(), TestContext.Current.CancellationToken))
        {
            await tenant.EndOfAsync(run.Id).WaitAsync(TimeSpan.FromSeconds(90), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        var stored = new HashSet<string>();
        foreach (var session in sessions)
        {
            await SessionInvariants.RequireAsync(tenant, session);
            stored.UnionWith((await tenant.MessagesAsync(session)).Select(message => message.Text("id")));
        }

        Assert.NotEmpty(acknowledged);
        Assert.All(acknowledged, id => Assert.Contains(id, stored));
    }

    /// <summary>The service over what others have left, on the clock of the machine.</summary>
    private sealed class LeftBehind(string? mongoUri) : ChatApp
    {
        public ChatTenant TenantOf(string clientId, string key) =>
            new(this, new Tenant(clientId, string.Empty, key, NewHttp(key)));

        protected override void Configure(IDictionary<string, string> settings)
        {
            settings.Remove("MONGODB_URI");
            if (mongoUri is not null)
            {
                settings["MONGODB_URI"] = mongoUri;
            }
        }

        protected override void ConfigureServices(IServiceCollection services)
        {
            base.ConfigureServices(services);
            services.Replace(ServiceDescriptor.Singleton(TimeProvider.System));
        }
    }

    /// <summary>Answers as the first word of a message says; the first attempt at a held answer gets half of it and then silence.</summary>
    private sealed class WordsOrchestrator : LoopbackServer
    {
        public string Url => $"{Address}/answers";

        public Task OpenAsync() => StartAsync();

        protected override async Task AnswerAsync(HttpContext http, RecordedRequest request)
        {
            var text = request.Body.GetProperty("message").GetProperty("text").GetString()!;
            http.Response.ContentType = "text/event-stream";
            await SayAsync(http, "delta", new { text = "Reply to " });
            if (text.StartsWith("Hold", StringComparison.Ordinal) && request.Body.GetProperty("attempt").GetInt32() == 1)
            {
                await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, http.RequestAborted);
            }

            await SayAsync(
                http, "completed", new { text = SessionModel.ReplyTo(text), confidence = text.StartsWith("Doubt", StringComparison.Ordinal) ? 0.1 : 0.9 });
        }

        private static async Task SayAsync(HttpContext http, string type, object data)
        {
            await http.Response.WriteAsync($"event: {type}\ndata: {JsonSerializer.Serialize(data)}\n\n", http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
        }
    }
}
