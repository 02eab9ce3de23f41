using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Http;

/// <summary>What holds for every JSON body, shown on clients and user types.</summary>
public sealed class BodyTests(AppFixture app) : IClassFixture<AppFixture>
{
    private const string Clients = "/api/v1/clients";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_field_that_is_wrong_is_named_at_once()
    {
        var response = await app.Admin.PostJsonAsync(
            Clients,
            new
            {
                nmae = "typo",
                email = 5,
                is_active = (bool?)null,
                settings = new
                {
                    chat = new { min_confidence = "high", collections = new object[] { 1, "x" }, orchestrator = "robot" },
                    taxonomy = new { categories = new object[] { new { name = "a" }, new { examples = "none" } } },
                },
            });

        Assert.Equal(
            [
                "nmae", "email", "is_active", "settings.chat.min_confidence", "settings.chat.collections[0]", "settings.chat.orchestrator",
                "settings.taxonomy.categories[1].examples", "settings.taxonomy.categories[1].name", "name",
            ],
            await response.InvalidFieldsAsync());
    }

    [Fact]
    public async Task Rules_of_nested_fields_are_checked_with_their_paths()
    {
        var response = await app.Admin.PostJsonAsync(
            Clients,
            new
            {
                name = " ",
                slug = "Not A Slug",
                settings = new
                {
                    threads = new { inactivity_minutes = 0 },
                    chat = new { orchestrator_url = "ftp://x" },
                    taxonomy = new { intents = new[] { new { name = "ok" }, new { name = new string('x', 101) } } },
                },
            });

        Assert.Equal(
            ["name", "settings.threads.inactivity_minutes", "settings.chat.orchestrator_url", "settings.taxonomy.intents[1].name", "slug"],
            await response.InvalidFieldsAsync());
    }

    [Fact]
    public async Task A_refusal_says_where_and_in_which_trace()
    {
        var response = await app.Admin.SendAsync(
            HttpMethod.Post, Clients, JsonText("{}"), ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));

        var problem = await response.ExpectProblemAsync(422, "validation_failed");
        Assert.Equal(("about:blank", "Unprocessable Entity", Clients), (problem.Text("type"), problem.Text("title"), problem.Text("instance")));
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", problem.Text("trace_id"));
        Assert.Equal("name: This field is required.", problem.Text("detail"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{'name':'x'}")]
    [InlineData("{\"name\":\"x\",}")]
    [InlineData("{\"name\":\"x\"} {}")]
    [InlineData("{\"name\":\"x\"}]")]
    [InlineData("// comment\n{\"name\":\"x\"}")]
    [InlineData("{\"name\":NaN}")]
    [InlineData("{\"name\":\"a\tb\"}")]
    [InlineData("{\"name\":\"\\u12\"}")]
    public async Task What_is_not_json_is_malformed(string body)
    {
        var response = await app.Admin.SendTextAsync(HttpMethod.Post, Clients, body);

        await response.ExpectProblemAsync(400, "malformed_json");
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"name\"")]
    [InlineData("5")]
    public async Task Json_that_is_no_object_is_invalid(string body)
    {
        var response = await app.Admin.SendTextAsync(HttpMethod.Post, Clients, body);

        Assert.Equal(["body"], await response.InvalidFieldsAsync());
    }

    [Fact]
    public async Task Bytes_that_are_not_utf8_are_malformed()
    {
        byte[] body = [.. "{\"name\":\""u8, 0xC3, 0x28, .. "\"}"u8];

        var response = await app.Admin.SendAsync(
            HttpMethod.Post, Clients, new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } });

