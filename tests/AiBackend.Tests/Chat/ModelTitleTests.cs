using System.Net;
using AiBackend.Chat.Titles;
using AiBackend.Documents;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Chat;

/// <summary>Titles that the model makes.</summary>
public sealed class ModelTitleTests : IAsyncLifetime
{
    private readonly NamingApp app = new();
    private ChatTenant tenant = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await app.InitializeAsync();
        tenant = await app.NewChatTenantAsync();
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    [Fact]
    public async Task The_model_names_a_session_once_after_its_first_reply_and_is_counted()
    {
        app.Model.Default = ModelReply.Text("""{"title": "“Broken lamp in order 4711.”"}""");

        var session = await AskAsync("My order 4711 came with a broken lamp, what now?");
        await SettledAsync();
        await AskAsync("And who pays?");
        await SettledAsync();

        Assert.Equal("Broken lamp in order 4711", (await tenant.GetAsync($"/api/v1/sessions/{session}")).Text("title"));
        Assert.EndsWith("what now?", Assert.Single(app.Model.Requests).Messages[1], StringComparison.Ordinal);
        var total = (await tenant.GetAsync($"/api/v1/clients/{tenant.ClientId}/usage"))["total"]!;
        Assert.Equal((31, 17), (total.Number("input_tokens"), total.Number("output_tokens")));
        await tenant.EventsAsync(session);
    }

    [Theory]
    [InlineData(60, true)]
    [InlineData(61, false)]
    public async Task A_title_that_is_too_long_leaves_the_first_question(int length, bool isTaken)
    {
        var title = new string('x', length);
        app.Model.Default = ModelReply.Text($$"""{"title": "{{title}}"}""");

        var session = await AskAsync("Where is it?");
        await SettledAsync();

        Assert.Equal(isTaken ? title : "Where is it?", (await tenant.GetAsync($"/api/v1/sessions/{session}")).Text("title"));
        Assert.Equal(isTaken ? 1 : 2, app.Model.Requests.Count);
    }

    [Fact]
    public async Task A_model_that_fails_leaves_the_first_question()
    {
        app.Model.Default = ModelReply.Status(401);

        var session = await AskAsync("Where is it?");
        await SettledAsync();

        Assert.Equal("Where is it?", (await tenant.GetAsync($"/api/v1/sessions/{session}")).Text("title"));
    }

    [Fact]
    public async Task A_title_that_somebody_sets_meanwhile_stays()
    {
        var release = new TaskCompletionSource();
        app.Model.Then(ModelReply.Stream(async answering =>
        {
            await release.Task.WaitAsync(Ct);
            await answering.DeltaAsync("""{"title": "The model's"}""");
            await answering.EndAsync(1, 1);
        }));
        var session = await AskAsync("Where is it?");
        await app.Model.NextRequestAsync(Ct);

        await tenant.SendAsync(HttpMethod.Patch, $"/api/v1/sessions/{session}", new { title = "Mine" });
        release.SetResult();
        await SettledAsync();

        Assert.Equal("Mine", (await tenant.GetAsync($"/api/v1/sessions/{session}")).Text("title"));
    }

    [Fact]
    public async Task The_title_goes_with_its_message_also_from_events_and_after_somebody_set_another()
    {
        app.Model.Default = ModelReply.Text("""{"title": "Swordfish lost"}""");
        var session = await AskAsync("I have lost my password swordfish.");
        await SettledAsync();
        await tenant.PostAsync($"/api/v1/sessions/{session}/handover", new { });
        Assert.Contains(await tenant.EventDocumentsAsync(session), told => told.Data.Text.Contains("Swordfish lost", StringComparison.Ordinal));
        await tenant.SendAsync(HttpMethod.Patch, $"/api/v1/sessions/{session}", new { title = "Mine" });

        foreach (var message in await tenant.MessagesAsync(session))
        {
            await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/messages/{message.Text("id")}", expected: HttpStatusCode.NoContent);
        }

        Assert.Equal("Mine", (await tenant.GetAsync($"/api/v1/sessions/{session}")).Text("title"));
        Assert.All(
            await tenant.EventDocumentsAsync(session),
            told => Assert.DoesNotContain("swordfish", told.Data.Text, StringComparison.OrdinalIgnoreCase));
        var stored = Assert.Single(await tenant.Documents.ListAsync(Query.Of<AiBackend.Chat.Sessions.Session>(), Ct));
        Assert.Null(stored.ModelTitle);
    }

    private async Task<string> AskAsync(string text) =>
        (await tenant.SayAsync(new { external_session_id = "a", text }, ("Prefer", "wait=60")))["message"]!.Text("session_id");

    /// <summary>Waits until nothing is left to be named.</summary>
    private async Task SettledAsync()
    {
        while ((await tenant.Documents.ListAsync(Query.Of<TitleWork>(), Ct)).Count > 0)
        {
            await Task.Yield();
        }
    }

    private sealed class NamingApp : AnalysisModelApp
    {
        internal override bool NamesSessions => true;
    }
}
