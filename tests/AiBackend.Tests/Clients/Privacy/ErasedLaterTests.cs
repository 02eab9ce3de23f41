using System.Net;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Tests.Chat;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Clients.Privacy;

/// <summary>What was deleted before its author is erased has left events behind, which nothing but themselves leads to.</summary>
public sealed class ErasedLaterTests(ErasureApp app) : IClassFixture<ErasureApp>
{
    private const string AnaId = "ana@example.com";

    private static readonly object Ana = new { id = AnaId, name = "Ana Kowalska" };
    private static readonly object Ben = new { id = "ben@example.com", name = "Ben Baker" };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_told_of_a_deleted_conversation_of_his_alone_goes()
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await SayAsync(tenant, "phone-of-ana", Ana);
        var other = await SayAsync(tenant, "other", Ben);
        await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/sessions/{session}", expected: HttpStatusCode.NoContent);
        Assert.Contains(AnaId, await ExportAsync(tenant), StringComparison.Ordinal);

        var job = await app.EraseAsync(tenant, AnaId);

        Assert.Equal("completed", job.Text("status"));
        Assert.True(job["progress"]!.Number("done") > 0);
        Assert.Empty(await tenant.EventDocumentsAsync(session));
        await RequireGoneAsync(tenant, AnaId, "Kowalska", "phone-of-ana", "order-phone-of-ana");
        Assert.NotEmpty(await tenant.EventDocumentsAsync(other));
        Assert.Equal(0, (await app.EraseAsync(tenant, AnaId))["progress"]!.Number("done"));
    }

    [Fact]
    public async Task What_was_told_of_others_in_a_deleted_conversation_stays()
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await SayAsync(tenant, "room", Ana);
        await SayAsync(tenant, "room", Ben, "order-of-ben");
        await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/sessions/{session}", expected: HttpStatusCode.NoContent);
        var before = (await tenant.EventDocumentsAsync(session)).Count;

        await app.EraseAsync(tenant, AnaId);

        Assert.Equal(before, (await tenant.EventDocumentsAsync(session)).Count);
        await RequireGoneAsync(tenant, AnaId, "Kowalska", "order-room");
        Assert.Contains("ben@example.com", await ExportAsync(tenant), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("message")]
    [InlineData("feedback")]
    public async Task What_was_told_of_his_feedback_to_his_own_message_does_not_name_him(string deletedBefore)
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await SayAsync(tenant, "room", Ana);
        await SayAsync(tenant, "room", Ben, "order-of-ben");
        var message = (await tenant.MessagesAsync(session))[0].Text("id");
        var feedback = (await tenant.PostAsync(
            $"/api/v1/messages/{message}/feedback", new { rating = 1, comment = "Too slow", author_id = AnaId }, HttpStatusCode.Created)).Text("id");
        if (deletedBefore != "none")
        {
            var path = deletedBefore == "message" ? $"/api/v1/messages/{message}" : $"/api/v1/feedback/{feedback}";
            await tenant.SendAsync(HttpMethod.Delete, path, expected: HttpStatusCode.NoContent);
        }

        await app.EraseAsync(tenant, AnaId);

        await RequireGoneAsync(tenant, AnaId, "Kowalska", "Too slow", "order-room");
        Assert.Single(await tenant.EventDocumentsAsync(session), told => told.Type == EventTypes.ChatFeedbackCreated);
    }

    [Fact]
    public async Task Feedback_that_a_stranger_took_back_does_not_name_him()
    {
        var tenant = await app.NewChatTenantAsync();
        var session = await SayAsync(tenant, "room", Ben);
        var message = (await tenant.MessagesAsync(session))[0].Text("id");
        var feedback = (await tenant.PostAsync(
            $"/api/v1/messages/{message}/feedback", new { rating = 1, author_id = AnaId }, HttpStatusCode.Created)).Text("id");
        await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/feedback/{feedback}", expected: HttpStatusCode.NoContent);

        var job = await app.EraseAsync(tenant, AnaId);

        Assert.Equal(1, job["progress"]!.Number("done"));
        await RequireGoneAsync(tenant, AnaId);
    }

    [Fact]
    public async Task What_others_wrote_of_him_stays_and_so_does_another_clients()
    {
        var (tenant, stranger) = (await app.NewChatTenantAsync(), await app.NewChatTenantAsync());
        await tenant.SayAsync(new { external_session_id = "room", text = $"\"{AnaId}\" is away", sender = Ben, data = new { about = AnaId }, reply = "none" });
        var foreign = await SayAsync(stranger, "room", Ana);
        await stranger.SendAsync(HttpMethod.Delete, $"/api/v1/sessions/{foreign}", expected: HttpStatusCode.NoContent);

        var job = await app.EraseAsync(tenant, AnaId);

        Assert.Equal(0, job["progress"]!.Number("done"));
        Assert.Contains("is away", await ExportAsync(tenant), StringComparison.Ordinal);
        Assert.Contains(AnaId, await ExportAsync(stranger), StringComparison.Ordinal);
    }

    private static async Task<string> SayAsync(ChatTenant tenant, string session, object sender, string? externalId = null) =>
        (await tenant.SayAsync(new
        {
            external_session_id = session,
            external_id = externalId ?? $"order-{session}",
            text = "Where is my parcel?",
            sender,
            reply = "none",
        }))["message"]!.Text("session_id");

    private static async Task RequireGoneAsync(ChatTenant tenant, params string[] texts)
    {
        var export = await ExportAsync(tenant);
        Assert.All(texts, text => Assert.DoesNotContain(text, export, StringComparison.Ordinal));
        var events = await tenant.Documents.ListAsync(Query.Of<Event>(), Ct);
        Assert.All(texts, text => Assert.DoesNotContain(events, told => told.Data.Text.Contains(text, StringComparison.Ordinal)));
    }

    private static async Task<string> ExportAsync(ChatTenant tenant) =>
        await tenant.Http.GetStringAsync(new Uri($"/api/v1/clients/{tenant.ClientId}/export", UriKind.Relative), Ct);
}
