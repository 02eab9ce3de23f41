using System.Net.Http.Headers;
using System.Text;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Http;

/// <summary>What holds for every JSON body, shown on clients and user types.</summary>
public sealed class BodyTests(AppFixture app) : IClassFixture<AppFixture>
{
    private const string Clients = "/api/v1/clients";

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

    private static string UserTypes(Tenant tenant) => $"{Clients}/{tenant.ClientId}/user-types";

    private static string Nested(string typeId, int levels) =>
        $$$"""{"type_id":"{{{typeId}}}","name":"x","metadata":{"a":{{{new string('[', levels)}}}{{{new string(']', levels)}}}}}""";

    private static ByteArrayContent JsonText(string text, string contentType = "application/json") =>
        new(Encoding.UTF8.GetBytes(text)) { Headers = { ContentType = MediaTypeHeaderValue.Parse(contentType) } };
}
