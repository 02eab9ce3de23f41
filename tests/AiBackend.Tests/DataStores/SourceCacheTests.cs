using System.Net;
using AiBackend.DataStores;

namespace AiBackend.Tests.DataStores;

public sealed class SourceCacheTests
{
    private static readonly ConnectionTarget Target = new() { Kind = StoreKind.Postgres, Host = "h", Password = "one" };

    [Fact]
    public void A_target_keeps_its_source_and_another_password_or_address_has_one_of_its_own()
    {
        using var cache = new SourceCache<Source>();

        var first = Get(cache, Target);

        Assert.Same(first, Get(cache, Target with { Schemas = ["other"] }));
        Assert.NotSame(first, Get(cache, Target with { Password = "two" }));
        Assert.NotSame(first, cache.Get(Target, IPAddress.Broadcast, () => new Source()));
    }

    [Fact]
    public void The_source_that_was_used_longest_ago_goes_when_there_are_many()
    {
        var cache = new SourceCache<Source>();
        var (first, second) = (Get(cache, Target), Get(cache, Target with { Password = "two" }));
        Get(cache, Target);

        var others = Enumerable.Range(0, 63).Select(i => Get(cache, Target with { Port = i })).ToList();

        Assert.True(second.IsDisposed);
        Assert.False(first.IsDisposed);
        cache.Dispose();
        Assert.All(others.Append(first), source => Assert.True(source.IsDisposed));
    }

    private static Source Get(SourceCache<Source> cache, ConnectionTarget target) => cache.Get(target, IPAddress.Loopback, () => new Source());

    private sealed class Source : IDisposable
    {
        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }
}
