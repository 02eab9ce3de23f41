namespace AiBackend.Documents.Tests.Conformance;

/// <summary>Versions of the program that declare other indexes for documents that are there.</summary>
public abstract class SchemaTests(StoreFixture fixture) : StoreTests(fixture)
{
    [Fact]
    public async Task An_index_that_is_new_covers_the_documents_that_are_there()
    {
        await using var first = await OpenAsync(new DocumentSet<Thing>("things_new").Index("by_client", t => t.ClientId));
        await InsertAsync(first.Documents, [NewThing(1, "b", ["x"]), NewThing(2, "a", ["y"]), NewThing(3, null, null)]);

        await using var second = await OpenAsync(Full("things_new"));
        var byName = await second.Documents.ListAsync(Query.Of<Thing>().Ascending(t => t.Name), Ct);
        var byTag = await second.Documents.ListAsync(Query.Of<Thing>().Contains(t => t.Tags, "y"), Ct);
        var byParts = await second.Documents.ListAsync(Query.Of<Thing>().Equal(t => t.Part!.Key, "k2"), Ct);

        Assert.Equal([null, "a", "b"], byName.Select(thing => thing.Name));
        Assert.Equal([2], byTag.Select(thing => thing.Number));
        Assert.Equal([2], byParts.Select(thing => thing.Number));
        await Assert.ThrowsAsync<DuplicateKeyException>(() => InsertAsync(second.Documents, [NewThing(1, "c", null)]));
        Assert.Equal(3, await second.Store.RemoveExpiredAsync(Items.Start, Ct));
    }

    [Fact]
    public async Task An_index_that_is_no_longer_declared_holds_nothing_back()
    {
        await using var first = await OpenAsync(Full("things_old"));
        await InsertAsync(first.Documents, [NewThing(1, "a", ["x"])]);

        await using var second = await OpenAsync(new DocumentSet<Thing>("things_old").Index("by_client", t => t.ClientId));
        await InsertAsync(second.Documents, [NewThing(1, "b", ["x"])]);

        Assert.Equal(2, await second.Documents.CountAsync(Query.Of<Thing>(), Ct));
    }

    [Fact]
    public async Task An_index_that_is_declared_again_is_right_for_what_was_written_in_between()
    {
        await using var first = await OpenAsync(Full("things_again"));
        await InsertAsync(first.Documents, [NewThing(1, "a", ["x"]), NewThing(2, "b", ["y"])]);
        await using var second = await OpenAsync(new DocumentSet<Thing>("things_again").Index("by_client", t => t.ClientId));
        await InsertAsync(second.Documents, [NewThing(3, "c", ["z"])]);
        var one = (await second.Documents.ListAsync(Query.Of<Thing>(), Ct))[0];
        await second.Documents.CommitAsync(
            async transaction => await transaction.UpdateAsync<Thing>(one.Id, thing => thing with { Name = "d", Tags = ["z"] }), Ct);

        await using var third = await OpenAsync(Full("things_again"));
        var byName = await third.Documents.ListAsync(Query.Of<Thing>().Ascending(t => t.Name), Ct);
        var byTag = await third.Documents.ListAsync(Query.Of<Thing>().Contains(t => t.Tags, "z"), Ct);

        Assert.Equal([2, 3, 1], byName.Select(thing => thing.Number));
        Assert.Equal([1, 3], byTag.Select(thing => thing.Number).Order());
        Assert.Empty(await third.Documents.ListAsync(Query.Of<Thing>().Contains(t => t.Tags, "x"), Ct));
    }

    [Fact]
    public async Task An_index_of_the_same_name_over_other_fields_is_made_anew()
    {
        await using var first = await OpenAsync(
            new DocumentSet<Thing>("things_changed").Index("by_it", t => t.ClientId, t => t.Name).Unique("key", t => t.ClientId, t => t.Name));
        await InsertAsync(first.Documents, [NewThing(2, "a", null), NewThing(1, "b", null)]);

        await using var second = await OpenAsync(
            new DocumentSet<Thing>("things_changed").Index("by_it", t => t.ClientId, t => t.Number).Unique("key", t => t.ClientId, t => t.Number));
        var byNumber = await second.Documents.ListAsync(Query.Of<Thing>().Ascending(t => t.Number), Ct);
        await InsertAsync(second.Documents, [NewThing(3, "a", null)]);

        Assert.Equal(["b", "a"], byNumber.Select(thing => thing.Name));
        await Assert.ThrowsAsync<DuplicateKeyException>(() => InsertAsync(second.Documents, [NewThing(3, "c", null)]));
    }

    private static DocumentSet<Thing> Full(string name) => new DocumentSet<Thing>(name)
        .Index("by_client", t => t.ClientId)
        .Index("by_name", t => t.ClientId, t => t.Name)
        .Index("by_part", t => t.ClientId, t => t.Part!.Key)
        .Unique("by_number", t => t.ClientId, t => t.Number)
        .ArrayIndex("by_tag", t => t.Tags)
        .ExpiresAt(t => t.ExpiresAt);

    private static Task InsertAsync(TenantDocuments documents, IEnumerable<Thing> things) => documents.CommitAsync(
        async transaction =>
        {
            foreach (var thing in things)
            {
                await transaction.InsertAsync(thing);
            }
        },
        Ct);

    private Thing NewThing(int number, string? name, IReadOnlyList<string>? tags) => new()
    {
        Id = Ids.New("thg"),
        ClientId = Client.ClientId,
        Number = number,
        Name = name,
        Tags = tags,
        Part = new Part($"k{number}"),
        ExpiresAt = Items.Start.AddDays(-number),
    };

    private async Task<Opened> OpenAsync(DocumentSet<Thing> set)
    {
        var store = await Fixture.OpenAsync(new DocumentCatalog([set]));
        return new Opened(store, new DocumentStore(store).For(Client.ClientId));
    }

    private sealed record Opened(IDocumentStore Store, TenantDocuments Documents) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            if (Store is IAsyncDisposable disposable)
            {
                await disposable.DisposeAsync();
            }
        }
    }

    private sealed record Part(string Key);

    private sealed record Thing : TenantDocument
    {
        public required int Number { get; init; }
        public string? Name { get; init; }
        public IReadOnlyList<string>? Tags { get; init; }
        public Part? Part { get; init; }
        public DateTimeOffset? ExpiresAt { get; init; }
    }
}
