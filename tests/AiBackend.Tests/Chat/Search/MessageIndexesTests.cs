using System.Text.Json.Nodes;
using AiBackend.Chat.Messages;
using AiBackend.Chat.Search;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Indexes;
using AiBackend.Search.Embedding;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace AiBackend.Tests.Chat.Search;

/// <summary>The messages in memory, as they follow what is stored.</summary>
public sealed class MessageIndexesTests(ChatApp app) : IClassFixture<ChatApp>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Searches_that_come_together_build_one_index()
    {
        var tenant = await app.NewChatTenantAsync();
        await SayAsync(tenant, "A wren.");
        await using var process = Another();

        var indexes = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => process.Indexes.GetAsync(tenant.ClientId, Ct)));

        Assert.All(indexes, index => Assert.Same(indexes[0], index));
        Assert.Equal(1, indexes[0].Entries);
    }

    [Fact]
    public async Task The_index_of_another_process_finds_every_message_that_is_stored()
    {
        var tenant = await app.NewChatTenantAsync();
        await using var process = Another();
        await SayAsync(tenant, "The wren of before.");
        var index = await process.Indexes.GetAsync(tenant.ClientId, Ct);

        for (var i = 0; i < 20; i++)
        {
            await SayAsync(tenant, $"The wren of number {i}.");
            app.Clock.Advance(TimeSpan.FromSeconds(1));

            Assert.Same(index, await process.Indexes.GetAsync(tenant.ClientId, Ct));
            Assert.Equal(i + 2, index.Entries);
        }

        Assert.InRange(index.Seen.Count, 1, 6);
    }

    [Fact]
    public async Task A_message_whose_commit_ended_late_is_found_nevertheless()
    {
        var tenant = await app.NewChatTenantAsync();
        await using var process = Another();
        await SayAsync(tenant, "The wren of before.");
        var index = await process.Indexes.GetAsync(tenant.ClientId, Ct);
        var first = Assert.Single(await tenant.Documents.ListAsync(Query.Of<Message>(), Ct));
        var told = (await tenant.Documents.ListAsync(Query.Of<Event>().Equal(found => found.Type, EventTypes.ChatMessageCreated), Ct))[0];
        var late = first with { Id = AiBackend.Documents.Ids.First("msg", tenant.Now), Position = 2, Text = "The wren of a slow commit." };

        await tenant.Documents.CommitAsync(
            async transaction =>
            {
                await transaction.InsertAsync(late);
                await transaction.InsertAsync(told with { Id = AiBackend.Documents.Ids.First("evt", tenant.Now - TimeSpan.FromSeconds(4)), EntityId = late.Id, Sequence = null });
            },
            Ct);

        Assert.Equal(2, (await process.Indexes.GetAsync(tenant.ClientId, Ct)).Entries);
        Assert.Same(index, await process.Indexes.GetAsync(tenant.ClientId, Ct));
    }

    [Fact]
    public async Task An_index_that_has_rested_for_longer_than_events_may_be_kept_is_built_again()
    {
        var tenant = await app.NewChatTenantAsync();
        await using var process = Another(new IndexOptions { Idle = TimeSpan.FromDays(3) });
        await SayAsync(tenant, "A wren.");
        var index = await process.Indexes.GetAsync(tenant.ClientId, Ct);

        index.FollowedAt -= TimeSpan.FromHours(12);
        Assert.Same(index, await process.Indexes.GetAsync(tenant.ClientId, Ct));
        index.FollowedAt -= TimeSpan.FromHours(12) + TimeSpan.FromSeconds(1);
        Assert.NotSame(index, await process.Indexes.GetAsync(tenant.ClientId, Ct));
    }

    [Fact]
    public async Task Where_memory_is_short_the_newest_messages_are_searched_and_the_answer_says_so()
    {
        var tenant = await app.NewChatTenantAsync();
        for (var batch = 0; batch < 3; batch++)
        {
            await tenant.PostAsync("/api/v1/messages/bulk", new
            {
                external_session_id = "a",
                messages = Enumerable.Range(0, 500).Select(i => new { text = $"Wren {(batch * 500) + i}", created_at = new DateTime(1990, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddMinutes((batch * 500) + i) }),
            });
        }

        await using var process = Another(new IndexOptions { Bytes = 100_000 });
        var search = new MessageSearch(app.Store, process.Indexes, app.Clock);
        var newest = await search.SearchAsync(tenant.ClientId, new MessageQuery("wren 1499"), Ct);
        var oldest = await search.SearchAsync(tenant.ClientId, new MessageQuery("wren 0") { Limit = 50 }, Ct);

        Assert.Equal("Wren 1499", newest.Data[0].Message.Text);
        Assert.Equal(new DateTimeOffset(1990, 1, 1, 20, 50, 0, TimeSpan.Zero), newest.SearchedSince);
        Assert.DoesNotContain(oldest.Data, hit => hit.Message.Text == "Wren 0");
    }

    [Fact]
    public async Task Documents_and_messages_share_one_budget()
    {
        var (one, two) = (await app.NewChatTenantAsync(), await app.NewChatTenantAsync());
        await SayAsync(one, "A wren.");
        await SayAsync(two, "A wren.");
        await using var process = Another(new IndexOptions { Bytes = 1 });
        var first = await process.Indexes.GetAsync(one.ClientId, Ct);
        app.Clock.Advance(TimeSpan.FromSeconds(1));

        await process.Indexes.GetAsync(two.ClientId, Ct);

        Assert.Equal(1, process.Indexes.Count);
        Assert.NotSame(first, await process.Indexes.GetAsync(one.ClientId, Ct));
    }

    private static Task<JsonNode> SayAsync(ChatTenant tenant, string text) => tenant.SayAsync(new { external_session_id = "a", text, reply = "none" });

    private OtherProcess Another(IndexOptions? options = null)
    {
        var memory = new IndexMemory(options ?? new IndexOptions(), app.Clock, NullLogger<IndexMemory>.Instance);
        return new OtherProcess(
            memory,
            new MessageIndexes(
                app.Store, memory, app.Services.GetRequiredService<Lazy<StaticEmbedder>>(), app.Clock, NullLogger<MessageIndexes>.Instance));
    }

    private sealed record OtherProcess(IndexMemory Memory, MessageIndexes Indexes) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Memory.DisposeAsync();
    }
}
