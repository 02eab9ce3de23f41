using System.Net;
using System.Net.Sockets;
using AiBackend.DataStores;

namespace AiBackend.Tests.DataStores;

public sealed class DataGuardTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("aibackend-guard-");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("2130706433")]
    [InlineData("0x7f.1")]
    [InlineData("10.1.2.3")]
    [InlineData("169.254.169.254")]
    [InlineData("[::1]")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("fe80::1")]
    [InlineData("localhost")]
    [InlineData("LOCALHOST.")]
    [InlineData("db.internal")]
    [InlineData("two.example.com")]
    public async Task Addresses_that_are_not_public_are_refused(string host)
    {
        var error = await Assert.ThrowsAsync<ConnectionException>(() => Guard(new DataOptions()).RequireHostAsync(host, Ct));

        Assert.Equal(ConnectionFault.NotAllowed, error.Fault);
        Assert.Contains("DATA_ALLOW_PRIVATE_NETWORKS", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Public_addresses_and_all_of_them_where_the_operator_says_so_may_be_used()
    {
        await Guard(new DataOptions()).RequireHostAsync("one.example.com", Ct);
        await Guard(new DataOptions()).RequireHostAsync("8.8.8.8", Ct);
        await Guard(new DataOptions { AllowPrivateNetworks = true }).RequireHostAsync("10.1.2.3", Ct);
    }

    [Theory]
    [InlineData("none.example.com")]
    [InlineData("empty.example.com")]
    public async Task A_host_that_is_not_known_is_told(string host)
    {
        var error = await Assert.ThrowsAsync<ConnectionException>(() => Guard(new DataOptions()).RequireHostAsync(host, Ct));

        Assert.Equal(ConnectionFault.UnknownHost, error.Fault);
    }

    [Fact]
    public async Task A_target_is_resolved_once_older_addresses_first_and_an_operators_may_be_private()
    {
        var target = new ConnectionTarget { Kind = StoreKind.Postgres, Host = "two.example.com", IsOperators = true };

        var addresses = await Guard(new DataOptions()).ResolveAsync(target, Ct);

        Assert.Equal([IPAddress.Parse("8.8.4.4"), IPAddress.Parse("192.168.0.1"), IPAddress.Parse("2606:4700::1111")], addresses);
        await Assert.ThrowsAsync<ConnectionException>(() => Guard(new DataOptions()).ResolveAsync(target with { IsOperators = false }, Ct));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("a.example.com,b.example.com")]
    [InlineData("/run/postgresql")]
    [InlineData("one.example.com;Port=1")]
    [InlineData("one.example.com:5432")]
    [InlineData("user@one.example.com")]
    public async Task A_target_has_one_host(string? host)
    {
        var guard = Guard(new DataOptions { AllowPrivateNetworks = true });

        var error = await Assert.ThrowsAsync<ConnectionException>(
            () => guard.ResolveAsync(new ConnectionTarget { Kind = StoreKind.Postgres, Host = host }, Ct));

        Assert.Equal(ConnectionFault.UnknownHost, error.Fault);
    }

    [Fact]
    public void Paths_within_an_allowed_folder_may_be_used_and_links_out_of_it_may_not()
    {
        var allowed = folder.CreateSubdirectory("allowed").FullName;
        var guard = new DataGuard(new DataOptions { AllowedPaths = [allowed] });
        File.WriteAllText(Path.Combine(folder.FullName, "secret.db"), "x");
        File.WriteAllText(Path.Combine(allowed, "own.db"), "x");
        File.CreateSymbolicLink(Path.Combine(allowed, "link.db"), Path.Combine(folder.FullName, "secret.db"));
        File.CreateSymbolicLink(Path.Combine(allowed, "inner.db"), Path.Combine(allowed, "own.db"));
        Directory.CreateSymbolicLink(Path.Combine(allowed, "up"), "..");

        Assert.EndsWith("own.db", guard.RequirePath(Path.Combine(allowed, "own.db")), StringComparison.Ordinal);
        Assert.EndsWith("own.db", guard.RequirePath(Path.Combine(allowed, "inner.db")), StringComparison.Ordinal);
        Assert.EndsWith("new.db", guard.RequirePath(Path.Combine(allowed, "new.db")), StringComparison.Ordinal);
        Refused("link.db");
        Refused("up/secret.db");
        Refused("../secret.db");
        Refused("../allowed-too/own.db");
        Assert.Throws<ConnectionException>(() => guard.RequirePath("own.db"));
        Assert.Throws<ConnectionException>(() => new DataGuard(new DataOptions()).RequirePath(Path.Combine(allowed, "own.db")));

        void Refused(string path) => Assert.Equal(
            ConnectionFault.NotAllowed, Assert.Throws<ConnectionException>(() => guard.RequirePath(Path.Combine(allowed, path))).Fault);
    }

    [Theory]
    [InlineData("mongodb://one.example.com/d", null)]
    [InlineData("mongodb://one.example.com,two.example.com/d", nameof(ConnectionFault.NotAllowed))]
    [InlineData("mongodb://10.0.0.1/d", nameof(ConnectionFault.NotAllowed))]
    [InlineData("mongodb://one.example.com/d?tls=false;proxyHost=10.0.0.1", nameof(ConnectionFault.Failed))]
    [InlineData("no address", nameof(ConnectionFault.Failed))]
    public async Task Whoever_connects_in_our_place_is_held_to_the_same_hosts(string uri, string? fault)
    {
        var guard = Guard(new DataOptions());
        var target = new ConnectionTarget { Kind = StoreKind.Mongodb, Uri = uri, Database = "d" };

        var error = await Record.ExceptionAsync(() => guard.RequireAsync(target, Ct));

        Assert.Equal(fault, error is null ? null : Assert.IsType<ConnectionException>(error).Fault.ToString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whoever_opens_files_in_our_place_is_held_to_the_same_folders(bool isOperators)
    {
        var target = new ConnectionTarget { Kind = StoreKind.Sqlite, Path = Path.Combine(folder.FullName, "a.db"), IsOperators = isOperators };

        var error = await Record.ExceptionAsync(() => Guard(new DataOptions()).RequireAsync(target, Ct));

        Assert.Equal(isOperators ? null : ConnectionFault.NotAllowed, (error as ConnectionException)?.Fault);
    }

    public void Dispose() => folder.Delete(recursive: true);

    private static DataGuard Guard(DataOptions options) => new(options, (name, _) => Task.FromResult<IPAddress[]>(name switch
    {
        "one.example.com" => [IPAddress.Parse("8.8.4.4")],
        "two.example.com" => [IPAddress.Parse("2606:4700::1111"), IPAddress.Parse("8.8.4.4"), IPAddress.Parse("192.168.0.1")],
        "empty.example.com" => [],
        _ => throw new SocketException((int)SocketError.HostNotFound),
    }));
}
