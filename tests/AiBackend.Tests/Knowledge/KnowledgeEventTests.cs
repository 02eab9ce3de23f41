using AiBackend.Tests.Support;

namespace AiBackend.Tests.Knowledge;

public sealed class KnowledgeEventTests(KnowledgeFixture app) : IClassFixture<KnowledgeFixture>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_becomes_of_a_document_is_told_with_the_document_as_its_get_answers_it()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();

        var indexed = await tenant.IndexAsync(collection, new { text = "A robin sings.", metadata = new { a = 1 } });
        var failed = (await (await tenant.UploadAsync(collection, "<p>"u8.ToArray(), "a.html")).ExpectAsync(201)).GetProperty("document");
        await tenant.Http.DeleteAsync($"/api/v1/documents/{indexed.Text("id")}", Ct);

        var events = (await tenant.Http.GetJsonAsync("/api/v1/events?order=asc")).Data()
            .Where(raised => raised.Text("type").StartsWith("knowledge.", StringComparison.Ordinal)).ToArray();
        Assert.Equal(
            [("knowledge.document.indexed", indexed.GetRawText()), ("knowledge.document.failed", failed.GetRawText()), ("knowledge.document.deleted", indexed.GetRawText())],
            events.Select(raised => (raised.Text("type"), raised.GetProperty("data").GetProperty("document").GetRawText())));
        Assert.All(events, raised => Assert.Equal(("document", collection), (raised.Text("entity_type"), raised.Text("parent_id"))));
        Assert.Equal(indexed.Text("id"), events[0].Text("entity_id"));
    }

    [Fact]
    public async Task The_events_of_a_document_carry_the_trace_of_its_upload()
    {
        var tenant = await app.NewTenantAsync();
        var collection = await tenant.NewCollectionAsync();
        const string Trace = "0af7651916cd43dd8448eb211c80319c";

        var response = await tenant.Http.PostJsonAsync(
            $"/api/v1/collections/{collection}/documents", new { text = "A wren sings." }, ("Prefer", "wait"), ("traceparent", $"00-{Trace}-b7ad6b7169203331-01"));

        await response.ExpectAsync(201);
        var raised = Assert.Single((await tenant.Http.GetJsonAsync("/api/v1/events?type=knowledge.document.indexed")).Data());
        Assert.Equal(Trace, raised.Text("trace_id"));
    }
}
