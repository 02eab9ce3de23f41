using System.Text;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Knowledge;

/// <summary>Documents that are sent as files.</summary>
public sealed class DocumentFormTests(KnowledgeFixture app) : IClassFixture<KnowledgeFixture>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<string, string?, string, string, string> Files => new()
    {
        { "hours.txt", null, "Opening hours\nNine to five.", "Opening hours", "text/plain" },
        { "hours.bin", "text/plain", "Opening hours\nNine to five.", "Opening hours", "text/plain" },
        { "HOURS.MD", "application/octet-stream", "text\n\n# Opening *hours*\n\nNine to five.", "Opening hours", "text/markdown" },
        { "x", "text/markdown; charset=utf-8", "# Opening hours\n\nNine to five.", "Opening hours", "text/markdown" },
        { "hours.html", null, "<title>T</title><h1>Opening hours</h1><p>Nine to five.<script>alert(1)</script>", "Opening hours", "text/html" },
        { "hours", "text/html", "<title>Opening hours</title><p>Nine to five.", "Opening hours", "text/html" },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_file_is_read_by_its_name_or_media_type(string name, string? mediaType, string content, string title, string read)
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();

        var response = await tenant.UploadAsync(collection, Encoding.UTF8.GetBytes(content), name, mediaType);

        var document = (await response.ExpectAsync(201)).GetProperty("document");
        Assert.Equal(("indexed", title, read), (document.Text("status"), document.Text("title"), document.Text("media_type")));
        var chunk = Assert.Single((await tenant.Http.GetJsonAsync($"/api/v1/documents/{document.Text("id")}/chunks")).Data());
        Assert.Contains("Nine to five.", chunk.Text("text"), StringComparison.Ordinal);
        Assert.DoesNotContain("alert", chunk.Text("text"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_form_may_say_all_that_json_may()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();

        var response = await tenant.UploadAsync(collection, "Nine to five."u8.ToArray(), "a.txt", fields: new
        {
            title = "Zeiten für \"alle\"",
            external_id = "e1",
            url = "https://shop.example/",
            metadata = """{"n":1.50}""",
            acl = """["a","b"]""",
        });

        var document = (await response.ExpectAsync(201)).GetProperty("document");
        Assert.Equal(("Zeiten für \"alle\"", "e1", "https://shop.example/"), (document.Text("title"), document.Text("external_id"), document.Text("url")));
        Assert.Equal(("""{"n":1.50}""", """["a","b"]"""), (document.GetProperty("metadata").GetRawText(), document.GetProperty("acl").GetRawText()));
    }

    [Theory]
    [InlineData("report.pdf", "application/pdf")]
    [InlineData("report.docx", null)]
    [InlineData("rows.csv", "text/plain")]
    [InlineData("x.json", "application/json")]
    [InlineData("picture", "image/png")]
    [InlineData("unknown", null)]
    public async Task A_kind_of_file_that_cannot_be_read_is_refused_with_what_can_be(string name, string? mediaType)
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();

        var response = await tenant.UploadAsync(collection, "abc"u8.ToArray(), name, mediaType);

        var problem = await response.ExpectProblemAsync(415, "unsupported_media_type");
        Assert.Contains("Markdown", problem.Text("detail"), StringComparison.Ordinal);
        Assert.Equal((0, 0, 0), (await tenant.CountsAsync(collection)).Read());
    }

    [Fact]
    public async Task A_form_that_is_wrong_is_told_by_field()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();
        var file = "Nine to five."u8.ToArray();
        using var noFile = new MultipartFormDataContent { { new StringContent("x"), "title" } };
        using var twice = KnowledgeSteps.Form(file, "a.txt");
        twice.Add(new ByteArrayContent(file), "file", "b.txt");

        Assert.Equal(["file"], await (await PostAsync(noFile)).InvalidFieldsAsync());
        Assert.Equal(["file"], await (await PostAsync(twice)).InvalidFieldsAsync());
        Assert.Equal(["file"], await (await tenant.UploadAsync(collection, [], "a.txt")).InvalidFieldsAsync());
        Assert.Equal(["file"], await (await tenant.UploadAsync(collection, [0x63, 0xE9], "a.txt")).InvalidFieldsAsync());
        Assert.Equal(["file"], await (await tenant.UploadAsync(collection, [1, 0, 0, 2], "a.txt")).InvalidFieldsAsync());
        Assert.Equal(["metadata"], await (await tenant.UploadAsync(collection, file, "a.txt", fields: new { metadata = "{" })).InvalidFieldsAsync());
        Assert.Equal(["metadata"], await (await tenant.UploadAsync(collection, file, "a.txt", fields: new { metadata = "[]" })).InvalidFieldsAsync());
        Assert.Equal(["acl"], await (await tenant.UploadAsync(collection, file, "a.txt", fields: new { acl = "staff" })).InvalidFieldsAsync());
        Assert.Equal(["colour"], await (await tenant.UploadAsync(collection, file, "a.txt", fields: new { colour = "red" })).InvalidFieldsAsync());
        Assert.Equal(["url"], await (await tenant.UploadAsync(collection, file, "a.txt", fields: new { url = "/returns" })).InvalidFieldsAsync());
        Assert.Equal((0, 0, 0), (await tenant.CountsAsync(collection)).Read());

        Task<HttpResponseMessage> PostAsync(HttpContent form) =>
            tenant.Http.SendAsync(HttpMethod.Post, $"/api/v1/collections/{collection}/documents", form);
    }

    [Theory]
    [InlineData("multipart/form-data")]
    [InlineData("multipart/form-data; boundary=\"\"")]
    [InlineData("multipart/form-data; boundary=x")]
    public async Task A_broken_form_is_a_bad_request(string contentType)
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();
        using var content = new ByteArrayContent("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nabc"u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);

        var response = await tenant.Http.SendAsync(HttpMethod.Post, $"/api/v1/collections/{collection}/documents", content);

        await response.ExpectProblemAsync(400, "malformed_form");
    }

    [Fact]
    public async Task A_form_may_carry_an_idempotency_key()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();
        var path = $"/api/v1/collections/{collection}/documents";
        var bytes = await KnowledgeSteps.Form("once upon a time"u8.ToArray(), "a.txt").ReadAsByteArrayAsync(Ct);
        var boundary = Encoding.ASCII.GetString(bytes)[2..].Split("\r\n")[0];

        var answers = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            using var content = new ByteArrayContent(bytes);
            content.Headers.TryAddWithoutValidation("Content-Type", $"multipart/form-data; boundary=\"{boundary}\"");
            var response = await tenant.Http.SendAsync(HttpMethod.Post, path, content, ("Prefer", "wait"), ("Idempotency-Key", "k"));
            answers.Add((await response.ExpectAsync(201)).GetRawText());
        }

        Assert.Equal(answers[0], answers[1]);
        Assert.Single((await tenant.Http.GetJsonAsync(path)).Data());
    }
}
