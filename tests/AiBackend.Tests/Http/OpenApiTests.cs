using System.Text.Json;
using System.Text.RegularExpressions;
using AiBackend.Tests.Support;
using Microsoft.OpenApi;

namespace AiBackend.Tests.Http;

public sealed class OpenApiTests(AppFixture app) : IClassFixture<AppFixture>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_description_is_openapi_3_1_with_bearer_keys()
    {
        var description = await DescriptionAsync();

        Assert.StartsWith("3.1", description.Text("openapi"));
        Assert.Equal("bearer", description.GetProperty("components").GetProperty("securitySchemes").GetProperty("bearer").Text("scheme"));
    }

    [Fact]
    public async Task The_description_is_valid()
    {
        await using var text = await (await app.Admin.GetAsync("/openapi/v1.json", Ct)).Content.ReadAsStreamAsync(Ct);

        var read = await OpenApiDocument.LoadAsync(text, "json", settings: null, Ct);

        Assert.Empty(read.Diagnostic!.Errors.Select(error => $"{error.Pointer}: {error.Message}"));
        Assert.NotEmpty(read.Document!.Paths);
    }

    [Fact]
    public async Task Every_operation_describes_its_answers_its_refusals_and_its_key()
    {
        var failures = new List<string>();
        await foreach (var (name, method, operation) in OperationsAsync())
        {
            var answers = operation.GetProperty("responses").EnumerateObject().Select(answer => answer.Name).ToHashSet();
            if (!answers.Any(status => status.StartsWith('2')))
            {
                failures.Add($"{name}: no success");
            }

            if (!operation.TryGetProperty("summary", out _) || !operation.TryGetProperty("operationId", out _) || !operation.TryGetProperty("tags", out _))
            {
                failures.Add($"{name}: no summary, operationId or tags");
            }

            if (operation.TryGetProperty("security", out _) && !answers.IsSupersetOf(["401", "403", "429", "500", "503"]))
            {
                failures.Add($"{name}: refusals of keys are missing");
            }

            if (name.Contains('{', StringComparison.Ordinal) && !answers.Contains("404"))
            {
                failures.Add($"{name}: 404 is missing");
            }

            if (operation.TryGetProperty("requestBody", out _) && !answers.IsSupersetOf(["400", "413", "415", "422"]))
            {
                failures.Add($"{name}: refusals of bodies are missing");
            }

            if (name.Contains("/api/v1/", StringComparison.Ordinal)
                && !answers.IsSupersetOf(method == "post" ? ["410", "415", "422"] : ["422"]))
            {
                failures.Add($"{name}: refusals of what is not known, or is gone, are missing");
            }

            if (method == "post" && !Parameters(operation).Contains("Idempotency-Key"))
            {
                failures.Add($"{name}: Idempotency-Key is missing");
            }
        }

        Assert.Empty(failures);
    }

    [Fact]
    public async Task Every_value_of_a_path_is_described_and_operation_ids_are_unique()
    {
        var failures = new List<string>();
        var ids = new HashSet<string>();
        await foreach (var (name, _, operation) in OperationsAsync())
        {
            var parameters = Parameters(operation);
            failures.AddRange(name.Split('/').Where(part => part.StartsWith('{') && !parameters.Contains(part.Trim('{', '}'))).Select(part => $"{name}: {part}"));
            if (!ids.Add(operation.Text("operationId")))
            {
                failures.Add($"{name}: {operation.Text("operationId")} is there twice");
            }
        }

        Assert.Empty(failures);
    }

    [Fact]
    public async Task Every_reference_leads_somewhere_and_every_name_is_snake_case()
    {
        var text = await (await app.Admin.GetAsync("/openapi/v1.json", Ct)).Content.ReadAsStringAsync(Ct);
        var schemas = JsonDocument.Parse(text).RootElement.GetProperty("components").GetProperty("schemas").EnumerateObject().Select(schema => schema.Name).ToArray();

        var references = text.Split("\"#/components/schemas/").Skip(1).Select(rest => rest[..rest.IndexOf('"', StringComparison.Ordinal)]);

        Assert.Empty(references.Except(schemas));
        Assert.All(schemas, name => Assert.DoesNotContain(name, char.IsUpper));
    }

    [Fact]
    public async Task A_refusal_is_described_as_a_problem_with_its_codes()
    {
        await foreach (var (name, _, operation) in OperationsAsync())
        {
            var refusal = operation.GetProperty("responses").GetProperty("503");

            Assert.True(refusal.GetProperty("content").TryGetProperty("application/problem+json", out _), name);
            Assert.Contains("unavailable", refusal.Text("description"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_front_door_leads_to_the_page_that_shows_the_description()
    {
        using var nobody = app.NewHttp(key: null);

        var door = await nobody.GetAsync("/", Ct);
        var page = await nobody.GetAsync("/docs/", Ct);

        Assert.Equal((302, "/docs"), ((int)door.StatusCode, door.Header("Location")));
        Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
        Assert.Contains("openapi/v1.json", await page.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/openapi/v2.json")]
    [InlineData("/openapi/V2.json")]
    [InlineData("/openapi/nothing")]
    [InlineData("/docs/v1")]
    [InlineData("/docs/nope")]
    [InlineData("/docs/x.js")]
    public async Task What_is_not_there_beside_the_description_is_a_problem(string path) =>
        await (await app.Admin.GetAsync(path, Ct)).ExpectProblemAsync(404, "not_found");

    [Fact]
    public async Task The_page_of_the_description_gets_its_scripts()
    {
        var page = await app.Admin.GetStringAsync("/docs/", Ct);
        var scripts = Regex.Matches(page, "(?:src|from|import)\\s*[=(]?\\s*[\"']([^\"']+\\.js)[\"']").Select(match => match.Groups[1].Value).Distinct().ToArray();

        Assert.NotEmpty(scripts);
        foreach (var script in scripts)
        {
            var response = await app.Admin.GetAsync(new Uri(new Uri("http://localhost/docs/"), script).AbsolutePath, Ct);

            Assert.Equal(200, (int)response.StatusCode);
            Assert.Contains("javascript", response.Content.Headers.ContentType?.MediaType, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Every_answer_describes_the_headers_that_it_has()
    {
        var failures = new List<string>();
        await foreach (var (name, _, operation) in OperationsAsync())
        {
            foreach (var answer in operation.GetProperty("responses").EnumerateObject())
            {
                var headers = answer.Value.TryGetProperty("headers", out var described) ? described.EnumerateObject().Select(header => header.Name).ToHashSet() : [];
                string[] expected =
                [
                    "X-Request-Id",
                    .. operation.TryGetProperty("security", out _) && answer.Name != "401" ? ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"] : Array.Empty<string>(),
                    .. answer.Name is "429" or "503" ? ["Retry-After"] : Array.Empty<string>(),
                ];
                failures.AddRange(expected.Where(header => !headers.Contains(header)).Select(header => $"{name} {answer.Name}: {header}"));
            }
        }

        Assert.Empty(failures);
        Assert.True(Answer(await DescriptionAsync(), "/api/v1/sessions/{id}", "get", "200").GetProperty("headers").TryGetProperty("ETag", out _));
        Assert.False(Answer(await DescriptionAsync(), "/api/v1/sessions", "get", "200").GetProperty("headers").TryGetProperty("ETag", out _));
    }

    [Fact]
    public async Task Answers_that_depend_on_more_than_the_types_are_described()
    {
        var description = await DescriptionAsync();

        var posted = Answer(description, "/api/v1/messages", "post", "200").GetProperty("content");
        Assert.EndsWith("/posted_message", posted.GetProperty("application/json").GetProperty("schema").Text("$ref"));
        Assert.Equal("string", posted.GetProperty("text/event-stream").GetProperty("schema").Text("type"));
        Answer(description, "/api/v1/messages", "post", "404");
        Answer(description, "/api/v1/search", "post", "404");
        Answer(description, "/health", "get", "401");
        Answer(description, "/health", "get", "403");
        Assert.True(Answer(description, "/health/ready", "get", "503").GetProperty("content").TryGetProperty("application/json", out _));
        Assert.False(description.GetProperty("paths").GetProperty("/health/live").GetProperty("get").GetProperty("responses").TryGetProperty("401", out _));
        Assert.True(Answer(description, "/api/v1/jobs/{id}/stream", "get", "200").GetProperty("content").TryGetProperty("text/event-stream", out _));
    }

    [Fact]
    public async Task Enums_are_described_by_their_words()
    {
        var schemas = (await DescriptionAsync()).GetProperty("components").GetProperty("schemas");

        var words = schemas.GetProperty("run_status").GetProperty("enum").EnumerateArray().Select(word => word.GetString());
        Assert.Equal(["queued", "running", "completed", "failed", "cancelled"], words);
    }

    private static JsonElement Answer(JsonElement description, string path, string method, string status) =>
        description.GetProperty("paths").GetProperty(path).GetProperty(method).GetProperty("responses").GetProperty(status);

    private static HashSet<string> Parameters(JsonElement operation) =>
        operation.TryGetProperty("parameters", out var parameters)
            ? [.. parameters.EnumerateArray().Select(parameter => parameter.Text("name"))]
            : [];

    private async IAsyncEnumerable<(string Name, string Method, JsonElement Operation)> OperationsAsync()
    {
        foreach (var path in (await DescriptionAsync()).GetProperty("paths").EnumerateObject().Where(path => path.Name.StartsWith("/api/v1", StringComparison.Ordinal)))
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                yield return ($"{operation.Name} {path.Name}", operation.Name, operation.Value);
            }
        }
    }

    private Task<JsonElement> DescriptionAsync() => app.Admin.GetJsonAsync("/openapi/v1.json");
}
