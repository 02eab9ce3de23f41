using System.Text.Json;
using AiBackend.Http;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Knowledge;

public sealed class CollectionTests(KnowledgeFixture app) : IClassFixture<KnowledgeFixture>
{
    private const string Collections = "/api/v1/collections";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_collection_is_made_with_defaults_and_read_as_it_was_answered()
    {
        var tenant = await app.NewTenantAsync();

        var response = await tenant.Http.PostJsonAsync(Collections, new { name = "Guides" });

        var made = await response.ExpectAsync(201);
        Assert.Matches("^col_[0-9a-z]{26}$", made.Text("id"));
        Assert.Equal(("Guides", "ai-backend-embed", 1L), (made.Text("name"), made.Text("embedding_model"), made.GetProperty("version").GetInt64()));
        Assert.Equal(JsonValueKind.Null, made.GetProperty("description").ValueKind);
        Assert.Equal("{}", made.GetProperty("metadata").GetRawText());
        Assert.Equal("""{"max_tokens":256,"overlap_tokens":32}""", made.GetProperty("chunking").GetRawText());
        Assert.Equal((0, 0, 0), made.GetProperty("counts").Read());
        Assert.Equal("\"1\"", response.Header("ETag"));
        Assert.Equal(made.GetRawText(), (await tenant.Http.GetJsonAsync($"{Collections}/{made.Text("id")}")).GetRawText());
    }

    [Fact]
    public async Task A_patch_changes_what_it_names_clears_what_is_null_and_counts_the_version()
    {
        var tenant = await app.NewTenantAsync();
        var id = await tenant.NewCollectionAsync(
            new { name = "Old", description = "d", metadata = new { a = 1, b = 2 }, chunking = new { max_tokens = 100, overlap_tokens = 10 } });

        var response = await tenant.Http.PatchJsonAsync(
            $"{Collections}/{id}", new { name = "New", description = (string?)null, metadata = new { b = (int?)null, c = 3 }, chunking = new { max_tokens = 64 } });

        var changed = await response.ExpectAsync(200);
        Assert.Equal(("New", 2L, "\"2\""), (changed.Text("name"), changed.GetProperty("version").GetInt64(), response.Header("ETag")));
        Assert.Equal(JsonValueKind.Null, changed.GetProperty("description").ValueKind);
        Assert.Equal("""{"a":1,"c":3}""", changed.GetProperty("metadata").GetRawText());
        Assert.Equal("""{"max_tokens":64,"overlap_tokens":10}""", changed.GetProperty("chunking").GetRawText());
    }

    [Fact]
    public async Task An_outdated_version_is_refused_but_new_documents_do_not_outdate_it()
    {
        var tenant = await app.NewTenantAsync();
        var id = await tenant.NewCollectionAsync();
        await tenant.IndexAsync(id, new { text = "Nine to five." });
        await (await tenant.Http.PatchJsonAsync($"{Collections}/{id}", new { name = "B" }, ("If-Match", "\"1\""))).ExpectAsync(200);

        var patch = await tenant.Http.PatchJsonAsync($"{Collections}/{id}", new { name = "C" }, ("If-Match", "\"1\""));
        var delete = await tenant.Http.SendJsonAsync(HttpMethod.Delete, $"{Collections}/{id}", null, ("If-Match", "\"1\""));

        await patch.ExpectProblemAsync(412, "version_mismatch");
        await delete.ExpectProblemAsync(412, "version_mismatch");
        Assert.Equal("B", (await tenant.Http.GetJsonAsync($"{Collections}/{id}")).Text("name"));
    }

