using System.Net.Sockets;
using System.Text;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Http;

/// <summary>A service that takes small bodies, on a real port.</summary>
public sealed class SmallBodies : KestrelFixture
{
    public const int Limit = 4_096;

    protected override void Configure(IDictionary<string, string> settings) => settings["MAX_BODY_BYTES"] = "4096";
}

public sealed class LimitTests(SmallBodies app) : IClassFixture<SmallBodies>
{
    private const string Clients = "/api/v1/clients";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_is_taken_up_to_the_limit_and_nothing_is_stored_beyond(bool isChunked)
    {
        var before = await CountAsync();

        var fits = await SendAsync(SmallBodies.Limit, isChunked);
        var tooLarge = await SendAsync(SmallBodies.Limit + 1, isChunked);
        var huge = await SendAsync(2_000_000, isChunked);

        await fits.ExpectAsync(201);
        await tooLarge.ExpectProblemAsync(413, "too_large");
        await huge.ExpectProblemAsync(413, "too_large");
        Assert.Equal(before + 1, await CountAsync());
    }

    [Fact]
    public async Task The_longest_text_to_search_for_fits_into_an_address_and_a_longer_one_is_answered()
    {
        var tenant = await app.NewTenantAsync();
        Uri For(string text) => new($"/api/v1/search/messages?q={Uri.EscapeDataString(text)}", UriKind.Relative);

        using var longest = await tenant.Http.GetAsync(For(new string('日', 4_096)), Ct);
        using var longer = await tenant.Http.GetAsync(For(new string('日', 4_097)), Ct);

        await longest.ExpectAsync(200);
        await longer.ExpectProblemAsync(422, "validation_failed");
    }

    [Fact]
    public async Task A_body_past_the_limit_is_refused_with_an_idempotency_key_too()
    {
        var response = await SendAsync(SmallBodies.Limit + 1, isChunked: true, ("Idempotency-Key", "too-large"));

        await response.ExpectProblemAsync(413, "too_large");
    }

    [Fact]
    public async Task Half_a_body_stores_nothing()
    {
        var before = await CountAsync();
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", app.Admin.BaseAddress!.Port, Ct);
        var stream = socket.GetStream();

        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"POST {Clients} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {AppFixture.AdminKey}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{\"name\":\"half\"}}"),
            Ct);
        socket.Client.Shutdown(SocketShutdown.Send);
        var end = await Record.ExceptionAsync(async () => await stream.CopyToAsync(Stream.Null, Ct));

        Assert.True(end is null or IOException, $"{end}");
        Assert.Equal(before, await CountAsync());
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("NONSENSE\r\n\r\n")]
    [InlineData("GET /api/v1/clients/%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /api/v1/clients HTTP/9.9\r\nHost: x\r\n\r\n")]
    public async Task What_is_not_http_gets_no_page_and_no_trace(string text)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", app.Admin.BaseAddress!.Port, Ct);
        var stream = socket.GetStream();

        await stream.WriteAsync(Encoding.ASCII.GetBytes(text), Ct);
        using var reader = new StreamReader(stream);
        var answer = await reader.ReadToEndAsync(Ct);

        Assert.DoesNotContain("<html", answer, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("   at ", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Authorization: Bearer k\u00e9y", 401, "unauthorized")]
    [InlineData("Authorization: Bearer k\u0107y", 401, "unauthorized")]
    [InlineData($"Authorization: Bearer {AppFixture.AdminKey}\r\nIdempotency-Key: \u00e9", 422, "validation_failed")]
    [InlineData($"Authorization: Bearer {AppFixture.AdminKey}\r\nX-Request-Id: \u00e9\u0107", 422, "validation_failed")]
    public async Task A_header_that_is_not_ascii_is_answered_by_the_rule_that_it_breaks(string headers, int status, string code)
    {
        // In UTF-8 and, where its characters allow that, in Latin-1, of which no byte but ASCII is UTF-8.
        foreach (var encoding in new[] { Encoding.UTF8, Encoding.Latin1 })
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync("127.0.0.1", app.Admin.BaseAddress!.Port, Ct);
            var stream = socket.GetStream();

            await stream.WriteAsync(
                encoding.GetBytes($"POST {Clients} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 2\r\n{headers}\r\n\r\n{{}}"), Ct);
            using var reader = new StreamReader(stream);
            var answer = await reader.ReadToEndAsync(Ct);

            Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
            Assert.Contains("application/problem+json", answer, StringComparison.Ordinal);
            Assert.Contains($"\"code\":\"{code}\"", answer, StringComparison.Ordinal);
            Assert.Matches("X-Request-Id: [0-9a-f]{32}\r", answer);
        }
    }

    [Fact]
    public async Task Head_is_answered_as_get_without_a_body()
    {
        var get = await app.Admin.GetAsync(Clients, Ct);
        var head = await app.Admin.SendAsync(HttpMethod.Head, Clients, content: null);
        var missing = await app.Admin.SendAsync(HttpMethod.Head, $"{Clients}/nobody", content: null);

        Assert.Equal(get.StatusCode, head.StatusCode);
        Assert.Equal(get.Content.Headers.ContentType, head.Content.Headers.ContentType);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync(Ct));
        Assert.Equal(404, (int)missing.StatusCode);
    }

    private async Task<HttpResponseMessage> SendAsync(int size, bool isChunked, params (string Name, string Value)[] headers)
    {
        var body = Encoding.ASCII.GetBytes("{\"name\":\"x\"}".PadRight(size));
        HttpContent content = isChunked ? new StreamContent(new Unsized(body)) : new ByteArrayContent(body);
        content.Headers.ContentType = new("application/json");
        return await app.Admin.SendAsync(HttpMethod.Post, Clients, content, headers);
    }

    private async Task<int> CountAsync() => (await app.Admin.GetJsonAsync($"{Clients}?limit=200")).Data().Length;

    /// <summary>Does not tell its length, so that the client sends it in chunks.</summary>
    private sealed class Unsized(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
