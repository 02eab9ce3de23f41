using AiBackend.Documents;
using AiBackend.Documents.Sqlite;
using AiBackend.Http;
using AiBackend.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AiBackend.Tests.Http;

/// <summary>The ground rules around routes of a test's own, on a real port; every caller is the client <see cref="ClientId"/>.</summary>
internal sealed class RulesHost : IAsyncDisposable
{
    public const string ClientId = "cli_00000000000000000000000000";

    private readonly WebApplication app;
    private readonly string folder;

    private RulesHost(WebApplication app, ArmedClock clock, string folder)
    {
        this.app = app;
        this.folder = folder;
        Clock = clock;
        var address = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single();
        Http = new HttpClient { BaseAddress = new Uri(address) };
    }

    public ArmedClock Clock { get; }

    public HttpClient Http { get; }

    public IServiceProvider Services => app.Services;

    public DocumentStore Store => Services.GetRequiredService<DocumentStore>();

    public Idempotency Idempotency => Services.GetRequiredService<Idempotency>();

    /// <summary>Starts a host with these routes.</summary>
    public static async Task<RulesHost> StartAsync(Action<IEndpointRouteBuilder> map)
    {
        var folder = Directory.CreateTempSubdirectory("ai-backend-").FullName;
        var clock = new ArmedClock();
        clock.SetUtcNow(new DateTimeOffset(2026, 3, 14, 9, 26, 53, TimeSpan.Zero));
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services
            .AddStorage()
            .AddHttpRules()
            .AddSingleton<TimeProvider>(clock)
            .AddSingleton(new LimitOptions { UploadBytes = 2_000_000 })
            .AddSingleton(new EncryptionOptions { Key = "key of the tests" })
            .AddSingleton<DocumentSet>(new DocumentSet<Note>("notes").Index("by_client", note => note.ClientId))
            .AddSingleton<IDocumentStore>(provider => new SqliteDocumentStore(
                provider.GetRequiredService<DocumentCatalog>(),
                new SqliteDocumentOptions { Path = Path.Combine(folder, "test.db"), RequireServedQueries = true }));
        var app = builder.Build();
        app.UseErrorAnswers();
        app.UseRouting();
        app.Use((http, next) =>
        {
            http.Features.Set(new Credential("key_1", ClientId, [Scopes.ChatWrite]));
            return next(http);
        });
        app.UseRequestRules();
        map(app.MapApi());
        await app.Services.GetRequiredService<IDocumentStore>().InitializeAsync(TestContext.Current.CancellationToken);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new RulesHost(app, clock, folder);
    }

    /// <summary>How many notes are stored.</summary>
    public Task<long> CountNotesAsync() => Store.For(ClientId).CountAsync(Query.Of<Note>(), TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await app.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}

/// <summary>What the routes of tests store.</summary>
internal sealed record Note : TenantDocument
{
    public required string Text { get; init; }
}

/// <summary>What the routes of tests take.</summary>
internal sealed record NoteForm
{
    public required string Text { get; init; }
}
