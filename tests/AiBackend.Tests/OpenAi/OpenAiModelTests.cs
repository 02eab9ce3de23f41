using AiBackend.Tests.Support;

namespace AiBackend.Tests.OpenAi;

public sealed class OpenAiModelTests(AppFixture plain, OpenAiApp modelled) : IClassFixture<AppFixture>, IClassFixture<OpenAiApp>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_a_chat_model_there_are_the_services_own()
    {
        var tenant = await plain.NewTenantAsync(settings: new { chat = new { model = "unused" } });

        Assert.Equal(["ai-backend", "ai-backend-embed"], await IdsAsync(tenant));
    }

    [Fact]
    public async Task The_operators_chat_model_is_there_and_the_one_of_the_clients_settings()
    {
        var tenant = await modelled.NewTenantAsync();
        var own = await modelled.NewTenantAsync(settings: new { chat = new { model = "own-model" } });

        Assert.Equal([OpenAiApp.Model, "ai-backend", "ai-backend-embed"], await IdsAsync(tenant));
        Assert.Equal([OpenAiApp.Model, "own-model", "ai-backend", "ai-backend-embed"], await IdsAsync(own));
    }

    [Theory]
    [InlineData("ai-backend", "ai-backend", "ai-backend")]
    [InlineData("scripted/model-1", "scripted/model-1", "upstream")]
    [InlineData("scripted%2Fmodel-1", "scripted/model-1", "upstream")]
    public async Task A_model_is_shown_by_its_name(string path, string id, string owner)
    {
        var tenant = await modelled.NewTenantAsync();

        var model = await tenant.Http.GetJsonAsync($"/v1/models/{path}");

        Assert.Equal((id, "model", owner), (model.Text("id"), model.Text("object"), model.Text("owned_by")));
        Assert.True(model.GetProperty("created").GetInt64() > 0);
    }

    [Fact]
    public async Task An_unknown_model_is_not_found()
    {
        var tenant = await modelled.NewTenantAsync();

        await (await tenant.Http.GetAsync("/v1/models/gpt-none", Ct)).ExpectErrorAsync(404, "invalid_request_error", "model_not_found", "model");
    }

    private static async Task<string[]> IdsAsync(Tenant tenant)
    {
        var list = await tenant.Http.GetJsonAsync("/v1/models");
        Assert.Equal("list", list.Text("object"));
        return [.. list.Data().Select(model => model.Text("id"))];
    }
}
