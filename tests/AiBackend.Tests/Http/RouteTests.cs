using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Tests.Support;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AiBackend.Tests.Http;

/// <summary>Walks over every route that the service has, whoever adds it, and holds it to the ground rules.</summary>
public sealed class RouteTests(AppFixture app) : IClassFixture<AppFixture>
{
    /// <summary>Bodies that a route takes where the plain sample of <see cref="SampleOf(JsonTypeInfo)"/> breaks a rule of it.</summary>
    private static readonly Dictionary<string, object> Samples = new()
    {
        ["POST /api/v1/clients/{client}/keys"] = new { name = "x", scopes = new[] { "chat:read" } },
        ["POST /api/v1/database-servers"] = new { kind = "postgres", config = new { host = "db", username = "x" } },
        ["POST /api/v1/clients/{client}/data-stores"] = new
        {
            kind = "postgres",
            name = "x",
            config = new { host = "8.8.8.8", database = "x", username = "x" },
        },
        ["POST /api/v1/semantic/repositories/"] = new { url = "https://example.org/models.git" },
        ["POST /api/v1/semantic/servers/"] = new { name = "x", url = "https://example.org", api_secret = "x" },
    };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public void Every_route_declares_its_access_a_name_a_summary_and_a_tag()
    {
        var missing = from route in Routes()
                      let metadata = route.Endpoint.Metadata
                      where metadata.GetMetadata<Access>() is null
                          || ReferenceEquals(metadata.GetMetadata<Access>(), Access.Undeclared)
                          || metadata.GetMetadata<IEndpointNameMetadata>() is null
                          || metadata.GetMetadata<IEndpointSummaryMetadata>() is null
                          || metadata.GetMetadata<ITagsMetadata>() is null
                      select route.Name;

        Assert.Empty(missing);
    }

    [Fact]
    public async Task No_route_answers_without_a_key()
    {
        using var nobody = app.NewHttp(key: null);

        await HoldAsync(
            Routes().Where(route => route.Access.Kind != AccessKind.Keyless),
            route => SendAsync(nobody, route, "cli_00000000000000000000000000"),
            401,
            "unauthorized");
    }

    [Fact]
    public async Task No_route_answers_a_key_without_its_scope()
    {
        foreach (var scope in Scopes.All)
        {
            var tenant = await app.NewTenantAsync([.. Scopes.All.Where(other => other != scope)]);

            await HoldAsync(
                Routes().Where(route => route.Access.Scope == scope), route => SendAsync(tenant.Http, route, tenant.ClientId), 403, "insufficient_scope");
        }
    }

    [Fact]
    public async Task No_route_of_the_admin_answers_a_clients_key()
    {
        var tenant = await app.NewTenantAsync();

        await HoldAsync(
            Routes().Where(route => route.Access.Kind == AccessKind.Admin),
            route => SendAsync(tenant.Http, route, tenant.ClientId),
            403,
            "insufficient_scope");
    }

    [Fact]
    public async Task An_unknown_id_is_not_found_on_every_route()
    {
        var tenant = await app.NewTenantAsync();

        await HoldAsync(
            Routes().Where(route => route.HasId && route.Access.Kind == AccessKind.Key), route => SendAsync(tenant.Http, route, tenant.ClientId), 404, "not_found");
    }

    [Fact]
    public async Task Another_client_is_not_found_on_every_route_below_it()
    {
        var (tenant, other) = (await app.NewTenantAsync(), await app.NewTenantAsync());

        await HoldAsync(
            Routes().Where(route => route.HasClient && route.Access.Kind == AccessKind.Key), route => SendAsync(tenant.Http, route, other.ClientId), 404, "not_found");
    }

    [Fact]
    public async Task An_admin_must_name_a_client_on_every_tenant_route()
    {
        await HoldAsync(
            Routes().Where(route => route.Endpoint.Metadata.GetMetadata<TenantRoute>() is not null),
            route => SendAsync(app.Admin, route, "cli_00000000000000000000000000"),
            400,
            "client_required");
    }

    [Fact]
    public async Task Malformed_json_is_refused_on_every_route_with_a_body()
    {
        await HoldBodyAsync("{\"name\":", "application/json", 400, "malformed_json");
    }

    [Fact]
    public async Task An_unknown_field_is_refused_on_every_route_with_a_body()
    {
        await HoldBodyAsync("{\"no_such_field\":1}", "application/json", 422, "validation_failed", isPatchAlso: false);
    }

    [Fact]
    public async Task Another_media_type_is_refused_on_every_route_with_a_body()
    {
        await HoldBodyAsync("name=x", "application/x-www-form-urlencoded", 415, "unsupported_media_type");
    }

    [Fact]
    public async Task Limits_of_a_page_are_held_on_every_list()
    {
        var tenant = await app.NewTenantAsync();
        foreach (var limit in new[] { "0", "201", "-1", "x", "1.5" })
        {
            await HoldAsync(Lists(), route => SendAsync(HttpFor(route, tenant), route, tenant.ClientId, $"?limit={limit}"), 422, "validation_failed");
        }

        await HoldAsync(Lists(), route => SendAsync(HttpFor(route, tenant), route, tenant.ClientId, "?order=sideways"), 422, "validation_failed");
        await HoldAsync(
            Lists().Where(route => !route.HasId), route => SendAsync(HttpFor(route, tenant), route, tenant.ClientId, "?cursor=nonsense"), 400, "invalid_cursor");
    }

    [Fact]
    public async Task A_parameter_that_is_not_known_is_refused_on_every_route()
    {
        var tenant = await app.NewTenantAsync();
        foreach (var query in new[] { "?no_such_parameter=1", "?Limit=1", "?=1", "?ct=1" })
        {
            await HoldAsync(Routes(), route => SendAsync(HttpFor(route, tenant), route, tenant.ClientId, query), 422, "validation_failed");
        }
    }

