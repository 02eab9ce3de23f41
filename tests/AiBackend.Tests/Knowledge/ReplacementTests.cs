using System.Text.Json;
using AiBackend.Documents;
using AiBackend.Knowledge;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace AiBackend.Tests.Knowledge;

public sealed class ReplacementTests(KnowledgeFixture app) : IClassFixture<KnowledgeFixture>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_same_external_id_replaces_the_document_and_keeps_its_id()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();
        var first = await tenant.IndexAsync(collection, new { external_id = "e", text = "The gecko climbs walls.", title = "Old", url = "https://a.example/", acl = new[] { "a" } });

        var second = await tenant.IndexAsync(collection, new { external_id = "e", text = "The iguana swims." });

        Assert.Equal(first.Text("id"), second.Text("id"));
        Assert.Equal(("The iguana swims.", JsonValueKind.Null, JsonValueKind.Null), (second.Text("title"), second.GetProperty("url").ValueKind, second.GetProperty("acl").ValueKind));
        Assert.True(second.GetProperty("version").GetInt64() > first.GetProperty("version").GetInt64());
        Assert.Empty(await tenant.FindAsync("gecko", "a"));
        Assert.Equal([first.Text("id")], await tenant.FindAsync("iguana"));
        Assert.Equal((1, 1, 17), (await tenant.CountsAsync(collection)).Read());
        Assert.Single((await tenant.Http.GetJsonAsync($"/api/v1/collections/{collection}/documents")).Data());
    }

    [Fact]
    public async Task The_same_external_id_in_another_collection_is_another_document()
    {
        var tenant = await app.NewTenantAsync();

        var one = await tenant.IndexAsync(await tenant.NewCollectionAsync(), new { external_id = "e", text = "one" });
        var two = await tenant.IndexAsync(await tenant.NewCollectionAsync(), new { external_id = "e", text = "two" });

        Assert.NotEqual(one.Text("id"), two.Text("id"));
    }

    [Fact]
    public async Task The_old_content_is_found_until_the_new_one_is()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();
        var id = (await tenant.IndexAsync(collection, new { external_id = "e", text = "The puffin nests in holes." })).Text("id");
        using var held = app.Embeddings.Hold("razorbill");

        var replacing = await tenant.Http.PostJsonAsync($"/api/v1/collections/{collection}/documents", new { external_id = "e", text = "The razorbill nests on cliffs." });
        await held.Reached;

        Assert.Equal("queued", (await replacing.ExpectAsync(202)).GetProperty("document").Text("status"));
        Assert.Equal([id], await tenant.FindAsync("puffin"));
        Assert.Contains("puffin", Assert.Single((await tenant.Http.GetJsonAsync($"/api/v1/documents/{id}/chunks")).Data()).Text("text"), StringComparison.Ordinal);
        held.Dispose();
        await app.Services.GetRequiredService<KnowledgeDocuments>().WaitAsync(tenant.ClientId, id, TimeSpan.FromMinutes(1), Ct);
        Assert.Empty(await tenant.FindAsync("puffin"));
        Assert.Equal([id], await tenant.FindAsync("cliffs"));
    }

    [Fact]
    public async Task A_replacement_that_cannot_be_read_fails_and_leaves_the_old_content_searchable()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();
        var id = (await tenant.IndexAsync(collection, new { external_id = "e", text = "The dodo is gone." })).Text("id");

        var failed = await (await tenant.UploadAsync(collection, "<p>"u8.ToArray(), "a.html", fields: new { external_id = "e" })).ExpectAsync(201);

        Assert.Equal((id, "failed"), (failed.GetProperty("document").Text("id"), failed.GetProperty("document").Text("status")));
        Assert.Equal([id], await tenant.FindAsync("dodo"));
        Assert.Equal((1, 1, 3), (await tenant.CountsAsync(collection)).Read());
        var mended = await tenant.IndexAsync(collection, new { external_id = "e", text = "The moa is gone." });
        Assert.Equal(JsonValueKind.Null, mended.GetProperty("error").ValueKind);
    }

    [Fact]
    public async Task Unchanged_content_is_not_embedded_again_but_what_is_around_it_changes()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();
        var first = await tenant.IndexAsync(collection, new { external_id = "e", text = "The axolotl regrows limbs.", metadata = new { lang = "en" } });
        var chunk = await ChunkIdAsync(tenant, first.Text("id"));

        var second = await tenant.IndexAsync(collection, new { external_id = "e", text = "The axolotl regrows limbs.", metadata = new { lang = "la" }, acl = new[] { "vets" }, url = "https://a.example/" });

        Assert.Equal(1, app.Embeddings.CountOf("axolotl"));
        Assert.Equal(chunk, await ChunkIdAsync(tenant, second.Text("id")));
        Assert.Empty(await tenant.FindAsync("regrows limbs"));
        Assert.Equal([second.Text("id")], await tenant.FindAsync("regrows limbs", "vets"));
        var found = await tenant.SearchAsync(new { query = "regrows limbs", acl = new[] { "vets" }, filter = new { lang = "la" } });
        Assert.Equal(("https://a.example/", """{"lang":"la"}"""), (found.Data()[0].Text("url"), found.Data()[0].GetProperty("metadata").GetRawText()));
    }

    [Fact]
    public async Task Of_a_changed_content_only_the_new_passages_are_embedded()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync(new { name = "x", chunking = new { max_tokens = 32, overlap_tokens = 0 } });
        var paragraphs = Enumerable.Range(0, 10).Select(i => $"The capybara of paragraph {i} " + string.Concat(Enumerable.Repeat($"swims in river {i} ", 5)) + "gladly.").ToArray();
        var first = await tenant.IndexAsync(collection, new { external_id = "e", title = "T", text = string.Join("\n\n", paragraphs) });
        var before = app.Embeddings.CountOf("capybara");

        paragraphs[4] = paragraphs[4].Replace("gladly", "sadly", StringComparison.Ordinal);
        var second = await tenant.IndexAsync(collection, new { external_id = "e", title = "T", text = string.Join("\n\n", paragraphs) });

        Assert.Equal((10, 10), (first.GetProperty("chunk_count").GetInt32(), second.GetProperty("chunk_count").GetInt32()));
        Assert.Equal((10, 11), (before, app.Embeddings.CountOf("capybara")));
        Assert.Equal("The capybara of paragraph 4", (await tenant.SearchAsync(new { query = "sadly" })).Data()[0].Text("text")[..27]);
        Assert.DoesNotContain(
            (await tenant.SearchAsync(new { query = "paragraph 4 gladly", mode = "keyword", limit = 100 })).Data().Select(hit => hit.Text("text")),
            text => text.Contains("river 4", StringComparison.Ordinal) && text.Contains("gladly", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_changed_chunking_or_title_makes_new_passages_of_the_same_content()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();
        var text = string.Join(' ', Enumerable.Range(0, 40).Select(i => $"The meerkat stands guard on day {i}."));
        var first = await tenant.IndexAsync(collection, new { external_id = "e", text });
        await (await tenant.Http.PatchJsonAsync($"/api/v1/collections/{collection}", new { chunking = new { max_tokens = 32, overlap_tokens = 0 } })).ExpectAsync(200);

        var second = await tenant.IndexAsync(collection, new { external_id = "e", text });
        var before = app.Embeddings.CountOf("meerkat");
        await tenant.IndexAsync(collection, new { external_id = "e", text, title = "Guards" });

        Assert.True(second.GetProperty("chunk_count").GetInt32() > first.GetProperty("chunk_count").GetInt32());
        Assert.Equal(before * 2 - first.GetProperty("chunk_count").GetInt32(), app.Embeddings.CountOf("meerkat"));
    }

    [Fact]
    public async Task An_upload_during_indexing_wins_over_what_was_being_indexed()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();
        var path = $"/api/v1/collections/{collection}/documents";
        using var held = app.Embeddings.Hold("narwhal");
        var id = (await (await tenant.Http.PostJsonAsync(path, new { external_id = "e", text = "The narwhal has a tusk." })).ExpectAsync(202))
            .GetProperty("document").Text("id");
        await held.Reached;

        var second = await tenant.IndexAsync(collection, new { external_id = "e", text = "The beluga is white." });
        held.Dispose();
        var third = await tenant.IndexAsync(collection, new { external_id = "e", text = "The orca is black and white." });

        Assert.Equal((id, id), (second.Text("id"), third.Text("id")));
        Assert.Empty(await tenant.FindAsync("narwhal"));
        Assert.Equal([id], await tenant.FindAsync("orca"));
        Assert.Equal((1, 1, 28), (await tenant.CountsAsync(collection)).Read());
        Assert.Single(await StoredAsync<KnowledgeChunk>(tenant));
        Assert.Single(await StoredAsync<KnowledgeContent>(tenant));
    }

    [Fact]
    public async Task Simultaneous_uploads_of_one_external_id_make_one_document()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();

        var documents = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => tenant.IndexAsync(collection, new { external_id = "e", text = $"The ibex jumps {i} metres." })));

        Assert.Single(documents.Select(document => document.Text("id")).Distinct());
        var chunk = Assert.Single((await tenant.Http.GetJsonAsync($"/api/v1/documents/{documents[0].Text("id")}/chunks")).Data());
        var hit = Assert.Single((await tenant.SearchAsync(new { query = "ibex" })).Data());
        Assert.Equal(chunk.Text("text"), hit.Text("text"));
        Assert.Equal((1, 1), ((await tenant.CountsAsync(collection)).Read().Documents, (await tenant.CountsAsync(collection)).Read().Chunks));
        Assert.Single(await StoredAsync<KnowledgeChunk>(tenant));
    }

    private Task<IReadOnlyList<T>> StoredAsync<T>(Tenant tenant)
        where T : TenantDocument =>
        app.Store.For(tenant.ClientId).ListAsync(Query.Of<T>(), Ct);

    private static async Task<string> ChunkIdAsync(Tenant tenant, string document) =>
        Assert.Single((await tenant.Http.GetJsonAsync($"/api/v1/documents/{document}/chunks")).Data()).Text("id");
}
