using System.Net;
using System.Text.Json.Nodes;
using AiBackend.Clients.Privacy;
using AiBackend.Documents;
using AiBackend.Jobs;
using AiBackend.Tests.Chat;
using Microsoft.Extensions.DependencyInjection;

namespace AiBackend.Tests.Clients.Privacy;

/// <summary>The service with answers that tests write, allowed to deliver to this machine, and with an eraser that can be made to fail.</summary>
public sealed class ErasureApp : ChatApp
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    internal FailingEraser Failing { get; } = new();

    /// <summary>Asks for an erasure and waits until it is done.</summary>
    internal async Task<JsonNode> EraseAsync(ChatTenant tenant, string personId) =>
        await EndOfAsync(tenant, (await AskAsync(tenant, personId)).Text("id"));

    internal static Task<JsonNode> AskAsync(ChatTenant tenant, string personId) =>
        tenant.PostAsync($"/api/v1/clients/{tenant.ClientId}/erasures", new { sender_id = personId }, HttpStatusCode.Accepted);

    /// <summary>The job once it has ended. Time passes meanwhile if it is to be tried again.</summary>
    internal async Task<JsonNode> EndOfAsync(ChatTenant tenant, string jobId, TimeSpan step = default)
    {
        using var changed = Store.Signals.Subscribe(JobDocuments.Topic(jobId));
        while (true)
        {
            var job = await tenant.GetAsync($"/api/v1/jobs/{jobId}");
            if (job.Text("status") is "completed" or "failed" or "cancelled")
            {
                return job;
            }

            Clock.Advance(step);
            await changed.WaitAsync(TimeSpan.FromMilliseconds(200), TimeProvider.System, Ct);
        }
    }

    protected override void Configure(IDictionary<string, string> settings) => settings["EVENTS_ALLOW_PRIVATE_NETWORKS"] = "true";

    protected override void ConfigureServices(IServiceCollection services)
    {
        base.ConfigureServices(services);
        services.AddSingleton<IClientDataEraser>(Failing);
    }

    /// <summary>Runs after all others, and fails as often as a test says.</summary>
    internal sealed class FailingEraser : IClientDataEraser
    {
        private readonly Dictionary<string, int> failures = [];

        public void Fail(string clientId, int times) => failures[clientId] = times;

        public Task EraseAsync(TenantDocuments documents, PersonErasure erasure, CancellationToken ct)
        {
            if (failures.TryGetValue(documents.ClientId, out var left) && left > 0)
            {
                failures[documents.ClientId] = left - 1;
                throw new InvalidOperationException("Stopped in the middle.");
            }

            return Task.CompletedTask;
        }
    }
}