    [Fact]
    public async Task A_parameter_that_is_described_is_known()
    {
        var tenant = await app.NewTenantAsync();
        var description = await app.Admin.GetJsonAsync("/openapi/v1.json");
        var failures = new List<string>();
        foreach (var route in Routes())
        {
            var operation = description.GetProperty("paths").GetProperty(route.Pattern.TrimEnd('/')).GetProperty(route.Method.ToLowerInvariant());
            var queries = operation.TryGetProperty("parameters", out var parameters)
                ? parameters.EnumerateArray().Where(parameter => parameter.Text("in") == "query").Select(parameter => parameter.Text("name")).ToArray()
                : [];
            foreach (var query in queries)
            {
                using var response = await SendAsync(HttpFor(route, tenant), route, tenant.ClientId, $"?{query}=1");
                var text = await response.Content.ReadAsStringAsync(Ct);
                if (text.Contains("no such parameter", StringComparison.Ordinal))
                {
                    failures.Add($"{route.Name}: {query}");
                }
            }
        }

        Assert.Empty(failures);
    }

    [Fact]
    public void Every_set_of_tenant_documents_can_be_searched_by_client_alone()
    {
        var missing = from set in app.Services.GetRequiredService<DocumentCatalog>().Sets
                      where typeof(TenantDocument).IsAssignableFrom(set.DocumentType)
                      where !set.Indexes.Any(index =>
                          !index.IsUnique && !index.IsArray && index.WhereExists is null && index.Fields[0] == FieldPath.ClientId)
                      select set.Name;

        Assert.Empty(missing);
    }

    private IEnumerable<ServedRoute> Lists() =>
        Routes().Where(route => route.Endpoint.Metadata.GetOrderedMetadata<QueryParameterMetadata>().Any(query => query.Name == "cursor"));

    private HttpClient HttpFor(ServedRoute route, Tenant tenant) => route.Access.Kind == AccessKind.Admin ? app.Admin : tenant.Http;

    private async Task HoldBodyAsync(string body, string mediaType, int status, string code, bool isPatchAlso = true)
    {
        var tenant = await app.NewTenantAsync();
        await HoldAsync(
            Routes().Where(route => route.Body is { } expected && (isPatchAlso || !expected.IsPatch)),
            route => HttpFor(route, tenant).SendTextAsync(new HttpMethod(route.Method), route.PathWith(tenant.ClientId), body, mediaType),
            status,
            code);
    }

    // Sends a request that is right in all but what the test is about.
    private static Task<HttpResponseMessage> SendAsync(HttpClient http, ServedRoute route, string clientId, string query = "")
    {
        var content = route.Body is { } body
            ? new StringContent(SampleOf(route, body), Encoding.UTF8, "application/json")
            : null;
        return http.SendAsync(new HttpMethod(route.Method), route.PathWith(clientId) + query, content);
    }

    private static async Task HoldAsync(IEnumerable<ServedRoute> routes, Func<ServedRoute, Task<HttpResponseMessage>> send, int status, string code)
    {
        var failures = new List<string>();
        var count = 0;
        foreach (var route in routes)
        {
            count++;
            using var response = await send(route);
            var text = await response.Content.ReadAsStringAsync(Ct);
            if ((int)response.StatusCode != status
                || response.Content.Headers.ContentType?.MediaType != "application/problem+json"
                || JsonDocument.Parse(text).RootElement.Text("code") != code)
            {
                failures.Add($"{route.Name}: {(int)response.StatusCode} {text}");
            }
            else if (response.StatusCode == HttpStatusCode.Unauthorized && response.Header("WWW-Authenticate") != "Bearer")
            {
                failures.Add($"{route.Name}: no WWW-Authenticate");
            }
        }

        Assert.Empty(failures);
        Assert.True(count > 0 || code == "insufficient_scope", "No route was tried.");
    }

    private static string SampleOf(ServedRoute route, JsonBodyMetadata body)
    {
        if (Samples.TryGetValue(route.Name, out var sample))
        {
            return JsonSerializer.Serialize(sample);
        }

        return body.IsPatch ? "{}" : SampleOf(WireJson.Options.GetTypeInfo(body.Type));
    }

    private static string SampleOf(JsonTypeInfo type)
    {
        if (type.Kind == JsonTypeInfoKind.Object)
        {
            var fields = type.Properties.Where(property => property.IsRequired)
                .Select(property => $"\"{property.Name}\":{SampleOf(WireJson.Options.GetTypeInfo(property.PropertyType))}");
            return $"{{{string.Join(',', fields)}}}";
        }

        if (type.Kind == JsonTypeInfoKind.Enumerable)
        {
            return $"[{SampleOf(WireJson.Options.GetTypeInfo(type.ElementType!))}]";
        }

        var plain = Nullable.GetUnderlyingType(type.Type) ?? type.Type;
        return plain == typeof(string) ? "\"x\""
            : plain == typeof(bool) ? "true"
            : plain == typeof(DateTimeOffset) ? "\"2026-03-01T00:00:00Z\""
            : plain.IsEnum ? $"\"{JsonNamingPolicy.SnakeCaseLower.ConvertName(Enum.GetNames(plain)[0])}\""
            : type.Kind == JsonTypeInfoKind.Dictionary || plain == typeof(RawJson) ? "{}"
            : "1";
    }

    private IEnumerable<ServedRoute> Routes() =>
        from endpoint in app.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().Distinct()
        let pattern = $"/{endpoint.RoutePattern.RawText?.Trim('/')}"
        where pattern.StartsWith("/api/v1/", StringComparison.Ordinal)
        from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? []
        select new ServedRoute(method, pattern, endpoint);
}
