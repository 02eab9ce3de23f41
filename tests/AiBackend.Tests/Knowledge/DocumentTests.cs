using System.Text;
using System.Text.Json;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Knowledge;

public sealed class DocumentTests(KnowledgeFixture app) : IClassFixture<KnowledgeFixture>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_document_is_searchable_when_the_answer_says_so()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();

        var response = await tenant.Http.PostJsonAsync(
            $"/api/v1/collections/{collection}/documents",
            new
            {
                external_id = "faq-1",
                text = "# Returns\n\nSend shoes back within thirty days.",
                url = "https://shop.example/returns",
                metadata = new { lang = "en" },
                acl = new[] { "staff" },
            },
            ("Prefer", "wait"));

        var document = (await response.ExpectAsync(201)).GetProperty("document");
        Assert.Matches("^doc_[0-9a-z]{26}$", document.Text("id"));
        Assert.Equal(
            (collection, "faq-1", "Returns", "https://shop.example/returns", "indexed", "text/plain"),
            (document.Text("collection_id"), document.Text("external_id"), document.Text("title"), document.Text("url"), document.Text("status"), document.Text("media_type")));
        Assert.Equal(("""{"lang":"en"}""", """["staff"]"""), (document.GetProperty("metadata").GetRawText(), document.GetProperty("acl").GetRawText()));
        Assert.Equal((1, 46), (document.GetProperty("chunk_count").GetInt32(), document.GetProperty("bytes").GetInt32()));
        Assert.Equal([document.Text("id")], await tenant.FindAsync("returning shoes", "staff"));
        Assert.Equal(document.GetRawText(), (await tenant.Http.GetJsonAsync($"/api/v1/documents/{document.Text("id")}")).GetRawText());
    }

    [Fact]
    public async Task Documents_that_are_indexed_count_as_used()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();
        await tenant.IndexAsync(collection, new { text = "One.", external_id = "e" });
        await tenant.IndexAsync(collection, new { text = "Two.", external_id = "e" });

        var usage = await app.Admin.GetJsonAsync($"/api/v1/clients/{tenant.ClientId}/usage");

        Assert.Equal(2, usage.GetProperty("total").GetProperty("documents").GetInt32());
    }

    [Fact]
    public async Task Without_waiting_the_document_is_queued_and_becomes_searchable()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();
        using var held = app.Embeddings.Hold("platypus");

        var response = await tenant.Http.PostJsonAsync($"/api/v1/collections/{collection}/documents", new { text = "A platypus lays eggs." });

        var document = (await response.ExpectAsync(202)).GetProperty("document");
        Assert.Equal("queued", document.Text("status"));
        Assert.Equal(JsonValueKind.Null, document.GetProperty("indexed_at").ValueKind);
        await held.Reached;
        Assert.Empty(await tenant.FindAsync("eggs"));
        Assert.Equal((1, 0, 21), (await tenant.CountsAsync(collection)).Read());
        held.Dispose();
        await AwaitStatusAsync(tenant, document.Text("id"), "indexed");
        Assert.Equal([document.Text("id")], await tenant.FindAsync("eggs"));
        Assert.Equal((1, 1, 21), (await tenant.CountsAsync(collection)).Read());
    }

    [Fact]
    public async Task When_the_wait_runs_out_the_document_is_answered_as_it_stands()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();
        using var held = app.Embeddings.Hold("wombat");

        var waiting = tenant.Http.PostJsonAsync(
            $"/api/v1/collections/{collection}/documents", new { text = "A wombat digs." }, ("Prefer", "wait=2"));
        await held.Reached;
        while (!waiting.IsCompleted)
        {
            app.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal("queued", (await (await waiting).ExpectAsync(202)).GetProperty("document").Text("status"));
    }

    public static TheoryData<string, string> Invalid => new()
    {
        { "{}", "text" },
        { """{"text":""}""", "text" },
        { """{"text":" \n\t"}""", "text" },
        { """{"text":5}""", "text" },
        { """{"text":"x","title":""}""", "title" },
        { $$"""{"text":"x","title":"{{new string('x', 501)}}"}""", "title" },
        { $$"""{"text":"x","external_id":"{{new string('x', 257)}}"}""", "external_id" },
        { """{"text":"x","url":"ftp://shop.example/"}""", "url" },
        { """{"text":"x","metadata":"{}"}""", "metadata" },
        { """{"text":"x","acl":"staff"}""", "acl" },
        { """{"text":"x","acl":[""]}""", "acl" },
        { $$"""{"text":"x","acl":[{{string.Join(',', Enumerable.Range(0, 101).Select(i => $"\"{i}\""))}}]}""", "acl" },
        { """{"text":"x","status":"indexed"}""", "status" },
    };

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Invalid))]
    public async Task What_is_not_valid_is_named_and_nothing_is_stored(string body, string field)
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();

        var response = await tenant.Http.SendTextAsync(HttpMethod.Post, $"/api/v1/collections/{collection}/documents", body);

        Assert.Equal([field], await response.InvalidFieldsAsync());
        Assert.Equal((0, 0, 0), (await tenant.CountsAsync(collection)).Read());
    }

    [Fact]
    public async Task The_largest_valid_fields_are_stored()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();

        var document = await tenant.IndexAsync(collection, new
        {
            text = "x",
            title = new string('t', 500),
            external_id = new string('e', 256),
            acl = Enumerable.Range(0, 100).Select(i => $"{i}".PadLeft(256, 'a')),
        });

        Assert.Equal((500, 256, 100), (document.Text("title").Length, document.Text("external_id").Length, document.GetProperty("acl").GetArrayLength()));
    }

    [Theory]
    [InlineData("<html><script>1</script></html>", "no_text")]
    [InlineData("deep", "too_complex")]
    public async Task A_document_that_cannot_be_read_fails_with_its_reason(string content, string code)
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();
        var html = content == "deep" ? string.Concat(Enumerable.Repeat("<div>", 5_000)) : content;

        var response = await tenant.UploadAsync(collection, Encoding.UTF8.GetBytes(html), "a.html");

        var document = (await response.ExpectAsync(201)).GetProperty("document");
        Assert.Equal(("failed", code), (document.Text("status"), document.GetProperty("error").Text("code")));
        Assert.NotEmpty(document.GetProperty("error").Text("detail"));
        Assert.Empty((await tenant.Http.GetJsonAsync($"/api/v1/documents/{document.Text("id")}/chunks")).Data());
        Assert.Equal((1, 0, html.Length), (await tenant.CountsAsync(collection)).Read());
    }

    [Fact]
    public async Task Documents_are_listed_and_filtered()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();
        var first = (await tenant.IndexAsync(collection, new { text = "one", external_id = "a/b?c" })).Text("id");
        var failed = (await (await tenant.UploadAsync(collection, "<p>"u8.ToArray(), "a.html")).ExpectAsync(201)).GetProperty("document").Text("id");
        await tenant.IndexAsync(await tenant.NewCollectionAsync(), new { text = "elsewhere" });

        Assert.Equal([failed, first], await ListAsync(""));
        Assert.Equal([first, failed], await ListAsync("?order=asc"));
        Assert.Equal([failed], await ListAsync("?status=failed"));
        Assert.Equal([first], await ListAsync("?status=indexed"));
        Assert.Empty(await ListAsync("?status=queued"));
        Assert.Equal([first], await ListAsync($"?external_id={Uri.EscapeDataString("a/b?c")}"));
        Assert.Empty(await ListAsync("?external_id=a&status=indexed"));
        Assert.Equal(["status"], await (await tenant.Http.GetAsync($"/api/v1/collections/{collection}/documents?status=done", Ct)).InvalidFieldsAsync());

        async Task<string[]> ListAsync(string query) =>
            [.. (await tenant.Http.GetJsonAsync($"/api/v1/collections/{collection}/documents{query}")).Data().Select(document => document.Text("id"))];
    }

    [Fact]
    public async Task Passages_are_listed_with_the_headings_that_they_stand_under()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync(new { name = "x", chunking = new { max_tokens = 32, overlap_tokens = 0 } });
        var text = $"# Shop\n\n## Returns\n\n{Sentences("return")}\n\n## Delivery\n\n{Sentences("deliver")}";

        var document = await tenant.IndexAsync(collection, new { text });

        var chunks = (await tenant.Http.GetJsonAsync($"/api/v1/documents/{document.Text("id")}/chunks?order=asc&limit=200")).Data();
        Assert.Equal(document.GetProperty("chunk_count").GetInt32(), chunks.Length);
        Assert.Equal(Enumerable.Range(1, chunks.Length), chunks.Select(chunk => chunk.GetProperty("position").GetInt32()));
        Assert.Equal(("Shop > Returns", "Shop > Delivery"), (chunks[1].Text("heading"), chunks[^1].Text("heading")));
        var page = await tenant.Http.GetJsonAsync($"/api/v1/documents/{document.Text("id")}/chunks?order=asc&limit=1");
        var next = await tenant.Http.GetJsonAsync($"/api/v1/documents/{document.Text("id")}/chunks?order=asc&limit=1&cursor={page.Text("next_cursor")}");
        Assert.Equal(chunks[1].Text("id"), Assert.Single(next.Data()).Text("id"));

        static string Sentences(string word) => string.Join(' ', Enumerable.Range(0, 20).Select(i => $"We {word} number {i} on the same day."));
    }

    [Fact]
    public async Task Another_clients_document_is_not_there()
    {
        var tenant = await app.NewTenantAsync();
        var stranger = await app.NewTenantAsync();
        var id = (await tenant.IndexAsync(await tenant.NewCollectionAsync(), new { text = "An okapi is shy." })).Text("id");

        await (await stranger.Http.GetAsync($"/api/v1/documents/{id}", Ct)).ExpectProblemAsync(404, "not_found");
        await (await stranger.Http.GetAsync($"/api/v1/documents/{id}/chunks", Ct)).ExpectProblemAsync(404, "not_found");
        await (await stranger.Http.DeleteAsync($"/api/v1/documents/{id}", Ct)).ExpectProblemAsync(404, "not_found");
        Assert.Empty(await stranger.FindAsync("okapi"));
        Assert.Equal([id], await tenant.FindAsync("okapi"));
    }

    [Fact]
    public async Task A_deleted_document_is_gone_at_once_and_its_counts_with_it()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();
        var id = (await tenant.IndexAsync(collection, new { text = "The quagga is extinct." })).Text("id");
        Assert.Equal([id], await tenant.FindAsync("quagga"));

        await (await tenant.Http.SendJsonAsync(HttpMethod.Delete, $"/api/v1/documents/{id}", null, ("If-Match", "\"1\""))).ExpectProblemAsync(412, "version_mismatch");
        await (await tenant.Http.SendJsonAsync(HttpMethod.Delete, $"/api/v1/documents/{id}", null, ("If-Match", "\"2\""))).ExpectAsync(204);

        Assert.Empty(await tenant.FindAsync("quagga"));
        Assert.Equal((0, 0, 0), (await tenant.CountsAsync(collection)).Read());
        await (await tenant.Http.GetAsync($"/api/v1/documents/{id}", Ct)).ExpectProblemAsync(404, "not_found");
        await (await tenant.Http.DeleteAsync($"/api/v1/documents/{id}", Ct)).ExpectProblemAsync(404, "not_found");
    }

    [Fact]
    public async Task A_replay_with_the_same_key_answers_the_same_document_and_stores_no_second()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();
        var path = $"/api/v1/collections/{collection}/documents";

        var first = await tenant.Http.PostJsonAsync(path, new { text = "once" }, ("Prefer", "wait"), ("Idempotency-Key", "k"));
        var again = await tenant.Http.PostJsonAsync(path, new { text = "once" }, ("Prefer", "wait"), ("Idempotency-Key", "k"));
        var other = await tenant.Http.PostJsonAsync(path, new { text = "twice" }, ("Prefer", "wait"), ("Idempotency-Key", "k"));

        Assert.Equal((await first.ExpectAsync(201)).GetRawText(), (await again.ExpectAsync(201)).GetRawText());
        Assert.Equal("true", again.Header("Idempotency-Replayed"));
        await other.ExpectProblemAsync(422, "idempotency_key_reused");
        Assert.Single((await tenant.Http.GetJsonAsync(path)).Data());
    }

    [Fact]
    public async Task A_client_may_have_as_many_documents_as_its_quota()
    {
        var tenant = await app.NewTenantAsync(new { quotas = new { documents = 2 } });
        var collection = await tenant.NewCollectionAsync();
        var path = $"/api/v1/collections/{collection}/documents";
        var first = (await tenant.IndexAsync(collection, new { text = "one" })).Text("id");
        await tenant.IndexAsync(await tenant.NewCollectionAsync(), new { text = "two", external_id = "e" });

        var refused = await tenant.Http.PostJsonAsync(path, new { text = "three" });

        await refused.ExpectProblemAsync(429, "quota_exceeded");
        Assert.NotNull(refused.Header("Retry-After"));
        Assert.Equal((1, 1, 3), (await tenant.CountsAsync(collection)).Read());
        await (await tenant.Http.DeleteAsync($"/api/v1/documents/{first}", Ct)).ExpectAsync(204);
        await tenant.IndexAsync(collection, new { text = "three" });
    }

    private static async Task AwaitStatusAsync(Tenant tenant, string document, string status)
    {
        while ((await tenant.Http.GetJsonAsync($"/api/v1/documents/{document}")).Text("status") != status)
        {
            await Task.Yield();
        }
    }
}
