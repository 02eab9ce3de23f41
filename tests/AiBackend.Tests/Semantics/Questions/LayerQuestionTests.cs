using System.Text.Json;
using System.Text.Json.Nodes;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Semantics.Questions;

/// <summary>Search and questions over HTTP, chat and MCP, on a server that speaks as Cube does.</summary>
public sealed class LayerQuestionTests(AppFixture app, ScriptedCube cube) : IClassFixture<AppFixture>, IClassFixture<ScriptedCube>, IDisposable
{
    public void Dispose() => cube.Answer = null;

    [Fact]
    public async Task A_question_is_answered_with_its_query_in_words_rows_and_chart()
    {
        var (tenant, layer) = await NewLayerAsync();
        cube.Answer = _ => JsonNode.Parse("""[{"customers.country":"Germany","orders.revenue":"1200.50"},{"customers.country":"France","orders.revenue":"80"}]""");

        var answer = await AskAsync(tenant, layer, new { question = "revenue by country in 2024" });

        Assert.Equal("parser", answer.Text("source"));
        Assert.Equal(
            """{"measures":["orders.revenue"],"dimensions":["customers.country"],"timeDimensions":[{"dimension":"orders.ordered_at","dateRange":["2024-01-01","2024-12-31"]}],"limit":1000}""",
            answer.GetProperty("query").GetRawText());
        Assert.Equal("Orders Revenue by Customers Country, Orders Ordered At 2024-01-01 to 2024-12-31.", answer.Text("explanation"));
        Assert.Equal("""[{"customers.country":"Germany","orders.revenue":1200.50},{"customers.country":"France","orders.revenue":80}]""", answer.GetProperty("rows").GetRawText());
        Assert.Equal(["string", "number"], answer.GetProperty("columns").EnumerateArray().Select(column => column.Text("type")));
        Assert.Equal("bar", answer.GetProperty("chart").GetProperty("mark").Text("type"));
        Assert.InRange(answer.GetProperty("confidence").GetDouble(), 0.6, 1);
        Assert.Equal(JsonValueKind.Null, answer.GetProperty("sql").ValueKind);
    }

    [Fact]
    public async Task A_value_is_found_by_its_name()
    {
        var (tenant, layer) = await NewLayerAsync();

        var answer = await AskAsync(tenant, layer, new { question = "How many orders from Germany?" });

        Assert.Equal("""[{"member":"customers.country","operator":"equals","values":["Germany"]}]""", answer.GetProperty("query").GetProperty("filters").GetRawText());
        Assert.Equal("""[{"orders.count":7}]""", answer.GetProperty("rows").GetRawText());
    }

    [Theory]
    [InlineData("top 2 countries by revenue", true)]
    [InlineData("revenue by country", false)]
    public async Task Among_the_first_are_none_without_a_name(string question, bool areLeftOut)
    {
        var (tenant, layer) = await NewLayerAsync();
        cube.Answer = query => query["filters"] is JsonArray { Count: > 0 }
            ? JsonNode.Parse("""[{"customers.country":"Germany","orders.revenue":"5"},{"customers.country":"France","orders.revenue":"3"}]""")
            : JsonNode.Parse("""[{"customers.country":null,"orders.revenue":"9"},{"customers.country":"Germany","orders.revenue":"5"}]""");

        var answer = await AskAsync(tenant, layer, new { question });

        Assert.Equal(areLeftOut ? "Germany" : null, answer.GetProperty("rows")[0].GetProperty("customers.country").GetString());
        Assert.Equal(
            areLeftOut ? """[{"member":"customers.country","operator":"set"}]""" : null,
            answer.GetProperty("query").TryGetProperty("filters", out var filters) ? filters.GetRawText() : null);
    }

    [Fact]
    public async Task Compared_times_are_asked_one_after_the_other()
    {
        var (tenant, layer) = await NewLayerAsync();
        cube.Answer = query => new JsonArray(new JsonObject { ["orders.revenue"] = query["timeDimensions"]![0]!["dateRange"]![0]!.ToString() == "2024-01-01" ? "10" : "4" });

        var answer = await AskAsync(tenant, layer, new { question = "revenue 2024 vs 2023" });

        Assert.Equal(
            """[{"compareDateRange":"2024-01-01 to 2024-12-31","orders.revenue":10},{"compareDateRange":"2023-01-01 to 2023-12-31","orders.revenue":4}]""",
            answer.GetProperty("rows").GetRawText());
    }

