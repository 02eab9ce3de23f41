using System.Text.Json;
using System.Text.Json.Nodes;
using AiBackend.Ai;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace AiBackend.Tests.Semantics.Questions;

/// <summary>The service with a scripted chat model, for questions to layers of a scripted Cube.</summary>
public sealed class QuestionModelApp : AppFixture
{
    /// <summary>Understood but for "brought in", which the parser does not know.</summary>
    public const string Question = "Can you tell me how much revenue each sales channel brought in?";

    private ScriptedModelServer? server;

    internal ScriptedModelServer Model => server ?? throw new InvalidOperationException("The fixture is not initialised.");

    public override async ValueTask InitializeAsync()
    {
        server ??= await ScriptedModelServer.StartNewAsync();
        await base.InitializeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Model.DisposeAsync();
    }

    protected override void Configure(IDictionary<string, string> settings)
    {
        settings["AI_BASE_URL"] = Model.BaseUrl.ToString();
        settings["AI_MODEL"] = "scripted-model";
        settings["CHAT_MODEL_TITLES"] = "false";
    }

    protected override void ConfigureServices(IServiceCollection services) => services.AddSingleton(new AiOptions
    {
        BaseUrl = Model.BaseUrl,
        Model = "scripted-model",
        Policy = new UpstreamPolicy { Tries = 1, RetryDelay = TimeSpan.Zero, TriesToOpen = 10_000 },
    });

    /// <summary>A client with a layer of the scripted Cube.</summary>
    internal async Task<AskingClient> NewAskingClientAsync(ScriptedCube cube, object? settings = null)
    {
        var tenant = await NewTenantAsync(settings);
        var repository = await (await Admin.PostJsonAsync("/api/v1/semantic/repositories", new { url = "https://example.org/models.git", client_id = tenant.ClientId })).ExpectAsync(201);
        var semantic = await (await Admin.PostJsonAsync("/api/v1/semantic/servers", new { name = tenant.ClientId, url = cube.Url, api_secret = "s3cret" })).ExpectAsync(201);
        var layer = await (await tenant.Http.PostJsonAsync(
            "/api/v1/semantic/layers", new { name = "Shop", repository_id = repository.Text("id"), server_id = semantic.Text("id") })).ExpectAsync(201);
        return new AskingClient(this, tenant, layer.Text("id"), Model.Requests.Count);
    }

    /// <summary>What a model answers with that wrote this query.</summary>
    internal static ModelReply Wrote(string query) => ModelReply.Text($$"""{"query": {{query}}}""");
}

/// <summary>A client that asks its layer.</summary>
/// <param name="Before">How many requests the model had got before.</param>
internal sealed record AskingClient(QuestionModelApp App, Tenant Tenant, string Layer, int Before)
{
    /// <summary>What the model was asked since.</summary>
    public IReadOnlyList<RecordedRequest> Asked => [.. App.Model.Requests.Skip(Before)];

    public Task<HttpResponseMessage> QueryAsync(object body) => Tenant.Http.PostJsonAsync($"/api/v1/semantic/layers/{Layer}/query", body);

    public async Task<JsonElement> AnswerAsync(string question = QuestionModelApp.Question) => await (await QueryAsync(new { question })).ExpectAsync(200);

    public async Task<JsonElement> RefusalAsync(string question = QuestionModelApp.Question) =>
        await (await QueryAsync(new { question })).ExpectProblemAsync(422, "question_not_understood");

    public async Task<(int Input, int Output)> UsedAsync()
    {
        var total = (await (await Tenant.Http.GetAsync($"/api/v1/clients/{Tenant.ClientId}/usage", TestContext.Current.CancellationToken)).ExpectAsync(200)).GetProperty("total");
        return (total.GetProperty("input_tokens").GetInt32(), total.GetProperty("output_tokens").GetInt32());
    }

    /// <summary>What the model was told in its first request: question, today, members.</summary>
    public JsonNode Told => JsonNode.Parse(Asked[0].Messages[1]["user: ".Length..])!;
}
