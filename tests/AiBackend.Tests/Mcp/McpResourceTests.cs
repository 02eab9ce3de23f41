using System.Text.Json;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Mcp;

/// <summary>Collections and documents as resources.</summary>
public sealed class McpResourceTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task Collections_are_listed_in_pages()
    {
        var tenant = await app.NewTenantAsync();
        for (var i = 0; i < 51; i++)
        {
            await tenant.Http.NewCollectionAsync($"Number {i}");
        }

        var page = await tenant.Http.ResultAsync("resources/list");
        var rest = await tenant.Http.ResultAsync("resources/list", new { cursor = page.Text("nextCursor") });

        Assert.Equal("Number 0", page.GetProperty("resources")[0].Text("name"));
        Assert.Equal(50, page.GetProperty("resources").GetArrayLength());
        Assert.Equal("Number 50", Assert.Single(rest.GetProperty("resources").EnumerateArray()).Text("name"));
        Assert.False(rest.TryGetProperty("nextCursor", out _));
        Assert.Equal(-32602, (await tenant.Http.ErrorAsync("resources/list", new { cursor = "zzz" })).Code);
    }

    [Fact]
    public async Task A_collection_shows_its_documents_in_pages()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.Http.NewCollectionAsync();
        var documents = new List<string>();
        for (var i = 0; i < 51; i++)
        {
            documents.Add(await tenant.Http.NewDocumentAsync(collection, new { title = $"Page {i}", text = $"This is page {i}." }));
        }

        var page = await ListAsync(tenant.Http, $"aibackend://collections/{collection}");
        var rest = await ListAsync(tenant.Http, page.Text("next"));

        Assert.Equal("Shop", page.GetProperty("collection").Text("name"));
        Assert.Equal(documents, page.GetProperty("documents").EnumerateArray().Concat(rest.GetProperty("documents").EnumerateArray()).Select(found => found.Text("id")));
        Assert.Equal(JsonValueKind.Null, rest.GetProperty("next").ValueKind);
        Assert.Equal("This is page 7.", (await tenant.Http.ReadAsync(page.GetProperty("documents")[7].Text("uri"))).Text("text"));
    }

    [Fact]
    public async Task A_long_document_is_read_part_by_part_and_nothing_comes_twice()
    {
        var tenant = await app.NewTenantAsync();
        var collection = (await (await tenant.Http.PostJsonAsync(
            "/api/v1/collections", new { name = "Long", chunking = new { max_tokens = 32, overlap_tokens = 16 } })).ExpectAsync(201)).Text("id");
        var sentences = Enumerable.Range(1, 400).Select(number => $"Sentence number {number} says only this.").ToArray();
        var document = await tenant.Http.NewDocumentAsync(collection, new { text = string.Join(' ', sentences) });

        var (texts, uri) = (new List<string>(), $"aibackend://documents/{document}");
        while (uri is not null)
        {
            var part = await tenant.Http.ReadAsync(uri);
            Assert.Equal((uri, "text/plain"), (part.Text("uri"), part.Text("mimeType")));
            texts.Add(part.Text("text"));
            uri = part.TryGetProperty("_meta", out var meta) ? meta.Text("next") : null;
        }

        Assert.True(texts.Count > 1);
        var words = string.Join(' ', texts).Split(default(char[]), StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(string.Join(' ', sentences), string.Join(' ', words));
    }

    [Fact]
    public async Task Documents_for_some_people_only_are_neither_found_nor_listed_nor_read()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.Http.NewCollectionAsync();
        var open = await tenant.Http.NewDocumentAsync(collection, new { text = "Salaries are paid monthly." });
        var restricted = await tenant.Http.NewDocumentAsync(collection, new { text = "Salaries rise in May.", acl = new[] { "board" } });

        var found = await tenant.Http.CallAsync("search", new { query = "salaries" });
        var listed = await ListAsync(tenant.Http, $"aibackend://collections/{collection}");

        Assert.Equal([open], found.Data().Select(hit => hit.Text("document_id")));
        Assert.Equal([open], listed.GetProperty("documents").EnumerateArray().Select(document => document.Text("id")));
        await ExpectNothingAsync(tenant.Http, $"aibackend://documents/{restricted}");
    }

    [Fact]
    public async Task What_is_deleted_is_gone()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.Http.NewCollectionAsync();
        var document = await tenant.Http.NewDocumentAsync(collection, new { text = "Short." });
        await tenant.Http.ReadAsync($"aibackend://documents/{document}");

        (await tenant.Http.DeleteAsync($"/api/v1/collections/{collection}", TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();

        await ExpectNothingAsync(tenant.Http, $"aibackend://documents/{document}");
        await ExpectNothingAsync(tenant.Http, $"aibackend://collections/{collection}");
    }

    [Fact]
    public async Task Another_clients_resources_are_not_there()
    {
        var (tenant, other) = (await app.NewTenantAsync(), await app.NewTenantAsync());
        var collection = await tenant.Http.NewCollectionAsync();
        var document = await tenant.Http.NewDocumentAsync(collection, new { text = "Short." });

        await ExpectNothingAsync(other.Http, $"aibackend://collections/{collection}");
        await ExpectNothingAsync(other.Http, $"aibackend://documents/{document}");
        Assert.Empty((await other.Http.ResultAsync("resources/list")).GetProperty("resources").EnumerateArray());
    }

    [Theory]
    [InlineData("aibackend://documents/")]
    [InlineData("aibackend://secrets/x")]
    [InlineData("file:///etc/passwd")]
    [InlineData("aibackend://documents/a/b")]
    [InlineData("aibackend://documents/doc_x?from=0")]
    [InlineData("no address")]
    public async Task An_address_of_nothing_is_answered_as_such(string uri) =>
        await ExpectNothingAsync((await app.NewTenantAsync()).Http, uri);

    [Fact]
    public async Task Templates_say_how_documents_are_addressed()
    {
        var tenant = await app.NewTenantAsync();

        var templates = (await tenant.Http.ResultAsync("resources/templates/list")).GetProperty("resourceTemplates").EnumerateArray();

        Assert.Equal(
            ["aibackend://collections/{collection_id}{?cursor}", "aibackend://documents/{document_id}{?from}"],
            templates.Select(template => template.Text("uriTemplate")));
    }

    private static async Task<JsonElement> ListAsync(HttpClient http, string uri) =>
        JsonSerializer.Deserialize<JsonElement>((await http.ReadAsync(uri)).Text("text"));

    private static async Task ExpectNothingAsync(HttpClient http, string uri) =>
        Assert.Equal(-32002, (await http.ErrorAsync("resources/read", new { uri })).Code);
}
