using System.Globalization;
using System.Net;
using System.Net.Sockets;
using AiBackend.Events;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace AiBackend.Tests.Events;

/// <summary>The service as it is by default: nothing in private networks is delivered to. Names are resolved by the test.</summary>
public sealed class GuardedFixture : EventsFixture
{
    /// <summary>What a name ending in <c>.public.example</c> resolves to from now on; every other name is unknown.</summary>
    public IPAddress Address { get; set; } = IPAddress.Parse("93.184.216.34");

    protected override void Configure(IDictionary<string, string> settings)
    {
    }

    protected override void ConfigureServices(IServiceCollection services) => services.Replace(ServiceDescriptor.Singleton(
        new NetworkGuard(allowsPrivateNetworks: false, (host, ct) => host.EndsWith(".public.example", StringComparison.Ordinal)
            ? Task.FromResult<IPAddress[]>([Address])
            : Dns.GetHostAddressesAsync(host, ct))));
}

public sealed class PrivateNetworkTests(GuardedFixture app) : IClassFixture<GuardedFixture>
{
    [Theory]
    [InlineData("http://127.0.0.1:9/")]
    [InlineData("http://localhost:9/")]
    [InlineData("http://2130706433/")]
    [InlineData("http://[::1]:9/")]
    [InlineData("http://10.1.2.3/")]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("https://[::ffff:192.168.0.1]/")]
    public async Task A_processor_in_a_private_network_is_refused_at_creation_and_at_a_change(string url)
    {
        var tenant = await app.NewTenantAsync();
        var made = await EventsFixture.NewProcessorAsync(tenant, "https://a.public.example/");

        var creation = await tenant.Http.PostJsonAsync("/api/v1/event-processors", new { name = "n", config = new { url } });
        var change = await tenant.Http.PatchJsonAsync($"/api/v1/event-processors/{made.Text("id")}", new { config = new { url } });

        Assert.Equal(["config.url"], await creation.InvalidFieldsAsync());
        Assert.Equal(["config.url"], await change.InvalidFieldsAsync());
        Assert.Equal(
            "https://a.public.example/",
            (await tenant.Http.GetJsonAsync("/api/v1/event-processors")).Data().Single().GetProperty("config").Text("url"));
    }

    [Fact]
    public async Task A_name_that_resolves_to_this_machine_later_is_not_connected_to()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var tenant = await app.NewTenantAsync();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var processor = await EventsFixture.NewProcessorAsync(
            tenant, string.Create(CultureInfo.InvariantCulture, $"http://rebound.public.example:{port}/"));

        app.Address = IPAddress.Loopback;
        var raised = await app.RaiseAsync(tenant);
        var waiting = await app.DeliveryAsync(tenant, raised.Id, processor, "pending", attempts: 1);
        var renamed = await tenant.Http.PatchJsonAsync($"/api/v1/event-processors/{processor.Text("id")}", new { name = "Renamed" });
        app.Address = IPAddress.Parse("93.184.216.34");

        await renamed.ExpectAsync(200);
        var attempt = waiting.GetProperty("attempts")[0];
        Assert.Equal(
            ("refused", "The host has an address that is not public; nothing was sent."), (attempt.Text("outcome"), attempt.Text("error")));
        Assert.False(listener.Pending());
    }
}
