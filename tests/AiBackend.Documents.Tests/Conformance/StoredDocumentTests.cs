using System.Text.Json;

namespace AiBackend.Documents.Tests.Conformance;

/// <summary>What goes in comes out.</summary>
public abstract class StoredDocumentTests(StoreFixture fixture) : StoreTests(fixture)
{
    [Fact]
    public async Task A_document_comes_back_with_every_field()
    {
        var item = NewItem() with
        {
            Kind = Kind.VeryLarge,
            Size = long.MaxValue,
            IsOpen = true,
            Weight = 0.1 + 0.2,
            Label = "Zoë \"quoted\" \\ line\nbreak \u0000 \U0001F600",
            Owner = new Owner("usr_1", "blue"),
            Tags = ["a", "b", ""],
            ReviewedAt = Items.Start.AddDays(1),
            Price = 12.30m,
        };

        await InsertAsync(item);

        var found = await Client.FindAsync<Item>(item.Id, Ct);
        Assert.Equal(item.Tags, found!.Tags);
        Assert.Equal(item with { Version = 1, Tags = null }, found with { Tags = null });
        Assert.Equal("12.30", found.Price!.Value.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Fields_that_are_null_come_back_null()
    {
        var item = await InsertAsync(NewItem());

        Assert.Equal(item, await Client.FindAsync<Item>(item.Id, Ct));
    }

    [Fact]
    public async Task A_time_comes_back_in_utc_to_the_millisecond()
    {
        var item = await InsertAsync(NewItem() with { At = new DateTimeOffset(2026, 1, 1, 0, 30, 0, 123, TimeSpan.FromHours(2)).AddTicks(4567) });

        var found = await Client.FindAsync<Item>(item.Id, Ct);

        Assert.Equal(new DateTimeOffset(2025, 12, 31, 22, 30, 0, 123, TimeSpan.Zero), found!.At);
        Assert.Equal(TimeSpan.Zero, found.At.Offset);
    }

    [Theory]
    [InlineData("""{"$set":{"a.b":1,"":2,"$ref":"x"}}""")]
    [InlineData("""{ "spaces" : [ 1.0, 1, 1e2, -0, 0.10, 12345678901234567890123 ] }""")]
    [InlineData("""{"same":1,"same":2,"__proto__":null}""")]
    [InlineData("\"\\u00e9 é \\ud83d\\ude00 \\u0000\"")]
    [InlineData("[[[[]]]]")]
    [InlineData("null")]
    [InlineData("true")]
    public async Task Free_json_comes_back_character_by_character(string json)
    {
        var item = await InsertAsync(NewItem() with { Data = RawJson.Parse(json) });

        var found = await Client.FindAsync<Item>(item.Id, Ct);

        Assert.Equal(json, found!.Data!.Value.Text);
    }

    [Fact]
    public async Task A_document_of_a_megabyte_comes_back()
    {
        var text = string.Concat(Enumerable.Range(0, 50_000).Select(i => $"öl {i:D6} \U0001F600 "));
        var item = await InsertAsync(NewItem() with { Data = RawJson.Of(text, JsonSerializerOptions.Default), Label = "large" });

        var found = await Client.FindAsync<Item>(item.Id, Ct);

        Assert.True(System.Text.Encoding.UTF8.GetByteCount(found!.Data!.Value.Text) > 1 << 20);
        Assert.Equal(item, found);
    }

    [Fact]
    public async Task What_is_not_there_is_null()
    {
        Assert.Null(await Client.FindAsync<Item>(Ids.New("itm"), Ct));
        Assert.Null(await Client.FindAsync<Item>(string.Empty, Ct));
    }

    [Fact]
    public async Task A_view_has_some_of_the_fields()
    {
        var item = await InsertAsync(NewItem() with { Kind = Kind.Odd, Owner = new Owner("usr_1", "blue"), Label = "not in the view" });

        var views = await Client.ListAsync<Item, ItemView>(Query.Of<Item>(), Ct);

        Assert.Equal([new ItemView(item.Id, Kind.Odd, new Owner("usr_1", "blue"), 1)], views);
    }

    [Fact]
    public async Task Initialising_again_keeps_the_documents()
    {
        var item = await InsertAsync(NewItem());

        await Store.InitializeAsync(Ct);
        var other = await Fixture.OpenAsync(Items.Catalog);

        Assert.Equal(item, await Store.FindAsync<Item>(item.Id, Ct));
        Assert.Equal(item, await other.FindAsync<Item>(item.Id, Ct));
    }

    [Fact]
    public async Task The_store_says_that_it_is_ready() => Assert.True(await Store.IsReadyAsync(Ct));

    [Fact]
    public async Task A_type_that_no_set_declares_is_refused() =>
        await Assert.ThrowsAsync<InvalidOperationException>(() => Store.FindAsync<Undeclared>("x", Ct));

    [Fact]
    public async Task A_caller_that_has_gone_away_gets_nothing_done()
    {
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();
        var item = NewItem();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.FindAsync<Item>(item.Id, gone.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            Client.CommitAsync(transaction => transaction.InsertAsync(item), gone.Token));

        Assert.Null(await Client.FindAsync<Item>(item.Id, Ct));
    }

    private sealed record Undeclared : Document;
}
