using System.Buffers.Text;
using System.Linq.Expressions;

namespace AiBackend.Documents.Tests.Conformance;

/// <summary>Pages and their cursors.</summary>
public abstract class PageTests(StoreFixture fixture) : StoreTests(fixture)
{
    private static readonly Query<Item> ByTime = Query.Of<Item>().Ascending(i => i.At);

    public static TheoryData<int, bool> Walks => new(
        from seed in Enumerable.Range(1, 4) from isDescending in new[] { false, true } select (seed, isDescending));

    [Fact]
    public async Task Pages_follow_one_another_to_the_end()
    {
        Item[] items = [.. Enumerable.Range(0, 7).Select(n => NewItem() with { At = Items.Start.AddSeconds(n) })];
        await InsertAllAsync(items);

        var first = await Client.PageAsync(ByTime, null, 3, Ct);
        var second = await Client.PageAsync(ByTime, first.NextCursor, 3, Ct);
        var third = await Client.PageAsync(ByTime, second.NextCursor, 3, Ct);

        Assert.Equal(items.Select(item => item.Id), first.Items.Concat(second.Items).Concat(third.Items).Select(item => item.Id));
        Assert.Equal((3, 3, 1), (first.Items.Count, second.Items.Count, third.Items.Count));
        Assert.Null(third.NextCursor);
    }

    [Fact]
    public async Task A_page_that_ends_with_the_last_document_has_no_next()
    {
        await InsertAllAsync(Enumerable.Range(0, 3).Select(_ => NewItem()));

        Assert.Null((await Client.PageAsync(ByTime, null, 3, Ct)).NextCursor);
        Assert.NotNull((await Client.PageAsync(ByTime, null, 2, Ct)).NextCursor);
        Assert.Empty((await NewClient().PageAsync(ByTime, null, 2, Ct)).Items);
    }

    [Fact]
    public async Task A_limit_below_one_is_refused_and_the_query_s_own_is_not_used()
    {
        await InsertAllAsync(Enumerable.Range(0, 3).Select(_ => NewItem()));

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Client.PageAsync(ByTime, null, 0, Ct));
        Assert.Equal(3, (await Client.PageAsync(ByTime.Take(1), null, 5, Ct)).Items.Count);
    }

    [Theory]
    [MemberData(nameof(Walks))]
    public async Task A_walk_sees_each_document_that_stays_once_while_others_come_and_go(int seed, bool isDescending)
    {
        var random = new Random(seed);
        Query<Item> Ordered(Query<Item> query, params Expression<Func<Item, object?>>[] fields) =>
            isDescending ? query.Descending(fields) : query.Ascending(fields);
        var of = Query.Of<Item>();
        Query<Item>[] queries =
        [
            Ordered(of, i => i.At),
            Ordered(of, i => i.Label, i => i.Weight),
            Ordered(of, i => i.Weight),
            Ordered(of.Equal(i => i.Kind, Kind.Odd), i => i.At),
            Ordered(of.Greater(i => i.Size, -2), i => i.Label, i => i.Weight),
            Ordered(of),
        ];
        foreach (var query in queries)
        {
            var client = NewClient();
            Item Fresh() => RandomItem.Of(NewItem() with { ClientId = client.ClientId }, random);
            List<Item> stay = [.. Enumerable.Range(0, 60).Select(_ => Fresh())];
            List<Item> go = [.. Enumerable.Range(0, 40).Select(_ => Fresh())];
            await InsertInto(client, stay.Concat(go).OrderBy(_ => random.Next()));

            List<Item> walked = [];
            string? cursor = null;
            do
            {
                var page = await client.PageAsync(query, cursor, random.Next(1, 9), Ct);
                walked.AddRange(page.Items);
                cursor = page.NextCursor;
                await client.CommitAsync(
                    async transaction =>
                    {
                        foreach (var leaving in go.Take(3).Append(page.Items.FirstOrDefault(item => go.Any(other => other.Id == item.Id))))
                        {
                            _ = leaving is not null && await transaction.DeleteAsync<Item>(leaving.Id);
                        }

                        await transaction.InsertAsync(Fresh());
                    },
                    Ct);
                go.RemoveRange(0, Math.Min(3, go.Count));
            }
            while (cursor is not null);

            var stayed = ModelQuery.Find(stay, query).Select(item => item.Id).ToList();
            Assert.Equal(stayed, walked.Select(item => item.Id).Where(stayed.Contains));
            Assert.Equal(walked.Count, walked.Select(item => item.Id).Distinct().Count());
            var order = PageCursor.OrderOf(query);
            Assert.All(walked.Zip(walked.Skip(1)), pair => Assert.True(ModelQuery.Compare(pair.First, pair.Second, order, isDescending) < 0));
        }
    }

    [Fact]
    public async Task A_damaged_cursor_is_refused()
    {
        await InsertAllAsync(Enumerable.Range(0, 3).Select(n => NewItem() with { At = Items.Start.AddSeconds(n) }));
        var cursor = (await Client.PageAsync(ByTime, null, 1, Ct)).NextCursor!;

        string[] damaged =
        [
            "", "x", "not a cursor", "====", cursor[..^1], cursor[1..], cursor + "A", cursor + "=", cursor + cursor, " " + cursor,
            Base64Url.EncodeToString("[\"2026-11-22T15:04:05.678Z\",\"itm_1\"]"u8),
            .. Enumerable.Range(0, cursor.Length).Select(i => $"{cursor[..i]}{(cursor[i] == 'A' ? 'B' : 'A')}{cursor[(i + 1)..]}"),
        ];
        foreach (var text in damaged)
        {
            await Assert.ThrowsAsync<InvalidCursorException>(() => Client.PageAsync(ByTime, text, 1, Ct));
        }
    }

    [Fact]
    public async Task A_cursor_of_another_list_is_refused()
    {
        await InsertAllAsync(Enumerable.Range(0, 3).Select(n => NewItem() with { Size = n, Weight = n }));
        var cursor = (await Client.PageAsync(ByTime, null, 1, Ct)).NextCursor!;

        Query<Item>[] others =
        [
            Query.Of<Item>().Descending(i => i.At),
            Query.Of<Item>().Ascending(i => i.Size),
            Query.Of<Item>(),
            ByTime.Equal(i => i.Kind, Kind.Plain),
        ];
        foreach (var other in others)
        {
            await Assert.ThrowsAsync<InvalidCursorException>(() => Client.PageAsync(other, cursor, 1, Ct));
        }
    }

    [Fact]
    public async Task A_cursor_opens_no_other_client_s_list()
    {
        await InsertAllAsync(Enumerable.Range(0, 3).Select(n => NewItem() with { At = Items.Start.AddSeconds(n) }));
        var cursor = (await Client.PageAsync(ByTime, null, 1, Ct)).NextCursor!;

        Assert.Empty((await NewClient().PageAsync(ByTime, cursor, 10, Ct)).Items);
    }

    private static Task InsertInto(TenantDocuments client, IEnumerable<Item> items) => client.CommitAsync(
        async transaction =>
        {
            foreach (var item in items)
            {
                await transaction.InsertAsync(item);
            }
        },
        Ct);
}
