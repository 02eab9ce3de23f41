using System.Net;
using AiBackend.DataStores;
using AiBackend.Semantics.Repositories;

namespace AiBackend.Tests.Semantics.Repositories;

/// <summary>Where clients' repositories may be.</summary>
public sealed class GitAccessTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_clients_repository_is_reached_at_public_addresses_alone()
    {
        await using var bench = await GitBench.NewAsync(isServed: true);
        var clients = bench.Repository() with { IsOperators = false };

        var plain = await Assert.ThrowsAsync<GitException>(() => bench.Service().TestAsync(clients, Ct));
        var literal = await Assert.ThrowsAsync<GitException>(() => bench.Service().TestAsync(clients with { Url = bench.Server!.Url.Replace("http:", "https:", StringComparison.Ordinal) }, Ct));
        var resolved = await Assert.ThrowsAsync<GitException>(() => bench.Service(resolve: (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]))
            .TestAsync(clients with { Url = "https://git.example.org/models.git" }, Ct));

        Assert.All([plain, literal, resolved], error => Assert.Equal(GitFault.NotAllowed, error.Fault));
        Assert.Empty(bench.Server!.Requests);
    }

    [Fact]
    public async Task A_name_that_resolves_differently_at_the_connection_is_refused_there()
    {
        await using var bench = await GitBench.NewAsync(isServed: true);
        var service = bench.Service(resolve: (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("9.9.9.9")]));

        // The machine's own name, which is in its table of hosts with an address of its own network.
        var error = await Assert.ThrowsAsync<GitException>(
            () => service.TestAsync(bench.Repository() with { IsOperators = false, Url = $"https://{Dns.GetHostName()}/models.git" }, Ct));

        Assert.Equal(GitFault.NotAllowed, error.Fault);
    }

    [Fact]
    public async Task Where_the_operator_allows_private_networks_a_client_reaches_its_own()
    {
        await using var bench = await GitBench.NewAsync(isServed: true);
        var service = bench.Service(data: new DataOptions { AllowPrivateNetworks = true });

        Assert.Null((await service.TestAsync(bench.Repository() with { IsOperators = false }, Ct)).Commit);
    }

    [Fact]
    public async Task A_clients_folder_is_one_that_the_operator_allows()
    {
        await using var bench = await GitBench.NewAsync(isServed: false);
        var clients = bench.Repository() with { IsOperators = false };
        var allowing = bench.Service(data: new DataOptions { AllowedPaths = [bench.Folder.Root] });

        Assert.Equal(GitFault.NotAllowed, (await Assert.ThrowsAsync<GitException>(() => bench.Service().TestAsync(clients, Ct))).Fault);
        Assert.Null((await allowing.TestAsync(clients, Ct)).Commit);
    }
}
