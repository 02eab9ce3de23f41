using AiBackend.Clients;
using AiBackend.Orchestration;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace AiBackend.Tests.Orchestration;

/// <summary>The whole service between a client's documents and the parts of an answer.</summary>
public sealed class BuiltInAnswersTests(BuiltInAnswersTests.WithoutModel plain, BuiltInAnswersTests.WithModel modelled)
    : IClassFixture<BuiltInAnswersTests.WithoutModel>, IClassFixture<BuiltInAnswersTests.WithModel>
{
    private const string Question = "How long do I have to return boots?";
    private const string Text = "# Returns\n\nYou can return any item, boots too, within 30 days of delivery.";

    private readonly PartRecord<AnswerPart> parts = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_a_model_the_documents_are_quoted()
    {
        var (tenant, _, document) = await NewShopAsync(plain);

        var answer = await AskAsync(plain, tenant, new ChatSettings());

        var completed = Assert.IsType<AnswerPart.Completed>(answer[^1]);
        Assert.Equal("You can return any item, boots too, within 30 days of delivery. [1]", completed.Text);
        var citation = Assert.Single(completed.Citations);
        Assert.Equal(
            (document, "Returns", "https://shop.example/returns", "You can return any item, boots too, within 30 days of delivery."),
            (citation.DocumentId, citation.Title, citation.Url, citation.Quote));
        Assert.StartsWith("chk_", citation.ChunkId);
    }

    [Fact]
    public async Task With_a_model_it_answers_from_the_documents()
    {
        var (tenant, _, document) = await NewShopAsync(modelled);
        modelled.Server.Then(ModelReply.Text("You have 30 ", "days [1]."));

        var answer = await AskAsync(modelled, tenant, new ChatSettings());

        var completed = Assert.IsType<AnswerPart.Completed>(answer[^1]);
        Assert.Equal(("You have 30 days [1].", "scripted-model"), (completed.Text, completed.Model));
        Assert.Equal(document, Assert.Single(completed.Citations).DocumentId);
        var asked = await modelled.Server.NextRequestAsync(Ct);
        Assert.Contains("boots too, within 30 days of delivery", asked.Messages[^1]);
    }

    [Fact]
    public async Task Answers_come_from_the_collections_of_the_settings_only()
    {
        var (tenant, collection, _) = await NewShopAsync(plain);
        var other = (await (await tenant.Http.PostJsonAsync("/api/v1/collections", new { name = "Other" })).ExpectAsync(201)).Text("id");

        var within = await AskAsync(plain, tenant, new ChatSettings { Collections = [collection] });
        var beyond = await AskAsync(plain, tenant, new ChatSettings { Collections = [other] });

        Assert.IsType<AnswerPart.Completed>(within[^1]);
        Assert.Equal(new AnswerPart.HandOver("nothing_found", 0, null), Assert.Single(beyond));
    }

    [Fact]
    public async Task Another_clients_documents_answer_nothing()
    {
        await NewShopAsync(plain);
        var stranger = await plain.NewTenantAsync();

        var answer = await AskAsync(plain, stranger, new ChatSettings());

        Assert.Equal(new AnswerPart.HandOver("nothing_found", 0, null), Assert.Single(answer));
    }

    private static async Task<(Tenant Tenant, string Collection, string Document)> NewShopAsync(AppFixture app)
    {
        var tenant = await app.NewTenantAsync();
        var collection = (await (await tenant.Http.PostJsonAsync("/api/v1/collections", new { name = "Help" })).ExpectAsync(201)).Text("id");
        var added = await tenant.Http.PostJsonAsync(
            $"/api/v1/collections/{collection}/documents", new { text = Text, title = "Returns", url = "https://shop.example/returns" }, ("Prefer", "wait=30"));
        var document = (await added.ExpectAsync(201)).GetProperty("document");
        Assert.Equal("indexed", document.Text("status"));
        return (tenant, collection, document.Text("id"));
    }

    private async Task<IReadOnlyList<AnswerPart>> AskAsync(AppFixture app, Tenant tenant, ChatSettings chat)
    {
        var before = parts.All.Count;
        var request = Questions.Ask(Question, chat) with { ClientId = tenant.ClientId };
        var orchestrator = app.Services.GetRequiredService<Orchestrators>().For(request.Settings);
        return [.. (await orchestrator.AllAsync(request, parts, Ct)).Skip(before)];
    }

    /// <summary>The service as it is when nothing is set.</summary>
    public sealed class WithoutModel : AppFixture;

    /// <summary>The service with a scripted model.</summary>
    public sealed class WithModel : AppFixture
    {
        private ScriptedModelServer? server;

        public ScriptedModelServer Server => server ?? throw new InvalidOperationException("The fixture is not initialised.");

        public override async ValueTask InitializeAsync()
        {
            server = await ScriptedModelServer.StartNewAsync();
            await base.InitializeAsync();
        }

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            await Server.DisposeAsync();
        }

        protected override void Configure(IDictionary<string, string> settings)
        {
            settings["AI_BASE_URL"] = Server.BaseUrl.ToString();
            settings["AI_MODEL"] = "scripted-model";
        }
    }
}
