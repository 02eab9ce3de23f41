using Microsoft.Extensions.Time.Testing;

namespace AiBackend.Documents.Tests;

public sealed class IdsTests
{
    private readonly FakeTimeProvider clock = new(new DateTimeOffset(2026, 11, 22, 15, 4, 5, TimeSpan.Zero));

    [Fact]
    public void An_id_is_a_prefix_and_26_characters_of_a_uuid_of_version_7()
    {
        var id = new Ids(clock).New("msg");

        Assert.Matches("^msg_[0-7][0-9a-hjkmnp-tv-z]{25}$", id);
        var bits = Decode(id);
        Assert.Equal(clock.GetUtcNow().ToUnixTimeMilliseconds(), (long)(bits >> 80));
        Assert.Equal(7, (int)(bits >> 76) & 0xF);
        Assert.Equal(0b10, (int)(bits >> 62) & 0b11);
    }

    [Fact]
    public void Ids_of_one_process_sort_by_their_making_also_within_a_millisecond_and_when_the_clock_goes_back()
    {
        var ids = new Ids(clock);
        List<string> made = [.. Enumerable.Range(0, 10_000).Select(_ => ids.New("msg"))];
        clock.AdjustTime(clock.GetUtcNow().AddSeconds(-30));
        made.AddRange(Enumerable.Range(0, 100).Select(_ => ids.New("msg")));
        clock.Advance(TimeSpan.FromMinutes(1));
        made.AddRange(Enumerable.Range(0, 100).Select(_ => ids.New("msg")));

        Assert.Equal(made.Order(StringComparer.Ordinal), made);
        Assert.Equal(made.Count, made.Distinct().Count());
    }

    [Fact]
    public async Task Threads_never_make_the_same_id()
    {
        var ids = new Ids(clock);

        var made = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ =>
            Task.Run(() => Enumerable.Range(0, 2_000).Select(_ => ids.New("x")).ToArray(), TestContext.Current.CancellationToken)));

        Assert.Equal(16_000, made.SelectMany(part => part).Distinct().Count());
    }

    [Fact]
    public void What_follows_from_an_id_is_the_same_each_time_and_another_for_each_source()
    {
        var ids = new Ids(clock);
        var (first, second) = (ids.New("run"), ids.New("run"));

        Assert.Equal(Ids.Follow("msg", first), Ids.Follow("msg", first));
        Assert.NotEqual(Ids.Follow("msg", first), Ids.Follow("msg", second));
        Assert.Equal($"msg{first[3..]}", Ids.Follow("msg", first));
        Assert.True(Ids.IsId("msg", Ids.Follow("msg", first)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("msg")]
    [InlineData("msg_")]
    [InlineData("_0123456789abcdefghjkmnpqrs")]
    [InlineData("msg_0123456789abcdefghjkmnpqr")]
    [InlineData("msg_0123456789abcdefghjkmnpqrsx")]
    [InlineData("msg_0123456789abcdefghjkmnpqri")]
    [InlineData("msg_0123456789ABCDEFGHJKMNPQRS")]
    public void Text_of_another_form_is_no_id(string text)
    {
        Assert.False(Ids.IsId("msg", text));
        Assert.Throws<ArgumentException>(() => Ids.Follow("evt", text));
    }

    [Fact]
    public void An_id_has_one_prefix()
    {
        var id = new Ids(clock).New("msg");

        Assert.True(Ids.IsId("msg", id));
        Assert.False(Ids.IsId("evt", id));
        Assert.False(Ids.IsId("ms", id));
        Assert.False(Ids.IsId("msg", null));
    }

    private static UInt128 Decode(string id) => id[^26..].Aggregate(
        UInt128.Zero, (bits, character) => (bits << 5) | (UInt128)"0123456789abcdefghjkmnpqrstvwxyz".IndexOf(character));
}