    [Fact]
    public async Task What_is_not_understood_is_refused_with_what_could_be_asked()
    {
        var (tenant, layer) = await NewLayerAsync();

        var refused = await (await QueryAsync(tenant, layer, new { question = "profit margin by moon phase" })).ExpectProblemAsync(422, "question_not_understood");

        Assert.Contains("moon", refused.Text("detail"), StringComparison.Ordinal);
        var suggestion = refused.GetProperty("suggestions").EnumerateArray().First().GetString();
        Assert.Equal("parser", (await AskAsync(tenant, layer, new { question = suggestion })).Text("source"));
    }

    [Fact]
    public async Task A_query_is_checked_before_it_is_sent_and_limited()
    {
        var (tenant, layer) = await NewLayerAsync();
        var before = cube.Queries.Count;

        var unknown = await (await QueryAsync(tenant, layer, new { query = new { measures = new[] { "orders.profit" } } })).ExpectProblemAsync(422, "unknown_member");
        var tooMany = await (await QueryAsync(tenant, layer, new { query = new { measures = new[] { "orders.count" }, limit = 10_001 } })).InvalidFieldsAsync();
        var all = await AskAsync(tenant, layer, new { query = new { measures = new[] { "orders.count" }, limit = 10_000 } });

        Assert.Contains("orders.profit", unknown.Text("detail"), StringComparison.Ordinal);
        Assert.Equal(["query.limit"], tooMany);
        Assert.Equal(("query", 1.0), (all.Text("source"), all.GetProperty("confidence").GetDouble()));
        Assert.Equal(1, cube.Queries.Count - before);
    }

    [Fact]
    public async Task Exactly_one_of_query_and_question_is_expected()
    {
        var (tenant, layer) = await NewLayerAsync();

        Assert.Equal(["question"], await (await QueryAsync(tenant, layer, new { })).InvalidFieldsAsync());
        Assert.Equal(["question"], await (await QueryAsync(tenant, layer, new { question = "orders", query = new { measures = new[] { "orders.count" } } })).InvalidFieldsAsync());
        Assert.Equal(["question"], await (await QueryAsync(tenant, layer, new { question = new string('x', 1_001) })).InvalidFieldsAsync());
        Assert.Equal(["timezone"], await (await QueryAsync(tenant, layer, new { question = "orders", timezone = "Mars/Base" })).InvalidFieldsAsync());
    }

    [Fact]
    public async Task A_plan_is_not_run()
    {
        var (tenant, layer) = await NewLayerAsync();
        var before = cube.Queries.Count;

        var plan = await AskAsync(tenant, layer, new { question = "revenue by country", plan_only = true });

        Assert.Equal(("SELECT 1", 0), (plan.Text("sql"), plan.GetProperty("rows").GetArrayLength()));
        Assert.Equal(before, cube.Queries.Count);
    }

    [Fact]
    public async Task What_the_server_says_is_passed_on_in_words()
    {
        var (tenant, layer) = await NewLayerAsync();
        cube.Answer = _ => new JsonObject { ["error"] = "Error: column \"x\" is missing" };

        var refused = await (await QueryAsync(tenant, layer, new { question = "revenue by country" })).ExpectProblemAsync(422, "query_failed");

        Assert.Equal("column \"x\" is missing", refused.Text("detail"));
    }

    [Fact]
    public async Task A_layer_without_a_server_says_so()
    {
        var (tenant, layer) = await NewLayerAsync(hasServer: false);

        await (await QueryAsync(tenant, layer, new { question = "orders" })).ExpectProblemAsync(409, "no_semantic_server");
        await (await SearchAsync(tenant, layer, new { query = "orders" })).ExpectProblemAsync(409, "no_semantic_server");
    }

    [Fact]
    public async Task A_search_finds_members_and_values()
    {
        var (tenant, layer) = await NewLayerAsync();

        var revenue = await (await SearchAsync(tenant, layer, new { query = "revenue" })).ExpectAsync(200);
        var germany = await (await SearchAsync(tenant, layer, new { query = "Germany", limit = 1 })).ExpectAsync(200);

        Assert.Equal("orders.revenue", revenue.Data()[0].Text("name"));
        Assert.Equal(("value", "Germany"), (germany.Data().Single().Text("kind"), germany.Data().Single().Text("value")));
        Assert.Equal(["limit"], await (await SearchAsync(tenant, layer, new { query = "x", limit = 101 })).InvalidFieldsAsync());
        Assert.Equal(["limit"], await (await SearchAsync(tenant, layer, new { query = "x", limit = 0 })).InvalidFieldsAsync());
    }

    [Fact]
    public async Task Another_tenants_layer_is_not_there()
    {
        var (_, layer) = await NewLayerAsync();
        var stranger = await app.NewTenantAsync();

        await (await QueryAsync(stranger, layer, new { question = "orders" })).ExpectProblemAsync(404, "not_found");
        await (await SearchAsync(stranger, layer, new { query = "orders" })).ExpectProblemAsync(404, "not_found");
    }

