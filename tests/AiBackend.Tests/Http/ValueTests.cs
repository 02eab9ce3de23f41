using System.Text;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Http;

/// <summary>Free JSON, words and times, as they are read everywhere.</summary>
public sealed class ValueTests(AppFixture app) : IClassFixture<AppFixture>
{
    private const string Clients = "/api/v1/clients";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Free_json_comes_back_with_its_values_order_and_numbers_and_without_what_it_can_do_without()
    {
        var tenant = await app.NewTenantAsync();
        const string Metadata = """{ "b":1.50, "a":[ 1e3,"é\u00e9\ud83d\ude00 \"'<>&+\/\\\n\u000a\u001f", null,{ } ],"$where":{"x.y":true},"big":12345678901234567890 }""";
        const string Kept = """{"b":1.50,"a":[1e3,"éé😀 \"'<>&+/\\\n\n\u001f",null,{}],"$where":{"x.y":true},"big":12345678901234567890}""";

        var response = await tenant.Http.SendTextAsync(
            HttpMethod.Post, UserTypes(tenant), $$"""{"type_id":"a","name":"x","metadata":{{Metadata}}}""");

        Assert.Contains($"\"metadata\":{Kept}", await response.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
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

    [Fact]
    public async Task The_size_of_metadata_is_that_of_what_it_says_not_of_how_it_is_written()
    {
        var tenant = await app.NewTenantAsync();

        // 8 bytes around 2 × 8,188 bytes fill the 16 KiB.
        string Body(string typeId, int letters) =>
            $$$"""{"type_id":"{{{typeId}}}","name":"x","metadata":   { "a" :  "{{{string.Concat(Enumerable.Repeat("\\u00e9", letters))}}}" } }""";
        var fits = await tenant.Http.SendTextAsync(HttpMethod.Post, UserTypes(tenant), Body("a", 8_188));
        var tooLong = await tenant.Http.SendTextAsync(HttpMethod.Post, UserTypes(tenant), Body("b", 8_189));

        var metadata = (await fits.ExpectAsync(201)).GetProperty("metadata");
        Assert.Equal((8_188, 16 * 1024), (metadata.Text("a").Length, Encoding.UTF8.GetByteCount(metadata.GetRawText())));
        Assert.Equal(["metadata"], await tooLong.InvalidFieldsAsync());
    }

    [Theory]
    [InlineData("""{"type":"WEB","name":"x"}""", 422)]
    [InlineData("""{"type":"Web","name":"x"}""", 422)]
    [InlineData("""{"type":"web, api","name":"x"}""", 422)]
    [InlineData("""{"type":" web","name":"x"}""", 422)]
    [InlineData("""{"type":4,"name":"x"}""", 422)]
    [InlineData("""{"type":"4","name":"x"}""", 422)]
    [InlineData("""{"type":"web","name":"x"}""", 201)]
    public async Task A_word_is_taken_in_its_own_letters_only(string body, int status)
    {
        var tenant = await app.NewTenantAsync();

        var response = await tenant.Http.SendTextAsync(HttpMethod.Post, $"{Clients}/{tenant.ClientId}/channels", body);

        var answer = await response.ExpectAsync(status);
        Assert.Equal(
            status == 422 ? "One of api, webhook, slack, sunshine, web is expected." : "web",
            status == 422 ? answer.GetProperty("errors").GetProperty("type")[0].GetString() : answer.Text("type"));
    }

    [Theory]
    [InlineData("2030-01-01", 422)]
    [InlineData("2030-01-01T10:00:00", 422)]
    [InlineData("2030-01-01T10:00Z", 422)]
    [InlineData("2030-01-01T10:00:00+05", 422)]
    [InlineData("2030-01-01 10:00:00Z", 422)]
    [InlineData("2030-02-30T10:00:00Z", 422)]
    [InlineData("2030-01-01T10:00:00Z", 201)]
    [InlineData("2030-01-01T11:30:00.000+01:30", 201)]
    [InlineData("2030\\u002d01-01T05:00:00-05:00", 201)]
    public async Task A_time_has_a_date_seconds_and_an_offset(string time, int status)
    {
        var tenant = await app.NewTenantAsync();

        var response = await app.Admin.SendTextAsync(
            HttpMethod.Post, $"{Clients}/{tenant.ClientId}/keys", $$"""{"name":"x","scopes":["chat:read"],"expires_at":"{{time}}"}""");

        var answer = await response.ExpectAsync(status);
        Assert.Equal(
            status == 422 ? "An RFC 3339 time such as 2026-11-22T15:04:05.678Z is expected." : "2030-01-01T10:00:00.000Z",
            status == 422 ? answer.GetProperty("errors").GetProperty("expires_at")[0].GetString() : answer.Text("expires_at"));
    }

    [Theory]
    [InlineData("/api/v1/events?since=")]
    [InlineData("/api/v1/messages?since=")]
    [InlineData("/api/v1/sessions?created_after=")]
    [InlineData("/api/v1/sessions?created_before=")]
    public async Task A_time_in_a_query_has_them_too(string path)
    {
        var tenant = await app.NewTenantAsync();

        foreach (var time in new[] { "2030-01-01", "2030-01-01T10:00:00", "2030-01-01T10:00Z", "soon" })
        {
            await (await tenant.Http.GetAsync($"{path}{time}", Ct)).ExpectProblemAsync(422, "validation_failed");
        }

        await (await tenant.Http.GetAsync($"{path}2030-01-01T10:00:00Z", Ct)).ExpectAsync(200);
        await (await tenant.Http.GetAsync($"{path}2030-01-01T10:00:00%2B01:00", Ct)).ExpectAsync(200);
    }

    private static string UserTypes(Tenant tenant) => $"{Clients}/{tenant.ClientId}/user-types";
}
