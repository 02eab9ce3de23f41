using System.Text;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Knowledge;

/// <summary>How much may be sent.</summary>
public sealed class KnowledgeLimitTests(KnowledgeLimitTests.SmallLimits app) : IClassFixture<KnowledgeLimitTests.SmallLimits>
{
    private const int BodyBytes = 20_000;
    private const int UploadBytes = 100_000;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_json_document_may_fill_the_body_limit_and_no_byte_more()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();
        var envelope = """{"text":""}""".Length;

        var full = await PostAsync(BodyBytes - envelope);
        var over = await PostAsync(BodyBytes - envelope + 1);

        await full.ExpectAsync(202);
        await over.ExpectProblemAsync(413, "too_large");
        Assert.Equal((1, BodyBytes - envelope), ((await tenant.CountsAsync(collection)).Read().Documents, (await tenant.CountsAsync(collection)).Read().Bytes));

        Task<HttpResponseMessage> PostAsync(int length) => tenant.Http.SendTextAsync(
            HttpMethod.Post, $"/api/v1/collections/{collection}/documents", $$"""{"text":"{{new string('x', length)}}"}""");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_may_fill_the_upload_limit_and_no_byte_more(bool isChunked)
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();

        var full = await UploadAsync(UploadBytes);
        var over = await UploadAsync(UploadBytes + 1);

        Assert.Equal(UploadBytes, (await full.ExpectAsync(201)).GetProperty("document").GetProperty("bytes").GetInt32());
        await over.ExpectProblemAsync(413, "too_large");
        Assert.Equal((1, UploadBytes), ((await tenant.CountsAsync(collection)).Read().Documents, (await tenant.CountsAsync(collection)).Read().Bytes));

        async Task<HttpResponseMessage> UploadAsync(int length)
        {
            using var form = KnowledgeSteps.Form(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("beaver ", length))[..length]), "a.txt");
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/collections/{collection}/documents") { Content = form };
            request.Headers.TransferEncodingChunked = isChunked;
            request.Headers.TryAddWithoutValidation("Prefer", "wait");
            return await tenant.Http.SendAsync(request, Ct);
        }
    }

    [Fact]
    public async Task A_form_whose_fields_are_far_too_large_is_refused()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();

        var field = await tenant.UploadAsync(collection, "x"u8.ToArray(), "a.txt", fields: new { title = new string('t', (256 * 1024) + 1) });
        var body = await tenant.UploadAsync(collection, "x"u8.ToArray(), "a.txt", fields: new { title = new string('t', 512 * 1024) });

        await field.ExpectProblemAsync(413, "too_large");
        await body.ExpectProblemAsync(413, "too_large");
        Assert.Equal((0, 0, 0), (await tenant.CountsAsync(collection)).Read());
    }

    public sealed class SmallLimits : KnowledgeFixture
    {
        // Chunked bodies exist on a real connection only.
        protected override bool IsOnKestrel => true;

        protected override void Configure(IDictionary<string, string> settings)
        {
            base.Configure(settings);
            settings["MAX_BODY_BYTES"] = $"{BodyBytes}";
            settings["MAX_UPLOAD_BYTES"] = $"{UploadBytes}";
        }
    }
}