    public static TheoryData<string, string> Invalid => new()
    {
        { "{}", "name" },
        { """{"name":" "}""", "name" },
        { $$"""{"name":"{{new string('x', 201)}}"}""", "name" },
        { $$"""{"name":"x","description":"{{new string('x', 2_001)}}"}""", "description" },
        { """{"name":"x","metadata":[]}""", "metadata" },
        { $$$"""{"name":"x","metadata":{"a":"{{{new string('x', 16 * 1024)}}}"}}""", "metadata" },
        { """{"name":"x","chunking":{"max_tokens":31}}""", "chunking.max_tokens" },
        { """{"name":"x","chunking":{"max_tokens":2049}}""", "chunking.max_tokens" },
        { """{"name":"x","chunking":{"overlap_tokens":-1}}""", "chunking.overlap_tokens" },
        { """{"name":"x","chunking":{"max_tokens":64,"overlap_tokens":33}}""", "chunking.overlap_tokens" },
        { """{"name":"x","chunking":{"tokens":64}}""", "chunking.tokens" },
        { """{"name":"x","embedding_model":"text-embedding-3-small"}""", "embedding_model" },
        { """{"name":"x","surprise":1}""", "surprise" },
    };

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Invalid))]
    public async Task What_is_not_valid_is_named_and_nothing_is_stored(string body, string field)
    {
        var tenant = await app.NewTenantAsync();

        var response = await tenant.Http.SendTextAsync(HttpMethod.Post, Collections, body);

        Assert.Equal([field], await response.InvalidFieldsAsync());
        Assert.Empty((await tenant.Http.GetJsonAsync(Collections)).Data());
    }

    [Fact]
    public async Task The_overlap_of_short_passages_is_half_of_them_unless_it_is_said()
    {
        var tenant = await app.NewTenantAsync();

        var response = await tenant.Http.PostJsonAsync(Collections, new { name = "x", chunking = new { max_tokens = 40 } });

        Assert.Equal("""{"max_tokens":40,"overlap_tokens":20}""", (await response.ExpectAsync(201)).GetProperty("chunking").GetRawText());
    }

    public static TheoryData<string> JustValid =>
    [
        $$"""{"name":"{{new string('x', 200)}}","description":"{{new string('x', 2_000)}}"}""",
        $$$"""{"name":"x","metadata":{"a":"{{{new string('x', (16 * 1024) - 8)}}}"}}""",
        """{"name":"x","chunking":{"max_tokens":32,"overlap_tokens":16}}""",
        """{"name":"x","chunking":{"max_tokens":2048,"overlap_tokens":0},"embedding_model":"ai-backend-embed"}""",
    ];

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(JustValid))]
    public async Task What_is_just_within_the_limits_is_stored(string body)
    {
        var tenant = await app.NewTenantAsync();

        await (await tenant.Http.SendTextAsync(HttpMethod.Post, Collections, body)).ExpectAsync(201);
    }

    [Fact]
    public async Task A_list_goes_on_by_its_cursor_while_collections_come_and_go()
    {
        var tenant = await app.NewTenantAsync();
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            ids.Add(await tenant.NewCollectionAsync());
        }

        var first = await tenant.Http.GetJsonAsync($"{Collections}?limit=2");
        await tenant.NewCollectionAsync();
        await tenant.Http.DeleteAsync($"{Collections}/{ids[3]}", Ct);
        var second = await tenant.Http.GetJsonAsync($"{Collections}?limit=4&cursor={first.Text("next_cursor")}");

        Assert.Equal([ids[4], ids[3]], first.Data().Select(collection => collection.Text("id")));
        Assert.Equal([ids[2], ids[1], ids[0]], second.Data().Select(collection => collection.Text("id")));
        Assert.Equal(JsonValueKind.Null, second.GetProperty("next_cursor").ValueKind);
    }

    [Fact]
    public async Task A_deleted_collection_is_gone_at_once_with_all_that_it_held()
    {
        var tenant = await app.NewTenantAsync();
        var id = await tenant.NewCollectionAsync();
        var kept = await tenant.NewCollectionAsync();
        var document = (await tenant.IndexAsync(id, new { text = "The zebra sleeps at noon." })).Text("id");
        var other = (await tenant.IndexAsync(kept, new { text = "The zebra eats at six." })).Text("id");

        var response = await tenant.Http.DeleteAsync($"{Collections}/{id}", Ct);

        await response.ExpectAsync(204);
        Assert.Equal([other], await tenant.FindAsync("zebra"));
        foreach (var path in new[] { $"{Collections}/{id}", $"{Collections}/{id}/documents", $"/api/v1/documents/{document}", $"/api/v1/documents/{document}/chunks" })
        {
            await (await tenant.Http.GetAsync(path, Ct)).ExpectProblemAsync(404, "not_found");
        }

        await (await tenant.Http.DeleteAsync($"/api/v1/documents/{document}", Ct)).ExpectProblemAsync(404, "not_found");
        await (await tenant.Http.PostJsonAsync($"{Collections}/{id}/documents", new { text = "x" })).ExpectProblemAsync(404, "not_found");
        await (await tenant.Http.PostJsonAsync("/api/v1/search", new { query = "zebra", collection_ids = new[] { id } })).ExpectProblemAsync(404, "not_found");
    }

    [Fact]
    public async Task Another_clients_collection_is_not_there()
    {
        var tenant = await app.NewTenantAsync();
        var stranger = await app.NewTenantAsync();
        var id = await tenant.NewCollectionAsync();

        foreach (var response in new[]
        {
            await stranger.Http.GetAsync($"{Collections}/{id}", Ct),
            await stranger.Http.PatchJsonAsync($"{Collections}/{id}", new { name = "mine" }),
            await stranger.Http.DeleteAsync($"{Collections}/{id}", Ct),
            await stranger.Http.GetAsync($"{Collections}/{id}/documents", Ct),
            await stranger.Http.PostJsonAsync($"{Collections}/{id}/documents", new { text = "mine" }),
            await stranger.Http.PostJsonAsync("/api/v1/search", new { query = "x", collection_ids = new[] { id } }),
        })
        {
            await response.ExpectProblemAsync(404, "not_found");
        }

        Assert.Empty((await stranger.Http.GetJsonAsync(Collections)).Data());
        Assert.Equal("Guides", (await tenant.Http.GetJsonAsync($"{Collections}/{id}")).Text("name"));
    }

    [Fact]
    public async Task A_key_needs_the_scope_of_each_route()
    {
        var tenant = await app.NewTenantAsync(Scopes.KnowledgeRead);
        var writer = app.NewHttp((await app.NewKeyAsync(tenant.ClientId, Scopes.KnowledgeWrite)).Key);
        var id = (await (await writer.PostJsonAsync(Collections, new { name = "x" })).ExpectAsync(201)).Text("id");
        var document = (await (await writer.PostJsonAsync($"{Collections}/{id}/documents", new { text = "x" }, ("Prefer", "wait"))).ExpectAsync(201))
            .GetProperty("document").Text("id");
        var outsider = app.NewHttp((await app.NewKeyAsync(tenant.ClientId, Scopes.ChatRead, Scopes.ChatWrite)).Key);

        foreach (var path in new[] { Collections, $"{Collections}/{id}", $"{Collections}/{id}/documents", $"/api/v1/documents/{document}", $"/api/v1/documents/{document}/chunks" })
        {
            await (await tenant.Http.GetAsync(path, Ct)).ExpectAsync(200);
            await (await writer.GetAsync(path, Ct)).ExpectProblemAsync(403, "insufficient_scope");
            await (await outsider.GetAsync(path, Ct)).ExpectProblemAsync(403, "insufficient_scope");
        }

        await (await tenant.Http.PostJsonAsync("/api/v1/search", new { query = "x" })).ExpectAsync(200);
        await (await writer.PostJsonAsync("/api/v1/search", new { query = "x" })).ExpectProblemAsync(403, "insufficient_scope");
        foreach (var http in new[] { tenant.Http, outsider })
        {
            foreach (var response in new[]
            {
                await http.PostJsonAsync(Collections, new { name = "x" }),
                await http.PatchJsonAsync($"{Collections}/{id}", new { name = "y" }),
                await http.PostJsonAsync($"{Collections}/{id}/documents", new { text = "x" }),
                await http.DeleteAsync($"/api/v1/documents/{document}", Ct),
                await http.DeleteAsync($"{Collections}/{id}", Ct),
            })
            {
                await response.ExpectProblemAsync(403, "insufficient_scope");
            }
        }
    }

    [Fact]
    public async Task An_idempotent_creation_makes_one_collection()
    {
        var tenant = await app.NewTenantAsync();

        var first = await tenant.Http.PostJsonAsync(Collections, new { name = "x" }, ("Idempotency-Key", "k"));
        var second = await tenant.Http.PostJsonAsync(Collections, new { name = "x" }, ("Idempotency-Key", "k"));

        Assert.Equal((await first.ExpectAsync(201)).GetRawText(), (await second.ExpectAsync(201)).GetRawText());
        Assert.Single((await tenant.Http.GetJsonAsync(Collections)).Data());
    }
}
