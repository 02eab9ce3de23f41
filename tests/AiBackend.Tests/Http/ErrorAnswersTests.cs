using System.Globalization;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace AiBackend.Tests.Http;

public sealed class ErrorAnswersTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_fault_is_answered_without_a_word_about_its_cause()
    {
        await using var host = await RulesHost.StartAsync(api => api.MapGet("/x", IResult () => throw new InvalidOperationException("secret-detail")));

        var response = await host.Http.GetAsync("/api/v1/x", Ct);

        await response.ExpectProblemAsync(500, "internal_error");
        Assert.DoesNotContain("secret-detail", await response.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Storage_that_does_not_answer_is_unavailable_for_a_while()
    {
        await using var host = await RulesHost.StartAsync(api => api.MapGet("/x", IResult () => throw new StoreUnavailableException("mongodb://user:pass@host")));

        var response = await host.Http.GetAsync("/api/v1/x", Ct);

        var problem = await response.ExpectProblemAsync(503, "unavailable");
        Assert.NotNull(response.Header("Retry-After"));
        Assert.DoesNotContain("mongodb", problem.Text("detail"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, 409, "conflict")]
    [InlineData(true, 412, "version_mismatch")]
    public async Task A_lost_race_on_a_version_is_a_conflict_or_a_mismatch_for_who_named_one(bool namesVersion, int status, string code)
    {
        await using var host = await RulesHost.StartAsync(api => api.MapGet("/x", IResult () => throw new VersionConflictException("notes", "note_1")));

        var response = namesVersion
            ? await host.Http.SendAsync(HttpMethod.Get, "/api/v1/x", null, ("If-Match", "\"1\""))
            : await host.Http.GetAsync("/api/v1/x", Ct);

        await response.ExpectProblemAsync(status, code);
    }

    [Fact]
    public async Task A_taken_key_is_a_conflict_and_a_bad_cursor_a_bad_request()
    {
        await using var host = await RulesHost.StartAsync(api =>
        {
            api.MapGet("/duplicate", IResult () => throw new DuplicateKeyException("notes", "id"));
            api.MapGet("/cursor", IResult () => throw new InvalidCursorException());
        });

        await (await host.Http.GetAsync("/api/v1/duplicate", Ct)).ExpectProblemAsync(409, "conflict");
        await (await host.Http.GetAsync("/api/v1/cursor", Ct)).ExpectProblemAsync(400, "invalid_cursor");
    }

    [Theory]
    [InlineData("?maxItems=many", "max_items")]
    [InlineData("?maxItems=1&since=yesterday", "since")]
    public async Task A_query_value_of_the_wrong_form_is_named(string query, string field)
    {
        await using var host = await RulesHost.StartAsync(api => api.MapGet("/x", (int? maxItems, DateTimeOffset? since) => TypedResults.Ok($"{maxItems}{since}")));

        var response = await host.Http.GetAsync($"/api/v1/x{query}", Ct);

        Assert.Equal([field], await response.InvalidFieldsAsync());
    }

    [Theory]
    [InlineData(404, "not_found")]
    [InlineData(415, "unsupported_media_type")]
    [InlineData(418, "bad_request")]
    public async Task A_status_without_a_body_gets_one(int status, string code)
    {
        await using var host = await RulesHost.StartAsync(api => api.MapGet("/x", () => TypedResults.StatusCode(status)));

        await (await host.Http.GetAsync("/api/v1/x", Ct)).ExpectProblemAsync(status, code);
    }

    [Fact]
    public async Task A_fault_in_the_middle_of_an_answer_breaks_it_off()
    {
        await using var host = await RulesHost.StartAsync(api => api.MapGet("/x", async (HttpContext http) =>
        {
            await http.Response.WriteAsync("half", Ct);
            await http.Response.Body.FlushAsync(Ct);
            throw new InvalidOperationException("broken");
        }));

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => host.Http.GetStringAsync("/api/v1/x", Ct));
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("respond-async", null)]
    [InlineData("wait", 30)]
    [InlineData("wait=1", 1)]
    [InlineData("wait=60", 60)]
    [InlineData("WAIT = \"5\"", 5)]
    [InlineData("handling=lenient, wait=7", 7)]
    public async Task A_preference_to_wait_is_read(string? prefer, int? seconds)
    {
        await using var host = await RulesHost.StartAsync(api => api.MapGet("/x", (WaitPreference wait) => TypedResults.Ok(new { wait.Wait?.TotalSeconds })));

        var response = await host.Http.SendAsync(HttpMethod.Get, "/api/v1/x", null, prefer is null ? [] : [("Prefer", prefer)]);

        Assert.Equal($$"""{"total_seconds":{{seconds?.ToString(CultureInfo.InvariantCulture) ?? "null"}}}""", await response.Content.ReadAsStringAsync(Ct));
    }

    [Theory]
    [InlineData("wait=0")]
    [InlineData("wait=61")]
    [InlineData("wait=-1")]
    [InlineData("wait=soon")]
    public async Task A_wait_out_of_range_is_invalid(string prefer)
    {
        await using var host = await RulesHost.StartAsync(api => api.MapGet("/x", (WaitPreference wait) => TypedResults.Ok(wait.Wait)));

        Assert.Equal(["Prefer"], await (await host.Http.SendAsync(HttpMethod.Get, "/api/v1/x", null, ("Prefer", prefer))).InvalidFieldsAsync());
    }
}
