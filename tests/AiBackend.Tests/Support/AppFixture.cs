using System.Net.Http.Headers;
using AiBackend.Documents;
using AiBackend.Http;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Time.Testing;

namespace AiBackend.Tests.Support;

/// <summary>
/// The real service in this process, on an embedded database in a folder of its own and on a clock that stands until a test moves it.
/// A class that needs other settings or services takes a fixture derived from this.
/// </summary>
public class AppFixture : IAsyncLifetime
{
    public const string AdminKey = "admin-key-of-the-tests";

    private readonly string dataFolder = Directory.CreateTempSubdirectory("ai-backend-").FullName;
    private readonly MongoDatabase mongo = MongoDatabase.ForTests();
    private Host? host;

    /// <summary>The service's clock.</summary>
    public virtual FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 3, 14, 9, 26, 53, TimeSpan.Zero));

    /// <summary>Sends the admin key.</summary>
    public HttpClient Admin { get; private set; } = null!;

    /// <summary>The service's parts.</summary>
    public IServiceProvider Services => Started.Services;

    /// <summary>The door to storage, to look behind the interface.</summary>
    public DocumentStore Store => Services.GetRequiredService<DocumentStore>();

    /// <summary>Where the service keeps its data.</summary>
    public string DataFolder => dataFolder;

    private Host Started => host ?? throw new InvalidOperationException("The fixture is not initialised.");

    /// <summary>Whether the service listens on a real port, which streams, limits and connections need.</summary>
    protected virtual bool IsOnKestrel => false;

    public virtual ValueTask InitializeAsync()
    {
        host = new Host(this);
        if (IsOnKestrel)
        {
            host.UseKestrel(0);
        }

        host.StartServer();
        Admin = NewHttp(AdminKey);
        return ValueTask.CompletedTask;
    }

    public virtual async ValueTask DisposeAsync()
    {
        await StopAsync();
        await mongo.DropAsync();
        Directory.Delete(dataFolder, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Stops the service and starts it again on the same data.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await InitializeAsync();
    }

    /// <summary>A client of its own for a test, with a key of these scopes (all when none is named).</summary>
    public async Task<Tenant> NewTenantAsync(params string[] scopes) => await NewTenantAsync(settings: null, scopes);

    /// <summary>As the other, with settings in their wire form (<c>new { chat = new { … } }</c>).</summary>
    public async Task<Tenant> NewTenantAsync(object? settings, params string[] scopes)
    {
        var made = await Admin.PostJsonAsync("/api/v1/clients", settings is null ? new { name = "Test" } : new { name = "Test", settings });
        var clientId = (await made.ExpectAsync(201)).Text("id");
        var (keyId, key) = await NewKeyAsync(clientId, scopes);
        return new Tenant(clientId, keyId, key, NewHttp(key));
    }

    /// <summary>Another key for a client.</summary>
    public async Task<(string KeyId, string Key)> NewKeyAsync(string clientId, params string[] scopes)
    {
        var made = await Admin.PostJsonAsync(
            $"/api/v1/clients/{clientId}/keys", new { name = "Test", scopes = scopes.Length == 0 ? Scopes.All : scopes });
        var key = await made.ExpectAsync(201);
        return (key.Text("id"), key.Text("secret"));
    }

    /// <summary>Sends this key, or none.</summary>
    public HttpClient NewHttp(string? key)
    {
        var http = IsOnKestrel
            ? new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = Started.Address }
            : Started.CreateClient(new WebApplicationFactoryClientOptions { AllowAutoRedirect = false });
        if (key is not null)
        {
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        return http;
    }

    /// <summary>Settings by the names of their environment variables, in place of the defaults.</summary>
    protected virtual void Configure(IDictionary<string, string> settings)
    {
    }

    /// <summary>Services in place of the real ones.</summary>
    protected virtual void ConfigureServices(IServiceCollection services)
    {
    }

    private async Task StopAsync()
    {
        if (host is null)
        {
            return;
        }

        try
        {
            await host.DisposeAsync();
        }
        catch (ObjectDisposedException)
        {
            // The program disposes of its host when it is told to stop, which the factory does while it stops the host itself.
        }
    }

    private sealed class Host(AppFixture fixture) : WebApplicationFactory<Program>
    {
        /// <summary>Where it listens, on a real port.</summary>
        public Uri Address => new(
            Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single().Replace("[::]", "127.0.0.1", StringComparison.Ordinal));

        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            var settings = new Dictionary<string, string>
            {
                ["ADMIN_API_KEY"] = AdminKey,
                ["ENCRYPTION_KEY"] = "encryption-key-of-the-tests",
                ["DATA_DIR"] = fixture.dataFolder,
                ["LOG_LEVEL"] = "Error",
                ["RATE_LIMIT"] = "0",
                ["SEED_DEMO"] = "false",
            };
            if (fixture.mongo.Uri is { } uri)
            {
                settings["MONGODB_URI"] = uri;
            }

            fixture.Configure(settings);
            foreach (var (name, value) in settings)
            {
                builder.UseSetting(name, value);
            }

            builder.UseEnvironment("Development");
            builder.ConfigureServices(services =>
            {
                services.Replace(ServiceDescriptor.Singleton<TimeProvider>(fixture.Clock));
                fixture.ConfigureServices(services);
            });
        }
    }
}

/// <summary>A client that was made for one test.</summary>
/// <param name="Key">What is sent as bearer.</param>
/// <param name="Http">Sends the key.</param>
public sealed record Tenant(string ClientId, string KeyId, string Key, HttpClient Http);

/// <summary>As <see cref="AppFixture"/>, on a real port.</summary>
public class KestrelFixture : AppFixture
{
    protected override bool IsOnKestrel => true;
}