        await response.ExpectProblemAsync(400, "malformed_json");
    }

    [Theory]
    [InlineData("""{"name":"a\u0000b"}""")]
    [InlineData("""{"name":"a","\u0000":1}""")]
    [InlineData("""{"name":"a\ud800b"}""")]
    [InlineData("""{"name":"a\udc00"}""")]
    public async Task Text_that_no_database_keeps_is_invalid(string body)
    {
        var response = await app.Admin.SendTextAsync(HttpMethod.Post, Clients, body);

        Assert.Equal(["body"], await response.InvalidFieldsAsync());
    }

    [Theory]
    [InlineData("""{"type_id":"a","type_id":"b","name":"x"}""", "type_id")]
    [InlineData("""{"type_id":"a","name":"x","metadata":{"k":1,"k":2}}""", "metadata.k")]
    [InlineData("""{"type_id":"a","name":"x","metadata":{"l":[0,{"k":1,"\u006b":2}]}}""", "metadata.l[1].k")]
    public async Task A_field_that_comes_twice_is_invalid(string body, string field)
    {
        var tenant = await app.NewTenantAsync();

        var response = await tenant.Http.SendTextAsync(HttpMethod.Post, UserTypes(tenant), body);

        Assert.Equal([field], await response.InvalidFieldsAsync());
    }

    [Fact]
    public async Task Nesting_is_taken_to_64_levels_and_not_one_more()
    {
        var tenant = await app.NewTenantAsync();

        // The body and its metadata are two of the levels.
        var deepest = await tenant.Http.SendTextAsync(HttpMethod.Post, UserTypes(tenant), Nested("a", levels: 62));
        var tooDeep = await tenant.Http.SendTextAsync(HttpMethod.Post, UserTypes(tenant), Nested("b", levels: 63));
        var bomb = await tenant.Http.SendTextAsync(HttpMethod.Post, UserTypes(tenant), Nested("c", levels: 100_000));

        await deepest.ExpectAsync(201);
        Assert.Equal(["body"], await tooDeep.InvalidFieldsAsync());
        Assert.Equal(["body"], await bomb.InvalidFieldsAsync());
    }

    [Fact]
    public async Task Free_json_comes_back_as_it_was_sent()
    {
        var tenant = await app.NewTenantAsync();
        const string Metadata = """{ "b":1.50, "a":[ 1e3,"é\u00e9 \"'<>&+", null,{} ],"$where":{"x.y":true},"big":12345678901234567890 }""";

        var response = await tenant.Http.SendTextAsync(
            HttpMethod.Post, UserTypes(tenant), $$"""{"type_id":"a","name":"x","metadata":{{Metadata}}}""");

        Assert.Contains($"\"metadata\":{Metadata}", await response.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("null")]
    public async Task Metadata_is_an_object(string metadata)
    {
        var tenant = await app.NewTenantAsync();

        var response = await tenant.Http.SendTextAsync(
            HttpMethod.Post, UserTypes(tenant), $$"""{"type_id":"a","name":"x","metadata":{{metadata}}}""");

        Assert.Equal(["metadata"], await response.InvalidFieldsAsync());
    }

    [Fact]
    public async Task Metadata_is_kept_up_to_16_kib_of_utf8_and_refused_beyond()
    {
        var tenant = await app.NewTenantAsync();
        string Body(int size) => $$$"""{"type_id":"t{{{size}}}","name":"x","metadata":{"é":"{{{new string('x', size - 9)}}}"}}""";

        var fits = await tenant.Http.SendTextAsync(HttpMethod.Post, UserTypes(tenant), Body(16 * 1024));
        var tooLong = await tenant.Http.SendTextAsync(HttpMethod.Post, UserTypes(tenant), Body((16 * 1024) + 1));

        await fits.ExpectAsync(201);
        Assert.Equal(["metadata"], await tooLong.InvalidFieldsAsync());
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/json; charset=iso-8859-1")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/xml")]
    public async Task A_body_that_is_not_called_json_in_utf8_is_not_read(string contentType)
    {
        var response = await app.Admin.SendAsync(HttpMethod.Post, Clients, JsonText("{\"name\":\"x\"}", contentType));

        await response.ExpectProblemAsync(415, "unsupported_media_type");
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json; charset=UTF-8")]
    [InlineData("APPLICATION/JSON; charset=\"utf-8\"")]
    [InlineData("application/vnd.acme+json")]
    public async Task A_body_that_is_called_json_in_utf8_is_read(string contentType)
    {
        var response = await app.Admin.SendAsync(HttpMethod.Post, Clients, JsonText("{\"name\":\"x\"}", contentType));

        await response.ExpectAsync(201);
    }

    [Fact]
    public async Task A_compressed_body_is_not_read()
    {
        var content = JsonText("{\"name\":\"x\"}");
        content.Headers.ContentEncoding.Add("gzip");

        var response = await app.Admin.SendAsync(HttpMethod.Post, Clients, content);

        await response.ExpectProblemAsync(415, "unsupported_media_type");
    }

    [Fact]
    public async Task A_body_may_be_left_out_where_every_field_has_a_default()
    {
        var tenant = await app.NewTenantAsync();
        var (keyId, _) = await app.NewKeyAsync(tenant.ClientId, "chat:read");

        var response = await app.Admin.PostJsonAsync($"{Clients}/{tenant.ClientId}/keys/{keyId}/rotate");

        await response.ExpectAsync(200);
    }

    [Fact]
    public async Task A_patch_sets_what_it_names_clears_what_is_null_and_leaves_the_rest()
    {
        var client = await (await app.Admin.PostJsonAsync(
            Clients,
            new { name = "Before", email = "a@b.example", settings = new { chat = new { model = "m", min_confidence = 0.5, collections = Array.Empty<string>() } } }))
            .ExpectAsync(201);

        var response = await app.Admin.SendTextAsync(
            HttpMethod.Patch,
            $"{Clients}/{client.Text("id")}",
            """{"name":"After","email":null,"settings":{"chat":{"model":null,"min_confidence":null,"history_messages":3}}}""",
            "application/merge-patch+json");

        var patched = await response.ExpectAsync(200);
        var chat = patched.GetProperty("settings").GetProperty("chat");
        Assert.Equal(("After", JsonValueKind.Null), (patched.Text("name"), patched.GetProperty("email").ValueKind));
        Assert.Equal(JsonValueKind.Null, chat.GetProperty("model").ValueKind);
        Assert.Equal((0.25, 3), (chat.GetProperty("min_confidence").GetDouble(), chat.GetProperty("history_messages").GetInt32()));
        Assert.Equal(0, chat.GetProperty("collections").GetArrayLength());
        Assert.Equal(client.Text("slug"), patched.Text("slug"));
    }

    [Theory]
    [InlineData("""{"name":null}""", "name")]
    [InlineData("""{"nmae":"x"}""", "nmae")]
    [InlineData("""{"settings":{"chat":{"nonsense":1}}}""", "settings.chat.nonsense")]
    [InlineData("""{"settings":{"chat":{"min_confidence":2}}}""", "settings.chat.min_confidence")]
    [InlineData("""{"settings":7}""", "settings")]
    [InlineData("""[]""", "body")]
    [InlineData("""null""", "body")]
    public async Task A_patch_that_leads_to_something_invalid_changes_nothing(string patch, string field)
    {
        var client = await (await app.Admin.PostJsonAsync(Clients, new { name = "Stays" })).ExpectAsync(201);

        var response = await app.Admin.SendTextAsync(HttpMethod.Patch, $"{Clients}/{client.Text("id")}", patch);

        Assert.Equal([field], await response.InvalidFieldsAsync());
        Assert.Equal(1, (await app.Admin.GetJsonAsync($"{Clients}/{client.Text("id")}")).GetProperty("version").GetInt64());
    }

    [Fact]
    public async Task A_patch_of_metadata_is_merged_too()
    {
        var tenant = await app.NewTenantAsync();
        var type = await (await tenant.Http.PostJsonAsync(
            UserTypes(tenant), new { type_id = "a", name = "x", metadata = new { keep = 1, change = new { a = 1, b = 2 }, drop = true } })).ExpectAsync(201);

        var response = await tenant.Http.SendTextAsync(
            HttpMethod.Patch, $"{UserTypes(tenant)}/{type.Text("id")}", """{"metadata":{"change":{"b":null,"c":[1,2]},"drop":null}}""");

        Assert.Equal("""{"keep":1,"change":{"a":1,"c":[1,2]}}""", (await response.ExpectAsync(200)).GetProperty("metadata").GetRawText());
    }

    private static string UserTypes(Tenant tenant) => $"{Clients}/{tenant.ClientId}/user-types";

    private static string Nested(string typeId, int levels) =>
        $$$"""{"type_id":"{{{typeId}}}","name":"x","metadata":{"a":{{{new string('[', levels)}}}{{{new string(']', levels)}}}}}""";

    private static ByteArrayContent JsonText(string text, string contentType = "application/json") =>
        new(Encoding.UTF8.GetBytes(text)) { Headers = { ContentType = MediaTypeHeaderValue.Parse(contentType) } };
}