    [Fact]
    public async Task Reading_is_enough_and_needed()
    {
        var (tenant, layer) = await NewLayerAsync();
        using var reader = app.NewHttp((await app.NewKeyAsync(tenant.ClientId, "semantic:read")).Key);
        using var writer = app.NewHttp((await app.NewKeyAsync(tenant.ClientId, "semantic:write")).Key);

        await (await reader.PostJsonAsync($"/api/v1/semantic/layers/{layer}/query", new { question = "how many orders" })).ExpectAsync(200);
        await (await writer.PostJsonAsync($"/api/v1/semantic/layers/{layer}/query", new { question = "how many orders" })).ExpectProblemAsync(403, "insufficient_scope");
    }

    [Fact]
    public async Task In_chat_a_question_about_numbers_is_answered_with_its_query()
    {
        var (tenant, layer) = await NewLayerAsync();
        cube.Answer = _ => JsonNode.Parse("""[{"orders.count":"1234"}]""");

        var answer = await (await tenant.Http.PostJsonAsync(
            "/api/v1/messages", new { external_session_id = "s1", text = "How many orders did we get in 2024?" }, ("Prefer", "wait=30"))).ExpectAsync(201);

        var reply = answer.GetProperty("reply");
        Assert.Equal("Number of Orders, Orders Ordered At 2024-01-01 to 2024-12-31: 1,234 [1]", reply.Text("text"));
        var citation = Assert.Single(reply.GetProperty("citations").EnumerateArray());
        Assert.Contains("\"orders.count\"", citation.Text("quote"), StringComparison.Ordinal);
        Assert.Equal(layer, reply.GetProperty("data").Text("layer_id"));
        Assert.InRange(reply.GetProperty("confidence").GetDouble(), 0.7, 1);
    }

    [Fact]
    public async Task In_chat_all_else_goes_to_the_documents()
    {
        var (tenant, _) = await NewLayerAsync();
        var before = cube.Queries.Count;

        var answer = await (await tenant.Http.PostJsonAsync(
            "/api/v1/messages", new { external_session_id = "s1", text = "How do I return a lamp that is broken?" }, ("Prefer", "wait=30"))).ExpectAsync(201);

        Assert.Equal("handed_over", answer.GetProperty("run").Text("outcome"));
        Assert.Equal(before, cube.Queries.Count);
    }

    [Theory]
    [InlineData(false, "handed_over")]
    [InlineData(true, "replied")]
    public async Task Chat_answers_with_numbers_only_where_the_client_lets_it(bool isLet, string outcome)
    {
        var (tenant, _) = await NewLayerAsync();
        cube.Answer = _ => JsonNode.Parse("""[{"orders.count":"1234"}]""");
        var before = cube.Queries.Count;
        await (await app.Admin.PatchJsonAsync($"/api/v1/clients/{tenant.ClientId}", new { settings = new { chat = new { data_questions = isLet } } })).ExpectAsync(200);

        var answer = await (await tenant.Http.PostJsonAsync(
            "/api/v1/messages", new { external_session_id = "s1", text = "How many orders did we get in 2024?" }, ("Prefer", "wait=30"))).ExpectAsync(201);

        Assert.Equal(outcome, answer.GetProperty("run").Text("outcome"));
        Assert.Equal(isLet, cube.Queries.Count > before);
    }

    private async Task<(Tenant Tenant, string Layer)> NewLayerAsync(bool hasServer = true)
    {
        var tenant = await app.NewTenantAsync();
        var repository = await (await app.Admin.PostJsonAsync("/api/v1/semantic/repositories", new { url = "https://example.org/models.git", client_id = tenant.ClientId })).ExpectAsync(201);
        var server = hasServer
            ? (await (await app.Admin.PostJsonAsync(
                "/api/v1/semantic/servers", new { name = tenant.ClientId, url = cube.Url, api_secret = "s3cret" })).ExpectAsync(201)).Text("id")
            : null;
        var layer = await (await tenant.Http.PostJsonAsync(
            "/api/v1/semantic/layers", new { name = "Shop", repository_id = repository.Text("id"), server_id = server })).ExpectAsync(201);
        return (tenant, layer.Text("id"));
    }

    private static Task<HttpResponseMessage> QueryAsync(Tenant tenant, string layer, object body) => tenant.Http.PostJsonAsync($"/api/v1/semantic/layers/{layer}/query", body);

    private static Task<HttpResponseMessage> SearchAsync(Tenant tenant, string layer, object body) => tenant.Http.PostJsonAsync($"/api/v1/semantic/layers/{layer}/search", body);

    private static async Task<JsonElement> AskAsync(Tenant tenant, string layer, object body) => await (await QueryAsync(tenant, layer, body)).ExpectAsync(200);
}
