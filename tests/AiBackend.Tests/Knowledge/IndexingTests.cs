using System.Text;
using AiBackend.Ai;
using AiBackend.Documents;
using AiBackend.Jobs;
using AiBackend.Knowledge;
using AiBackend.Knowledge.Extraction;
using AiBackend.Knowledge.Indexing;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace AiBackend.Tests.Knowledge;

/// <summary>Workers that die, fail, or meet much to do. There are none in the service here: the tests do their work.</summary>
public sealed class IndexingTests(WorkerlessFixture app) : IClassFixture<WorkerlessFixture>
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private IndexingHandler Handler => app.Services.GetRequiredService<IndexingHandler>();

    private LeftoverHandler Leftovers => ActivatorUtilities.CreateInstance<LeftoverHandler>(app.Services);

    [Fact]
    public async Task A_worker_that_dies_in_the_middle_leaves_one_set_of_passages_behind_the_next()
    {
        var tenant = await app.NewTenantAsync();
        var (collection, document) = await QueueAsync(tenant, LongText("zebu", 400));
        using var held = app.Embeddings.Hold("zebu 300");
        using var death = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var dying = Handler.HandleAsync((await ClaimAsync(document, "first"))!, death.Token);
        await held.Reached;
        Assert.InRange((await StoredAsync<KnowledgeChunk>(tenant)).Count, 1, 399);
        await death.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dying);
        held.Dispose();

        Assert.Null(await ClaimAsync(document, "second"));
        Assert.Empty(await tenant.FindAsync("zebu"));
        app.Clock.Advance(Lease + TimeSpan.FromSeconds(1));
        await Handler.HandleAsync((await ClaimAsync(document, "second"))!, Ct);

        await AssertOneSetAsync(tenant, collection, document, 400);
    }

    [Fact]
    public async Task A_worker_that_lost_its_lease_stores_nothing_any_more()
    {
        var tenant = await app.NewTenantAsync();
        var (collection, document) = await QueueAsync(tenant, LongText("yak", 400));
        using var held = app.Embeddings.Hold("yak 300");
        var slow = Handler.HandleAsync((await ClaimAsync(document, "slow"))!, Ct);
        await held.Reached;
        app.Clock.Advance(Lease + TimeSpan.FromSeconds(1));
        var quick = (await ClaimAsync(document, "quick"))!;

        held.Dispose();
        await Assert.ThrowsAsync<LeaseLostException>(() => slow);
        await Handler.HandleAsync(quick, Ct);

        await AssertOneSetAsync(tenant, collection, document, 400);
    }

    [Fact]
    public async Task A_large_document_is_replaced_and_deleted_without_a_trace()
    {
        var tenant = await app.NewTenantAsync();
        var (collection, document) = await QueueAsync(tenant, LongText("gnu", 600), "e");
        await Handler.HandleAsync((await ClaimAsync(document, "w"))!, Ct);
        await AssertOneSetAsync(tenant, collection, document, 600);

        await PostAsync(tenant, collection, LongText("kudu", 300), "e");
        await Handler.HandleAsync((await ClaimAsync(document, "w"))!, Ct);

        Assert.Equal([document], await tenant.FindAsync("kudu"));
        Assert.Empty((await tenant.SearchAsync(new { query = "gnu", mode = "keyword" })).Data());
        await AssertOneSetAsync(tenant, collection, document, 300);
        await (await tenant.Http.DeleteAsync($"/api/v1/documents/{document}", Ct)).ExpectAsync(204);
        Assert.Empty(await tenant.FindAsync("kudu"));
        await ClearLeftoversAsync(tenant);
        Assert.Empty(await StoredAsync<KnowledgeChunk>(tenant));
        Assert.Empty(await StoredAsync<KnowledgeContent>(tenant));
        Assert.Equal((0, 0, 0), (await tenant.CountsAsync(collection)).Read());
    }

    [Fact]
    public async Task What_a_deleted_collection_held_is_removed_and_announced()
    {
        var tenant = await app.NewTenantAsync();
        var (collection, first) = await QueueAsync(tenant, "A tern flies.");
        await Handler.HandleAsync((await ClaimAsync(first, "w"))!, Ct);
        for (var i = 0; i < 45; i++)
        {
            await PostAsync(tenant, collection, $"Tern number {i}.");
        }

        await (await tenant.Http.DeleteAsync($"/api/v1/collections/{collection}", Ct)).ExpectAsync(204);
        await ClearLeftoversAsync(tenant);

        Assert.Empty(await StoredAsync<KnowledgeDocument>(tenant));
        Assert.Empty(await StoredAsync<KnowledgeContent>(tenant));
        Assert.Empty(await StoredAsync<KnowledgeChunk>(tenant));
        Assert.Equal(46, (await tenant.Http.GetJsonAsync("/api/v1/events?type=knowledge.document.deleted&limit=200")).Data().Length);
    }

    [Fact]
    public async Task A_document_whose_collection_went_meanwhile_is_not_indexed()
    {
        var tenant = await app.NewTenantAsync();
        var (collection, document) = await QueueAsync(tenant, "A heron waits.");
        using var held = app.Embeddings.Hold("heron");
        var indexing = Handler.HandleAsync((await ClaimAsync(document, "w"))!, Ct);
        await held.Reached;

        await (await tenant.Http.DeleteAsync($"/api/v1/collections/{collection}", Ct)).ExpectAsync(204);
        held.Dispose();

        await Assert.ThrowsAsync<LeaseLostException>(() => indexing);
        Assert.Empty(await tenant.FindAsync("heron"));
    }

    [Fact]
    public async Task What_was_made_of_a_content_that_was_replaced_meanwhile_is_not_stored()
    {
        var tenant = await app.NewTenantAsync();
        var (collection, document) = await QueueAsync(tenant, "A stork stands.", "e");
        using var held = app.Embeddings.Hold("stork");
        var indexing = Handler.HandleAsync((await ClaimAsync(document, "w"))!, Ct);
        await held.Reached;
        await PostAsync(tenant, collection, "A crane stands.", "e");
        held.Dispose();

        await Assert.ThrowsAsync<LeaseLostException>(() => indexing);

        Assert.Equal("queued", (await tenant.Http.GetJsonAsync($"/api/v1/documents/{document}")).Text("status"));
        await Handler.HandleAsync((await ClaimAsync(document, "w"))!, Ct);
        Assert.Equal([document], await tenant.FindAsync("crane"));
        Assert.Empty(await tenant.FindAsync("stork"));
    }

    [Fact]
    public async Task A_failing_embedding_server_is_asked_again_later_and_given_up_in_the_end()
    {
        var tenant = await app.NewTenantAsync();
        var (_, document) = await QueueAsync(tenant, "A kiwi runs.");
        var down = new UpstreamException(UpstreamFailure.Unavailable, "The embedding server cannot be reached.");
        var tries = 0;
        while (await FailOnceAsync() == "queued")
        {
            tries++;
            Assert.Null(await ClaimAsync(document, "early"));
            app.Clock.Advance(TimeSpan.FromMinutes(11));
        }

        Assert.InRange(tries, 5, 20);
        var failed = await tenant.Http.GetJsonAsync($"/api/v1/documents/{document}");
        Assert.Equal(("embedding_unavailable", "The embedding server cannot be reached."), (failed.GetProperty("error").Text("code"), failed.GetProperty("error").Text("detail")));
        var raised = Assert.Single((await tenant.Http.GetJsonAsync("/api/v1/events?type=knowledge.document.failed")).Data());
        Assert.Equal(failed.GetRawText(), raised.GetProperty("data").GetProperty("document").GetRawText());

        async Task<string> FailOnceAsync()
        {
            await Handler.AbandonAsync((await ClaimAsync(document, "w"))!, down, Ct);
            return (await tenant.Http.GetJsonAsync($"/api/v1/documents/{document}")).Text("status");
        }
    }

    [Fact]
    public async Task A_text_that_the_embedding_server_refuses_fails_at_once()
    {
        var tenant = await app.NewTenantAsync();
        var (_, document) = await QueueAsync(tenant, "An emu runs.");

        await Handler.AbandonAsync((await ClaimAsync(document, "w"))!, new UpstreamException(UpstreamFailure.Rejected, "Refused."), Ct);

        Assert.Equal("failed", (await tenant.Http.GetJsonAsync($"/api/v1/documents/{document}")).Text("status"));
    }

    [Fact]
    public async Task A_document_is_added_without_any_worker()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();
        var documents = app.Services.GetRequiredService<KnowledgeDocuments>();

        var added = await documents.AddAsync(tenant.ClientId, collection, new DocumentUpload("# Swifts\n\nA swift sleeps in flight.", DocumentFormat.Markdown), Ct);
        var failed = await documents.AddAsync(tenant.ClientId, collection, new DocumentUpload("<p>", DocumentFormat.Html), Ct);

        Assert.Equal((DocumentStatus.Indexed, DocumentStatus.Failed), (added.Status, failed.Status));
        Assert.Equal([added.Id], await tenant.FindAsync("swift"));
        Assert.Equal((2, 1), ((await tenant.CountsAsync(collection)).Read().Documents, (await tenant.CountsAsync(collection)).Read().Chunks));
    }

    [Fact]
    public async Task A_text_of_one_endless_line_is_indexed_in_passages_of_bounded_size()
    {
        var tenant = await app.NewTenantAsync();
        var line = new StringBuilder();
        for (var i = 0; line.Length < 300_000; i++)
        {
            line.Append("word").Append(i % 1_000).Append(i % 7 == 0 ? ',' : ' ');
        }

        line.Append(" needleinhaystack ").Append('x', 2_800_000);
        var collection = await tenant.NewCollectionAsync();

        var added = await app.Services.GetRequiredService<KnowledgeDocuments>().AddAsync(
            tenant.ClientId, collection, new DocumentUpload(line.ToString(), DocumentFormat.Text), Ct);

        Assert.Equal(DocumentStatus.Indexed, added.Status);
        Assert.Equal([added.Id], await tenant.FindAsync("needleinhaystack"));
        Assert.All((await StoredAsync<KnowledgeChunk>(tenant)), chunk => Assert.InRange(chunk.Text.Length, 1, 10_000));
        Assert.True((await StoredAsync<KnowledgeContent>(tenant)).Count >= 3);
    }

    private static string LongText(string word, int paragraphs) => string.Join(
        "\n\n", Enumerable.Range(0, paragraphs).Select(i => $"Paragraph on {word} {i} " + string.Concat(Enumerable.Repeat("walks far ", 12)) + "home."));

    private static async Task<(string Collection, string Document)> QueueAsync(Tenant tenant, string text, string? externalId = null)
    {
        var collection = await tenant.NewCollectionAsync(new { name = "x", chunking = new { max_tokens = 40, overlap_tokens = 0 } });
        return (collection, await PostAsync(tenant, collection, text, externalId));
    }

    private static async Task<string> PostAsync(Tenant tenant, string collection, string text, string? externalId = null)
    {
        var response = await tenant.Http.PostJsonAsync($"/api/v1/collections/{collection}/documents", new { text, external_id = externalId });
        return (await response.ExpectAsync(202)).GetProperty("document").Text("id");
    }

    private async Task<KnowledgeDocument?> ClaimAsync(string document, string worker) => await app.Store.AcrossTenants.ClaimAsync(
        Query.Of<KnowledgeDocument>().Equal(found => found.Id, document).AtMost(found => found.DueAt, app.Clock.GetUtcNow()),
        new Lease(worker, app.Clock.GetUtcNow() + Lease),
        Ct);

    private async Task ClearLeftoversAsync(Tenant tenant)
    {
        while (await StoredAsync<KnowledgeLeftover>(tenant) is [var leftover, ..])
        {
            await Leftovers.HandleAsync(leftover, Ct);
        }
    }

    private async Task AssertOneSetAsync(Tenant tenant, string collection, string document, int chunks)
    {
        Assert.Equal([document], await tenant.FindAsync("paragraph that walks home"));
        Assert.Equal((1, chunks), ((await tenant.CountsAsync(collection)).Read().Documents, (await tenant.CountsAsync(collection)).Read().Chunks));
        Assert.Equal(chunks, (await tenant.SearchAsync(new { query = "paragraph", mode = "keyword" })).GetProperty("total_candidates").GetInt32());
        await ClearLeftoversAsync(tenant);
        Assert.Equal(Enumerable.Range(0, chunks), (await StoredAsync<KnowledgeChunk>(tenant)).Select(chunk => chunk.Ordinal).Order());
        Assert.Single((await StoredAsync<KnowledgeContent>(tenant)).Select(part => part.Upload).Distinct());
    }

    private Task<IReadOnlyList<T>> StoredAsync<T>(Tenant tenant)
        where T : TenantDocument =>
        app.Store.For(tenant.ClientId).ListAsync(Query.Of<T>(), Ct);
}
