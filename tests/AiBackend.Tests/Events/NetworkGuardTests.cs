using System.Net;
using System.Net.Sockets;
using AiBackend.Events;

namespace AiBackend.Tests.Events;

public sealed class NetworkGuardTests
{
    private static readonly IPAddress Public = IPAddress.Parse("93.184.216.34");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("http://127.0.0.1/")]
    [InlineData("http://2130706433/")]
    [InlineData("http://0x7f000001/")]
    [InlineData("http://0x7f.1/")]
    [InlineData("http://0177.0.0.1/")]
    [InlineData("http://127.1/")]
    [InlineData("http://0/")]
    [InlineData("http://[::1]/")]
    [InlineData("http://[::]/")]
    [InlineData("http://[::ffff:169.254.169.254]/")]
    [InlineData("http://[0:0:0:0:0:ffff:7f00:1]/")]
    [InlineData("http://[fe80::1%25eth0]/")]
    [InlineData("http://localhost/")]
    [InlineData("http://localhost./")]
    [InlineData("http://LocalHost:8080/")]
    [InlineData("http://127.0.0.1./")]
    [InlineData("http://metadata.google.internal/")]
    public async Task A_target_in_a_private_network_is_not_allowed_however_it_is_written(string url)
    {
        var guard = new NetworkGuard(allowsPrivateNetworks: false, Unresolvable);

        Assert.False(await guard.AllowsAsync(new Uri(url), Ct));
        Assert.True(await new NetworkGuard(allowsPrivateNetworks: true, Unresolvable).AllowsAsync(new Uri(url), Ct));
    }

    [Fact]
    public async Task A_name_with_one_private_address_is_not_allowed()
    {
        var guard = new NetworkGuard(allowsPrivateNetworks: false, (_, _) => Task.FromResult<IPAddress[]>([Public, IPAddress.Loopback]));

        Assert.False(await guard.AllowsAsync(new Uri("https://hooks.example.com/"), Ct));
    }

    [Fact]
    public async Task A_public_name_and_one_that_does_not_resolve_now_are_allowed()
    {
        var resolving = new NetworkGuard(allowsPrivateNetworks: false, (_, _) => Task.FromResult<IPAddress[]>([Public]));

        Assert.True(await resolving.AllowsAsync(new Uri("https://hooks.example.com/"), Ct));
        Assert.True(await new NetworkGuard(false, Unresolvable).AllowsAsync(new Uri("https://hooks.example.com/"), Ct));
        Assert.True(await new NetworkGuard(false, Unresolvable).AllowsAsync(new Uri("https://93.184.216.34/"), Ct));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("2130706433")]
    public async Task Nothing_connects_to_a_private_address(string host)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var http = new HttpClient(new NetworkGuard(allowsPrivateNetworks: false).CreateHandler());

        var thrown = await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync($"http://{host}:{PortOf(listener)}/", Ct));

        Assert.IsType<AddressRefusedException>(thrown.InnerException);
        Assert.False(listener.Pending());
    }

    [Fact]
    public async Task A_name_that_turns_to_a_private_address_after_it_was_allowed_is_refused_when_it_is_connected_to()
    {
        var answers = new Queue<IPAddress>([Public, IPAddress.Loopback]);
        var guard = new NetworkGuard(allowsPrivateNetworks: false, (_, _) => Task.FromResult<IPAddress[]>([answers.Dequeue()]));
        using var http = new HttpClient(guard.CreateHandler());

        Assert.True(await guard.AllowsAsync(new Uri("http://rebind.example.com/"), Ct));
        var thrown = await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync("http://rebind.example.com/", Ct));

        Assert.IsType<AddressRefusedException>(thrown.InnerException);
    }

    [Fact]
    public async Task The_connection_goes_to_the_address_that_was_checked_and_to_the_next_when_one_does_not_answer()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var guard = new NetworkGuard(
            allowsPrivateNetworks: true, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("127.0.0.2"), IPAddress.Loopback]));
        using var http = new HttpClient(guard.CreateHandler());

        var asked = http.GetAsync($"http://nowhere.example.com:{PortOf(listener)}/", Ct);
        using var accepted = await listener.AcceptSocketAsync(Ct);
        await accepted.SendAsync("HTTP/1.1 204 No Content\r\n\r\n"u8.ToArray(), Ct);

        Assert.Equal(HttpStatusCode.NoContent, (await asked).StatusCode);
    }

    private static int PortOf(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;

    private static Task<IPAddress[]> Unresolvable(string host, CancellationToken ct) =>
        throw new SocketException((int)SocketError.HostNotFound);
}
