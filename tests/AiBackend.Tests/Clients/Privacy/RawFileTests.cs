using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Tests.Chat;
using AiBackend.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace AiBackend.Tests.Clients.Privacy;

/// <summary>The files of the embedded database, read as bytes, hold nothing of an end user who was erased.</summary>
public sealed class RawFileTests(ErasureApp app) : IClassFixture<ErasureApp>
{
    private const string PersonId = "zoe-4711@example.com";
    private const string Name = "Zoë \"Zosia\" Gęśla";
    private const string Word = "Tajemnica-Żubra";

    private static readonly object Zoe = new { id = PersonId, name = Name };
    private static readonly object Ben = new { id = "ben@example.com", name = "Ben" };
    private static readonly string[] Traces = [PersonId, Name, Word];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_of_an_erased_end_user_is_left_in_any_file()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("TEST_STORE") == "mongodb", "The files of MongoDB are its operator's (docs/guides/privacy.md).");
        var tenant = await app.NewChatTenantAsync();
        await using var echo = await Echo.StartNewAsync();
        await tenant.PostAsync(
            "/api/v1/event-processors", new { name = "Hook", config = new { url = echo.Url }, event_types = new[] { "*" } }, HttpStatusCode.Created);
        await ConverseAsync(tenant);
        await ImportAsync(tenant, sessions: 12, messages: 40);
        await DeliveredAsync(tenant);

        Assert.All(Traces, trace => Assert.NotEmpty(FilesWith(trace)));
        Assert.Equal("completed", (await app.EraseAsync(tenant, PersonId)).Text("status"));

        Assert.All(Traces, trace => Assert.Empty(FilesWith(trace)));
        Assert.NotEmpty(FilesWith("What Ben wrote"));
        Assert.Contains("What Ben wrote", await tenant.Http.GetStringAsync($"/api/v1/clients/{tenant.ClientId}/export", Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_of_a_deleted_client_is_left_in_any_file()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("TEST_STORE") == "mongodb", "The files of MongoDB are its operator's (docs/guides/privacy.md).");
        const string word = "Ganz-und-gar-weg";
        var tenant = await app.NewChatTenantAsync();
        await ImportAsync(tenant, sessions: 4, messages: 40, word);
        Assert.NotEmpty(FilesWith(word));

        await (await app.Admin.DeleteAsync($"/api/v1/clients/{tenant.ClientId}", Ct)).ExpectAsync(204);
        app.Clock.Advance(TimeSpan.FromMinutes(20));

        while (FilesWith(word).Count > 0)
        {
            await Task.Yield();
            Ct.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Everything that is done with messages: each leaves its own traces.</summary>
    private static async Task ConverseAsync(ChatTenant tenant)
    {
        var first = await SayAsync(tenant, "alone", $"{Word} first");
        var messageId = first["message"]!.Text("id");
        await tenant.SendAsync(HttpMethod.Patch, $"/api/v1/messages/{messageId}", new { text = $"{Word} edited", reply = "none" });
        var again = await tenant.PostAsync($"/api/v1/messages/{messageId}/regenerate", expected: HttpStatusCode.Created);
        await tenant.EndOfAsync(again["run"]!.Text("id"));
        var feedback = new { rating = 3, comment = $"{Word} comment", author_id = PersonId };
        await tenant.PostAsync($"/api/v1/messages/{first["reply"]!.Text("id")}/feedback", feedback, HttpStatusCode.Created);
        await tenant.PostAsync(
            $"/api/v1/messages/{messageId}/analyses", new { types = new[] { "topics", "pii" } }, HttpStatusCode.Created, ("Prefer", "wait=30"));
        var deleted = await SayAsync(tenant, "alone", $"{Word} deleted");
        await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/messages/{deleted["message"]!.Text("id")}", expected: HttpStatusCode.NoContent);

        await tenant.SayAsync(new { external_session_id = "room", text = "What Ben wrote", sender = Ben }, ("Prefer", "wait=30"));
        await SayAsync(tenant, "room", $"{Word} in the room", ("Idempotency-Key", "zoe"));
        var suggested = await tenant.SayAsync(
            new { external_session_id = "room", text = $"{Word} suggested", sender = Zoe, reply = "suggest", external_id = $"{PersonId}:1" }, ("Prefer", "wait=30"));
        Assert.NotNull(suggested["suggestion"]);
        var session = suggested["message"]!.Text("session_id");
        await tenant.PostAsync($"/api/v1/sessions/{session}/recaps", expected: HttpStatusCode.Created, headers: ("Prefer", "wait=30"));
        var attachment = new { type = "file", name = $"{Word}.pdf", url = "https://example.com/a.pdf" };
        await tenant.SayAsync(new { external_session_id = "room", text = "See this", sender = Zoe, attachments = new[] { attachment }, data = new { note = Word }, reply = "none" });
        await tenant.PostAsync(
            "/api/v1/sessions", new { external_id = "named", participants = new[] { Zoe, Ben }, title = "Two" }, HttpStatusCode.Created, ("Idempotency-Key", "two"));
    }

    /// <summary>Enough, of all lengths and mixed with others', that the pages of the database are split and merged.</summary>
    private static async Task ImportAsync(ChatTenant tenant, int sessions, int messages, string word = Word)
    {
        var random = new Random(4711);
        for (var session = 0; session < sessions; session++)
        {
            var texts = Enumerable.Range(0, messages).Select(i =>
            {
                var isHers = session % 3 == 0 || i % 2 == 0;
                var length = random.Next(4) switch { 0 => 20, 1 => 400, 2 => 3_000, _ => 30_000 };
                var text = new StringBuilder();
                while (text.Length < length)
                {
                    text.Append(isHers ? word : "Other").Append(' ').Append(random.Next()).Append(' ');
                }

                return new { role = "user", sender = isHers ? Zoe : Ben, text = text.ToString() };
            });
            var answer = await tenant.PostAsync("/api/v1/messages/bulk", new { external_session_id = $"import {session}", messages = texts });
            Assert.NotNull(answer);
        }
    }

    private static Task<JsonNode> SayAsync(ChatTenant tenant, string session, string text, params (string, string)[] headers) =>
        tenant.SayAsync(new { external_session_id = session, text, sender = Zoe }, [("Prefer", "wait=30"), .. headers]);

    private static async Task DeliveredAsync(ChatTenant tenant)
    {
        while (await tenant.Documents.CountAsync(Query.Of<Delivery>().Equal(delivery => delivery.Status, DeliveryStatus.Pending), Ct) > 0)
        {
            await Task.Yield();
        }
    }

    /// <summary>The files in which a text stands, in any of the forms in which it may have been written.</summary>
    private List<string> FilesWith(string text)
    {
        byte[][] forms =
        [
            Encoding.UTF8.GetBytes(text),
            Encoding.UTF8.GetBytes(JsonSerializer.Serialize(text)[1..^1]),
            Encoding.UTF8.GetBytes(JsonSerializer.Serialize(text)[1..^1].ToLowerInvariant()),
            Encoding.UTF8.GetBytes(text.Replace("\"", "\\\"", StringComparison.Ordinal)),
            Encoding.Unicode.GetBytes(text),
            Encoding.BigEndianUnicode.GetBytes(text),
        ];
        var found = new List<string>();
        foreach (var file in Directory.EnumerateFiles(app.DataFolder, "*", SearchOption.AllDirectories))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            if (forms.Any(form => copy.GetBuffer().AsSpan(0, (int)copy.Length).IndexOf(form) >= 0))
            {
                found.Add(Path.GetFileName(file));
            }
        }

        return found;
    }

    /// <summary>A webhook that answers with what it was sent.</summary>
    private sealed class Echo : LoopbackServer
    {
        public string Url => $"{Address}/hook";

        public static async Task<Echo> StartNewAsync()
        {
            var echo = new Echo();
            await echo.StartAsync();
            return echo;
        }

        protected override Task AnswerAsync(HttpContext http, RecordedRequest request) =>
            http.Response.WriteAsync(request.Body.GetRawText(), http.RequestAborted);
    }
}
