using System.Text.Json;
using AiBackend.Chat.Analyses;
using AiBackend.Http;
using AiBackend.Jobs;
using AiBackend.Tests.Support;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace AiBackend.Tests.Chat;

/// <summary>What becomes of an analysis when the process dies, or something unexpected happens.</summary>
public sealed class AnalysisRecoveryTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_analysis_survives_the_death_of_the_process_and_ends_once()
    {
        var folder = Directory.CreateTempSubdirectory("ai-backend-crash-").FullName;
        await using var model = await ScriptedModelServer.StartNewAsync();
        model.Then(ModelReply.Silence());
        model.Default = ModelReply.Text("""{"sentiment":"negative","score":-0.5,"confidence":0.9}""");
        var settings = new Dictionary<string, string> { ["AI_BASE_URL"] = model.BaseUrl.ToString(), ["AI_MODEL"] = "scripted-model" };
        string key, message, session, analysis;
        await using (var service = await ServiceProcess.StartAsync(folder, settings))
        {
            using var admin = service.NewHttp();
            var client = await (await admin.PostJsonAsync("/api/v1/clients", new { name = "Crash" })).ExpectAsync(201);
            var made = await admin.PostJsonAsync($"/api/v1/clients/{HttpExtensions.Text(client, "id")}/keys", new { name = "Crash", scopes = Scopes.All });
            key = HttpExtensions.Text(await made.ExpectAsync(201), "secret");
            using var http = service.NewHttp(key);
            var posted = (await (await http.PostJsonAsync(
                "/api/v1/messages", new { external_session_id = "a", text = "Late again.", reply = "none" })).ExpectAsync(201)).GetProperty("message");
            (message, session) = (HttpExtensions.Text(posted, "id"), HttpExtensions.Text(posted, "session_id"));
            var asked = await http.PostJsonAsync($"/api/v1/messages/{message}/analyses", new { types = new[] { "sentiment" } });
            analysis = HttpExtensions.Text((await asked.ExpectAsync(202)).Data()[0], "id");
            await model.NextRequestAsync(Ct);
            await service.KillAsync();
        }

        await using (var service = await ServiceProcess.StartAsync(folder, settings))
        {
            using var http = service.NewHttp(key);
            await model.NextRequestAsync(Ct);
            JsonElement found;
            do
            {
                found = await http.GetJsonAsync($"/api/v1/analyses/{analysis}");
            }
            while (HttpExtensions.Text(found, "status") is "queued" or "running");

            Assert.Equal("completed", HttpExtensions.Text(found, "status"));
            Assert.Single((await http.GetJsonAsync($"/api/v1/messages/{message}/analyses")).Data());
            var told = (await http.GetJsonAsync($"/api/v1/events?session_id={session}")).Data();
            Assert.Single(told, one => HttpExtensions.Text(one, "type") == "chat.message.analyzed");
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task An_unexpected_exception_is_tried_again_and_in_the_end_fails_it()
    {
        await using var app = new BrokenApp();
        await app.InitializeAsync();
        var tenant = new ChatTenant(app, await app.NewTenantAsync(new { taxonomy = new { categories = new[] { new { name = "a" } } } }));
        var message = (await tenant.SayAsync(new { session_id = await tenant.OpenAsync(), text = "t", reply = "none" }))["message"]!;
        var asked = await tenant.PostAsync(
            $"/api/v1/messages/{message.Text("id")}/analyses", new { types = new[] { "category" } }, System.Net.HttpStatusCode.Accepted);
        var id = asked["data"]![0]!.Text("id");

        for (var attempts = 1; attempts < 5; attempts++)
        {
            var pause = TimeSpan.FromSeconds(Math.Pow(2, attempts - 1));
            await UntilAsync(tenant, id, stored => stored.Attempts == attempts && stored.DueAt == app.Clock.GetUtcNow() + pause);
            app.Clock.Advance(pause);
            app.Store.Signals.Raise(Leases.Topic<Analysis>());
        }

        var failed = await UntilAsync(tenant, id, stored => stored.DueAt is null);
        Assert.Equal((AnalysisStatus.Failed, "internal_error", 5), (failed.Status, failed.Error?.Code, failed.Attempts));
        Assert.DoesNotContain("bug", failed.Error!.Detail, StringComparison.Ordinal);
        Assert.Single(await tenant.EventsAsync(message.Text("session_id")), type => type == "chat.message.analyzed");
    }

    private static async Task<Analysis> UntilAsync(ChatTenant tenant, string id, Func<Analysis, bool> condition)
    {
        while (true)
        {
            if (await tenant.Documents.FindAsync<Analysis>(id, Ct) is { } stored && condition(stored))
            {
                return stored;
            }

            await Task.Yield();
        }
    }

    private sealed class BrokenApp : ChatApp
    {
        protected override void ConfigureServices(IServiceCollection services)
        {
            base.ConfigureServices(services);
            services.AddSingleton<IEmbeddingGenerator<string, Embedding<float>>, BrokenEmbeddings>();
        }
    }

    private sealed class BrokenEmbeddings : IEmbeddingGenerator<string, Embedding<float>>
    {
        public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
            IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new InvalidOperationException("A bug");

        public object? GetService(Type serviceType, object? serviceKey = null) =>
            serviceType == typeof(EmbeddingGeneratorMetadata) ? new EmbeddingGeneratorMetadata("broken", defaultModelId: "broken") : null;

        public void Dispose()
        {
        }
    }
}
