using System.Net;
using System.Text.Json.Nodes;
using AiBackend.Chat.Feedback;
using AiBackend.Documents;

namespace AiBackend.Tests.Chat;

public sealed class FeedbackTests(ChatApp app) : IClassFixture<ChatApp>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Feedback_is_kept_shown_and_announced()
    {
        var tenant = await app.NewChatTenantAsync();
        var message = await MessageAsync(tenant);

        var given = await GiveAsync(
            tenant, message, new { rating = 4, comment = "Helpful", author_id = "u1", metadata = new { page = 7 } }, HttpStatusCode.Created);

        Assert.StartsWith("fbk_", given.Text("id"), StringComparison.Ordinal);
        Assert.Equal(message.Text("id"), given.Text("message_id"));
        Assert.Equal(message.Text("session_id"), given.Text("session_id"));
        Assert.Equal((4, "Helpful", "u1", 1), (given.Number("rating"), given.Text("comment"), given.Text("author_id"), given.Number("version")));
        Assert.Equal(7, given["metadata"]!.Number("page"));
        Assert.True(JsonNode.DeepEquals(given, await tenant.GetAsync($"/api/v1/feedback/{given.Text("id")}")));
        Assert.True(JsonNode.DeepEquals(given, Assert.Single(await OfAsync(tenant, message))));
        Assert.Equal("chat.feedback.created", (await tenant.EventsAsync(message.Text("session_id")))[^1]);
        var told = (await tenant.EventDocumentsAsync(message.Text("session_id")))[^1];
        Assert.Equal((given.Text("id"), message.Text("id")), (told.EntityId, told.ParentId));
        Assert.True(JsonNode.DeepEquals(given, JsonNode.Parse(told.Data.Text)!["feedback"]));
    }

    [Fact]
    public async Task The_same_author_replaces_what_he_gave_and_another_one_adds_to_it()
    {
        var tenant = await app.NewChatTenantAsync();
        var message = await MessageAsync(tenant);
        var first = await GiveAsync(tenant, message, new { rating = 1, comment = "Bad", author_id = "u1" }, HttpStatusCode.Created);

        var second = await GiveAsync(tenant, message, new { rating = 5, author_id = "u1" }, HttpStatusCode.OK);
        await GiveAsync(tenant, message, new { rating = 2, author_id = "u2" }, HttpStatusCode.Created);

        Assert.Equal(first.Text("id"), second.Text("id"));
        Assert.Equal((5, 2), (second.Number("rating"), second.Number("version")));
        Assert.Null(second["comment"]);
        Assert.Equal([2, 5], (await OfAsync(tenant, message)).Select(one => one.Number("rating")));
        Assert.Equal(3, (await tenant.EventsAsync(message.Text("session_id"))).Count(type => type == "chat.feedback.created"));
    }

    [Fact]
    public async Task Who_is_not_named_is_one_author_whom_nobody_can_be_named_like()
    {
        var tenant = await app.NewChatTenantAsync();
        var message = await MessageAsync(tenant);
        await GiveAsync(tenant, message, new { rating = 1 }, HttpStatusCode.Created);

        await GiveAsync(tenant, message, new { rating = 2 }, HttpStatusCode.OK);
        await GiveAsync(tenant, message, new { rating = 3, author_id = "-" }, HttpStatusCode.Created);

        Assert.Equal([3, 2], (await OfAsync(tenant, message)).Select(one => one.Number("rating")));
    }

    [Fact]
    public async Task One_author_many_times_at_once_leaves_one()
    {
        var tenant = await app.NewChatTenantAsync();
        var message = await MessageAsync(tenant);

        var statuses = await Task.WhenAll(Enumerable.Range(0, 8).Select(async number =>
        {
            using var content = new StringContent($$"""{"rating":{{(number % 5) + 1}},"author_id":"u1"}""", new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
            using var response = await tenant.Http.PostAsync(PathOf(message), content, Ct);
            return response.StatusCode;
        }));

        Assert.Equal(HttpStatusCode.Created, Assert.Single(statuses, status => status != HttpStatusCode.OK));
        Assert.Equal(8, Assert.Single(await OfAsync(tenant, message)).Number("version"));
        Assert.Equal(8, (await tenant.EventsAsync(message.Text("session_id"))).Count(type => type == "chat.feedback.created"));
    }

    [Fact]
    public async Task A_repeat_with_the_same_key_gives_nothing_twice()
    {
        var tenant = await app.NewChatTenantAsync();
        var message = await MessageAsync(tenant);
        var body = new { rating = 4, author_id = "u1" };
        var first = await tenant.PostAsync(PathOf(message), body, HttpStatusCode.Created, ("Idempotency-Key", "k1"));
        await tenant.PostAsync(PathOf(message), new { rating = 1, author_id = "u1" }, HttpStatusCode.OK, ("Idempotency-Key", "k2"));

        var again = await tenant.PostAsync(PathOf(message), body, HttpStatusCode.Created, ("Idempotency-Key", "k1"));
        await tenant.PostAsync(PathOf(message), new { rating = 1, author_id = "u1" }, HttpStatusCode.OK, ("Idempotency-Key", "k2"));

        Assert.True(JsonNode.DeepEquals(first, again));
        Assert.Equal((1, 2), (Assert.Single(await OfAsync(tenant, message)).Number("rating"), (await OfAsync(tenant, message))[0].Number("version")));
    }

    [Fact]
    public async Task A_patch_changes_what_it_names_of_the_version_that_is_meant()
    {
        var tenant = await app.NewChatTenantAsync();
        var message = await MessageAsync(tenant);
        var given = await GiveAsync(tenant, message, new { rating = 4, comment = "Fine", author_id = "u1", metadata = new { a = 1 } }, HttpStatusCode.Created);
        var path = $"/api/v1/feedback/{given.Text("id")}";

        await tenant.SendAsync(HttpMethod.Patch, path, new { rating = 1 }, HttpStatusCode.PreconditionFailed, ("If-Match", "\"2\""));
        var patched = await tenant.SendAsync(HttpMethod.Patch, path, new { comment = (string?)null, rating = 3 }, HttpStatusCode.OK, ("If-Match", "\"1\""));
        var same = await tenant.SendAsync(HttpMethod.Patch, path, new { rating = 3 });

        Assert.Equal((3, null, 2), (patched.Number("rating"), patched.TextOrNull("comment"), patched.Number("version")));
        Assert.Equal(1, patched["metadata"]!.Number("a"));
        Assert.Equal(2, same.Number("version"));
    }

    [Fact]
    public async Task An_answer_names_the_version_as_its_etag()
    {
        var tenant = await app.NewChatTenantAsync();
        var message = await MessageAsync(tenant);
        var given = await GiveAsync(tenant, message, new { rating = 4 }, HttpStatusCode.Created);

        using var response = await tenant.Http.GetAsync($"/api/v1/feedback/{given.Text("id")}", Ct);

        Assert.Equal("\"1\"", response.Headers.ETag?.ToString());
    }

    [Fact]
    public async Task Feedback_is_taken_back_with_its_texts_in_events()
    {
        var tenant = await app.NewChatTenantAsync();
        var message = await MessageAsync(tenant);
        var given = await GiveAsync(tenant, message, new { rating = 4, comment = "my secret", author_id = "u1", metadata = new { a = "my secret" } }, HttpStatusCode.Created);
        var path = $"/api/v1/feedback/{given.Text("id")}";

        await tenant.SendAsync(HttpMethod.Delete, path, expected: HttpStatusCode.PreconditionFailed, headers: ("If-Match", "\"9\""));
        await tenant.SendAsync(HttpMethod.Delete, path, expected: HttpStatusCode.NoContent, headers: ("If-Match", "\"1\""));

        await tenant.GetAsync(path, HttpStatusCode.NotFound);
        Assert.Empty(await OfAsync(tenant, message));
        await RequireBlankAsync(tenant, message);
        var anew = await GiveAsync(tenant, message, new { rating = 2, author_id = "u1" }, HttpStatusCode.Created);
        Assert.NotEqual(given.Text("id"), anew.Text("id"));
    }

    [Theory]
    [InlineData("messages", "id")]
    [InlineData("sessions", "session_id")]
    public async Task Feedback_goes_with_its_message_or_session(string kind, string field)
    {
        var tenant = await app.NewChatTenantAsync();
        var message = await MessageAsync(tenant);
        var other = await MessageAsync(tenant);
        await GiveAsync(tenant, message, new { rating = 4, comment = "my secret", author_id = "u1" }, HttpStatusCode.Created);
        await GiveAsync(tenant, message, new { rating = 3, comment = "my secret" }, HttpStatusCode.Created);
        var stays = await GiveAsync(tenant, other, new { rating = 3 }, HttpStatusCode.Created);

        await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/{kind}/{message.Text(field)}", expected: HttpStatusCode.NoContent);

        var left = (await tenant.GetAsync("/api/v1/feedback"))["data"]!.AsArray();
        Assert.Equal(stays.Text("id"), Assert.Single(left)!.Text("id"));
        Assert.Single(await tenant.Documents.ListAsync(Query.Of<MessageFeedback>(), Ct));
        await RequireBlankAsync(tenant, message);
    }

    [Fact]
    public async Task A_deleted_message_gets_no_more_feedback()
    {
        var tenant = await app.NewChatTenantAsync();
        var message = await MessageAsync(tenant);
        await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/messages/{message.Text("id")}", expected: HttpStatusCode.NoContent);

        var problem = await GiveAsync(tenant, message, new { rating = 4 }, HttpStatusCode.Conflict);

        Assert.Equal("conflict", problem.Text("code"));
        Assert.Empty(await OfAsync(tenant, message));
    }

    [Theory]
    [InlineData("{}", "rating")]
    [InlineData("""{"rating":0}""", "rating")]
    [InlineData("""{"rating":6}""", "rating")]
    [InlineData("""{"rating":4.5}""", "rating")]
    [InlineData("""{"rating":"4"}""", "rating")]
    [InlineData("""{"rating":null}""", "rating")]
    [InlineData("""{"rating":4,"author_id":""}""", "author_id")]
    [InlineData("""{"rating":4,"metadata":[]}""", "metadata")]
    [InlineData("""{"rating":4,"stars":1}""", "stars")]
    public async Task What_is_not_feedback_is_refused_and_nothing_is_kept(string body, string field)
    {
        var tenant = await app.NewChatTenantAsync();
        var message = await MessageAsync(tenant);

        var problem = await GiveAsync(tenant, message, JsonNode.Parse(body)!, HttpStatusCode.UnprocessableEntity);

        Assert.NotNull(problem["errors"]![field]);
        Assert.Empty(await OfAsync(tenant, message));
    }

    [Theory]
    [InlineData("""{"rating":null}""", "rating")]
    [InlineData("""{"rating":0}""", "rating")]
    [InlineData("""{"author_id":"u2"}""", "author_id")]
    public async Task A_patch_to_what_is_not_feedback_changes_nothing(string patch, string field)
    {
        var tenant = await app.NewChatTenantAsync();
        var given = await GiveAsync(tenant, await MessageAsync(tenant), new { rating = 4 }, HttpStatusCode.Created);
        var path = $"/api/v1/feedback/{given.Text("id")}";

        var problem = await tenant.SendAsync(HttpMethod.Patch, path, JsonNode.Parse(patch), HttpStatusCode.UnprocessableEntity);

        Assert.NotNull(problem["errors"]![field]);
        Assert.True(JsonNode.DeepEquals(given, await tenant.GetAsync(path)));
    }

    [Theory]
    [InlineData(1, 1, 1, HttpStatusCode.Created)]
    [InlineData(5, 4_000, 255, HttpStatusCode.Created)]
    [InlineData(5, 4_001, 255, HttpStatusCode.UnprocessableEntity)]
    [InlineData(5, 4_000, 256, HttpStatusCode.UnprocessableEntity)]
    public async Task Limits_are_held_on_both_sides(int rating, int comment, int author, HttpStatusCode expected)
    {
        var tenant = await app.NewChatTenantAsync();
        var message = await MessageAsync(tenant);

        await GiveAsync(tenant, message, new { rating, comment = new string('c', comment), author_id = new string('a', author) }, expected);
    }

    private static string PathOf(JsonNode message) => $"/api/v1/messages/{message.Text("id")}/feedback";

    private static async Task<JsonNode> MessageAsync(ChatTenant tenant) =>
        (await tenant.SayAsync(new { session_id = await tenant.OpenAsync(), text = "An answer", role = "assistant" }))["message"]!;

    private static Task<JsonNode> GiveAsync(ChatTenant tenant, JsonNode message, object body, HttpStatusCode expected) =>
        tenant.PostAsync(PathOf(message), body, expected);

    private static async Task<IReadOnlyList<JsonNode>> OfAsync(ChatTenant tenant, JsonNode message) =>
        [.. (await tenant.GetAsync(PathOf(message)))["data"]!.AsArray().Select(node => node!)];

    private static async Task RequireBlankAsync(ChatTenant tenant, JsonNode message)
    {
        var told = (await tenant.EventDocumentsAsync(message.Text("session_id"))).Where(found => found.Type == "chat.feedback.created").ToList();
        Assert.NotEmpty(told);
        Assert.All(told, found => Assert.DoesNotContain("my secret", found.Data.Text, StringComparison.Ordinal));
        Assert.All(told, found => Assert.Contains("\"rating\":", found.Data.Text, StringComparison.Ordinal));
    }
}
