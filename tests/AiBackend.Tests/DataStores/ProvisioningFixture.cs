using System.Collections.Concurrent;
using System.Text.Json;
using AiBackend.DataStores;
using AiBackend.DataStores.Provisioning;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace AiBackend.Tests.DataStores;

/// <summary>The service, whose makers of databases break off where a test says.</summary>
public sealed class ProvisioningFixture : AppFixture
{
    /// <summary>Where what is made in a folder is kept.</summary>
    public string Folder { get; } = Path.Combine(Path.GetTempPath(), $"ai-backend-made-{Guid.NewGuid():n}");

    /// <summary>What fails for the stores of these names: their makers ask it before each step and after it.</summary>
    internal StepFaults Faults { get; } = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }

        GC.SuppressFinalize(this);
    }

    // What broke off is finished when a test says so, and not told of.
    protected override void Configure(IDictionary<string, string> settings)
    {
        settings["ROLE"] = "api";
        settings["LOG_LEVEL"] = "Critical";
    }

    protected override void ConfigureServices(IServiceCollection services)
    {
        var makers = services.Where(service => service.ServiceType == typeof(IDatabaseMaker)).ToArray();
        foreach (var maker in makers)
        {
            services.Remove(maker);
            services.AddSingleton<IDatabaseMaker>(provider => new FailingMaker(
                (IDatabaseMaker)ActivatorUtilities.CreateInstance(provider, maker.ImplementationType!), Faults));
        }
    }

    private sealed class FailingMaker(IDatabaseMaker inner, StepFaults faults) : IDatabaseMaker
    {
        public StoreKind Kind => inner.Kind;

        public bool HasLogins => inner.HasLogins;

        public StoreConfig ConfigOf(ConnectionTarget server, DatabaseNames names) => inner.ConfigOf(server, names);

        public IReadOnlyList<MakingStep> Create(ConnectionTarget server, DatabaseNames names, NewPasswords passwords) =>
            Watched("create", server, inner.Create(server, faults.Note(server, names), passwords));

        public IReadOnlyList<MakingStep> Rotate(ConnectionTarget server, DatabaseNames names, string? owner, string reader) =>
            Watched("rotate", server, inner.Rotate(server, names, owner, reader));

        public IReadOnlyList<MakingStep> Drop(ConnectionTarget server, DatabaseNames names) => Watched("drop", server, inner.Drop(server, names));

        private IReadOnlyList<MakingStep> Watched(string work, ConnectionTarget server, IReadOnlyList<MakingStep> steps) =>
        [
            .. steps.Select((step, i) => step with
            {
                RunAsync = async ct =>
                {
                    await faults.PassAsync(server, work, i, isDone: false);
                    await step.RunAsync(ct);
                    await faults.PassAsync(server, work, i, isDone: true);
                },
            }),
        ];
    }
}

/// <summary>What breaks off. Tests share the makers, so each speaks of its own server, by the username or folder that it registered.</summary>
internal sealed class StepFaults
{
    private readonly ConcurrentDictionary<(string Server, string Work), Func<int, bool, Task>> faults = new();
    private readonly ConcurrentDictionary<string, ConcurrentQueue<DatabaseNames>> begun = new();

    /// <summary>Has a piece of work (create, rotate, drop) fail at a step (from 0), before or after it is done.</summary>
    public void Fail(string server, string work, int step, bool isDone = false) =>
        faults[(server, work)] = (at, done) => at == step && done == isDone ? throw new IOException("This step was told to fail.") : Task.CompletedTask;

    /// <summary>Has something happen on the server after a step (from 0) of a piece of work.</summary>
    public void After(string server, string work, int step, Func<Task> act) =>
        faults[(server, work)] = (at, done) => at == step && done ? act() : Task.CompletedTask;

    /// <summary>What was begun on a server.</summary>
    public IReadOnlyList<DatabaseNames> BegunOn(string server) => begun.TryGetValue(server, out var names) ? [.. names] : [];

    public DatabaseNames Note(ConnectionTarget server, DatabaseNames names)
    {
        begun.GetOrAdd(server.Path ?? server.Username!, _ => []).Enqueue(names);
        return names;
    }

    public void Mend(string server, string work) => faults.TryRemove((server, work), out _);

    public Task PassAsync(ConnectionTarget server, string work, int step, bool isDone) =>
        faults.TryGetValue((server.Path ?? server.Username!, work), out var fault) ? fault(step, isDone) : Task.CompletedTask;
}

/// <summary>What most tests of provisioning do.</summary>
internal static class ProvisioningSteps
{
    /// <summary>Registers a server for a client of its own.</summary>
    public static async Task<(Tenant Tenant, string ServerId)> NewServerAsync(this AppFixture app, string kind, object config)
    {
        var tenant = await app.NewTenantAsync();
        var made = await app.Admin.PostJsonAsync("/api/v1/database-servers", new { kind, client_id = tenant.ClientId, config });
        return (tenant, (await made.ExpectAsync(201)).Text("id"));
    }

    public static Task<HttpResponseMessage> ProvisionAsync(this Tenant tenant, string kind, string name = "Made") =>
        tenant.Http.PostJsonAsync(tenant.Stores(), new { kind, name, provision = true });

    /// <summary>The credentials in an answer that shows them.</summary>
    public static ((string Username, string Password) Owner, (string Username, string Password) Reader) LoginsOf(JsonElement store)
    {
        var credentials = store.GetProperty("credentials");
        return (LoginOf(credentials.GetProperty("owner")), LoginOf(credentials.GetProperty("read_only")));
    }

    private static (string Username, string Password) LoginOf(JsonElement login) => (login.Text("username"), login.Text("password"));

    /// <summary>Does what broke off, once the time for it has run out.</summary>
    public static async Task FinishLaterAsync(this ProvisioningFixture app)
    {
        app.Clock.Advance(TimeSpan.FromMinutes(6));
        await app.Services.GetServices<Microsoft.Extensions.Hosting.IHostedService>().OfType<ProvisioningSweeper>().Single()
            .SweepAsync(TestContext.Current.CancellationToken);
    }
}
