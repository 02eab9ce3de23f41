namespace AiBackend.Documents.Tests.Conformance;

/// <summary>Each condition and the order.</summary>
public abstract class QueryTests(StoreFixture fixture) : StoreTests(fixture)
{
    [Fact]
    public async Task Values_of_every_type_are_found_by_equality()
    {
        var wanted = NewItem() with
        {
            Kind = Kind.VeryLarge,
            Size = 42,
            IsOpen = true,
            Weight = 2.5,
            Label = "é.$",
            Owner = new Owner("usr_1"),
            ExternalId = "ext",
            At = Items.Start.AddSeconds(1),
        };
        await InsertAllAsync([wanted, NewItem()]);

        await FindsAsync([wanted], q => q.Equal(i => i.Kind, Kind.VeryLarge));
        await FindsAsync([wanted], q => q.Equal(i => i.Size, 42));
        await FindsAsync([wanted], q => q.Equal(i => i.IsOpen, true));
        await FindsAsync([wanted], q => q.Equal(i => i.Weight, 2.5));
        await FindsAsync([wanted], q => q.Equal(i => i.Label, "é.$"));
        await FindsAsync([wanted], q => q.Equal(i => i.Owner!.Id, "usr_1"));
        await FindsAsync([wanted], q => q.Equal(i => i.ExternalId, "ext"));
        await FindsAsync([wanted], q => q.Equal(i => i.At, wanted.At.ToOffset(TimeSpan.FromHours(5))));
        await FindsAsync([wanted], q => q.Equal(i => i.Id, wanted.Id));
        await FindsAsync([], q => q.Equal(i => i.Label, "É.$"));
        await FindsAsync([], q => q.Equal(i => i.Label, ""));
    }

    [Fact]
    public async Task An_empty_string_is_a_value_and_not_null()
    {
        var (empty, none) = (NewItem() with { Label = "" }, NewItem());
        await InsertAllAsync([empty, none]);

        await FindsAsync([empty], q => q.Equal(i => i.Label, ""));
        await FindsAsync([none], q => q.Equal(i => i.Label, null));
        await FindsAsync([empty], q => q.Exists(i => i.Label));
    }

    [Fact]
    public async Task Equality_to_null_and_a_field_that_is_missing_are_the_same()
    {
        var (with, without, nested) = (NewItem() with { Weight = 0 }, NewItem(), NewItem() with { Owner = new Owner("usr_1") });
        await InsertAllAsync([with, without, nested]);

        await FindsAsync([without, nested], q => q.Equal(i => i.Weight, null));
        await FindsAsync([without, nested], q => q.Exists(i => i.Weight, false));
        await FindsAsync([with], q => q.Exists(i => i.Weight));
        await FindsAsync([with, without], q => q.Equal(i => i.Owner!.Id, null));
        await FindsAsync([nested], q => q.Exists(i => i.Owner!.Id));
    }

    [Fact]
    public async Task Ranges_have_the_ends_that_they_say_and_leave_out_what_has_no_value()
    {
        Item[] items = [.. Enumerable.Range(0, 5).Select(n => NewItem() with { Weight = n, Size = n, At = Items.Start.AddMilliseconds(n) })];
        await InsertAllAsync([.. items, NewItem() with { Weight = null, Size = 100, At = Items.Start.AddDays(1) }]);

        await FindsAsync(items[..2], q => q.Less(i => i.Weight, 2));
        await FindsAsync(items[..3], q => q.AtMost(i => i.Weight, 2));
        await FindsAsync(items[3..], q => q.Greater(i => i.Weight, 2));
        await FindsAsync(items[2..], q => q.AtLeast(i => i.Weight, 2));
        await FindsAsync(items[1..3], q => q.AtLeast(i => i.Size, 1).Less(i => i.Size, 3));
        await FindsAsync(items[1..4], q => q.Greater(i => i.At, Items.Start).AtMost(i => i.At, Items.Start.AddMilliseconds(3)));
        await FindsAsync([], q => q.Less(i => i.Weight, null));
    }

    [Fact]
    public async Task One_of_several_values_is_enough()
    {
        Item[] items =
        [
            NewItem() with { Kind = Kind.Plain, Label = "a", Size = 1 },
            NewItem() with { Kind = Kind.Odd, Label = "b", Size = 2 },
            NewItem() with { Kind = Kind.VeryLarge, Label = null, Size = 3 },
        ];
        await InsertAllAsync(items);

        await FindsAsync(items[1..], q => q.In(i => i.Kind, [Kind.Odd, Kind.VeryLarge]));
        await FindsAsync(items[..2], q => q.In(i => i.Label, ["a", "b", "c"]));
        await FindsAsync([items[0], items[2]], q => q.In(i => i.Label, ["a", null]));
        await FindsAsync(items[..1], q => q.In(i => i.Size, [1L]));
        await FindsAsync([], q => q.In(i => i.Size, []));
        await FindsAsync(items[..1], q => q.In(i => i.Size, Enumerable.Range(-5_000, 5_002).Select(n => (long)n)));
        await FindsAsync(items, q => q.In(i => i.IsOpen, [false]));
    }

    [Fact]
    public async Task A_list_is_found_by_its_entries()
    {
        Item[] items =
        [
            NewItem() with { Tags = ["red", "blue"] },
            NewItem() with { Tags = ["blue", "blue"] },
            NewItem() with { Tags = [] },
            NewItem(),
        ];
        await InsertAllAsync(items);

        await FindsAsync(items[..2], q => q.Contains(i => i.Tags, "blue"));
        await FindsAsync(items[..1], q => q.Contains(i => i.Tags, "blue").Contains(i => i.Tags, "red"));
        await FindsAsync([], q => q.Contains(i => i.Tags, "Blue"));
        await FindsAsync([], q => q.Contains(i => i.Tags, ""));

        await Client.CommitAsync(
            async transaction =>
            {
                await transaction.UpdateAsync<Item>(items[0].Id, item => item with { Tags = ["green"] });
                await transaction.UpdateAsync<Item>(items[3].Id, item => item with { Tags = ["blue"] });
                await transaction.DeleteAsync<Item>(items[1].Id);
            },
            Ct);

        await FindsAsync(items[3..], q => q.Contains(i => i.Tags, "blue"));
        await FindsAsync(items[..1], q => q.Contains(i => i.Tags, "green"));
        await FindsAsync([], q => q.Contains(i => i.Tags, "red"));
    }

    [Fact]
    public async Task One_alternative_is_enough_and_conditions_beside_it_hold_too()
    {
        Item[] items =
        [
            NewItem() with { Size = 1, Label = "a" },
            NewItem() with { Size = 2, Label = "a" },
            NewItem() with { Size = 3, Label = "b" },
            NewItem() with { Size = 4, Label = null },
        ];
        await InsertAllAsync(items);
        var of = Query.Of<Item>();

        await FindsAsync([items[0], items[2]], q => q.AnyOf(of.Equal(i => i.Size, 1), of.Equal(i => i.Label, "b")));
        await FindsAsync(
            [items[1], items[3]],
            q => q.AnyOf(of.Equal(i => i.Label, "a").Greater(i => i.Size, 1), of.Equal(i => i.Label, null)));
        await FindsAsync([items[1]], q => q.Greater(i => i.Size, 1).AnyOf(of.Equal(i => i.Label, "a"), of.Equal(i => i.Size, 1)));
        await FindsAsync([], q => q.AnyOf());
        await FindsAsync(items, q => q.AnyOf(of, of.Equal(i => i.Size, 1)));
    }

    [Fact]
    public async Task Order_runs_over_the_fields_with_nulls_smallest_and_then_over_ids()
    {
        Item[] sorted =
        [
            NewItem() with { Label = null, Weight = null },
            NewItem() with { Label = null, Weight = -1 },
            NewItem() with { Label = "", Weight = 9 },
            NewItem() with { Label = "A", Weight = null },
            NewItem() with { Label = "A", Weight = 1 },
            NewItem() with { Label = "A", Weight = 1 },
            NewItem() with { Label = "A", Weight = 10 },
            NewItem() with { Label = "a", Weight = 2 },
            NewItem() with { Label = "é", Weight = 1 },
        ];
        await InsertAllAsync(sorted.OrderBy(item => item.Id[^1]));

        var ascending = await Client.ListAsync(Query.Of<Item>().Ascending(i => i.Label, i => i.Weight), Ct);
        var descending = await Client.ListAsync(Query.Of<Item>().Descending(i => i.Label, i => i.Weight).Take(4), Ct);
        var byId = await Client.ListAsync(Query.Of<Item>().Descending().Take(2), Ct);

        Assert.Equal(sorted.Select(item => item.Id), ascending.Select(item => item.Id));
        Assert.Equal(sorted.Reverse().Take(4).Select(item => item.Id), descending.Select(item => item.Id));
        Assert.Equal(sorted.Reverse().Take(2).Select(item => item.Id), byId.Select(item => item.Id));
    }

    [Fact]
    public async Task A_count_knows_no_limit()
    {
        await InsertAllAsync(Enumerable.Range(0, 7).Select(n => NewItem() with { Size = n }));

        Assert.Equal(7, await Client.CountAsync(Query.Of<Item>(), Ct));
        Assert.Equal(4, await Client.CountAsync(Query.Of<Item>().AtLeast(i => i.Size, 3).Take(2), Ct));
        Assert.Equal(0, await Client.CountAsync(Query.Of<Item>().Equal(i => i.Size, 70), Ct));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Any_query_finds_what_a_look_at_every_document_finds(int seed)
    {
        var random = new Random(seed);
        Item[] items = [.. Enumerable.Range(0, 120).Select(_ => RandomItem.Of(NewItem(), random))];
        await InsertAllAsync(items);

        for (var i = 0; i < 60; i++)
        {
            var query = RandomQuery.Of(random);

            var found = await Client.ListAsync(query, Ct);

            Assert.True(
                ModelQuery.Find(items, query).Select(item => item.Id).SequenceEqual(found.Select(item => item.Id)),
                $"{QueryText.Of(query)} found something else.");
            Assert.Equal(ModelQuery.Find(items, query with { }).Count(), found.Count);
            Assert.Equal(ModelQuery.Find(items, query.Take(int.MaxValue)).Count(), await Client.CountAsync(query, Ct));
        }
    }

    private async Task FindsAsync(IEnumerable<Item> expected, Func<Query<Item>, Query<Item>> narrow)
    {
        var found = await Client.ListAsync(narrow(Query.Of<Item>()), Ct);
        Assert.Equal(expected.Select(item => item.Id).Order(StringComparer.Ordinal), found.Select(item => item.Id).Order(StringComparer.Ordinal));
    }
}
