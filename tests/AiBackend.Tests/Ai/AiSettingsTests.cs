using AiBackend.Ai;
using AiBackend.Ai.Embeddings;
using AiBackend.Orchestration.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace AiBackend.Tests.Ai;

public sealed class AiSettingsTests
{
    [Fact]
    public void Settings_reach_the_models_and_the_orchestrator()
    {
        using var services = Bind(
            ("AI_BASE_URL", "https://models.example/v1"), ("AI_API_KEY", "sk-1"), ("AI_MODEL", "big"), ("AI_FIRST_TOKEN_SECONDS", "5"),
            ("AI_IDLE_SECONDS", "6"), ("AI_TIMEOUT_SECONDS", "7"), ("AI_HISTORY_TOKENS", "0"), ("AI_SOURCE_TOKENS", "100"),
            ("AI_ORCHESTRATOR_URL", "https://orchestrator.example/"), ("EMBEDDING_BASE_URL", "https://vectors.example/v1"),
            ("EMBEDDING_API_KEY", "sk-2"), ("EMBEDDING_MODEL", "small"));

        Assert.Equal(
            new AiOptions
            {
                BaseUrl = new Uri("https://models.example/v1"),
                ApiKey = "sk-1",
                Model = "big",
                FirstTokenLimit = TimeSpan.FromSeconds(5),
                IdleLimit = TimeSpan.FromSeconds(6),
                TotalLimit = TimeSpan.FromSeconds(7),
                HistoryTokens = 0,
                SourceTokens = 100,
            },
            services.GetRequiredService<AiOptions>());
        Assert.Equal(
            new HttpOrchestratorOptions
            {
                Url = new Uri("https://orchestrator.example/"),
                FirstByteLimit = TimeSpan.FromSeconds(5),
                IdleLimit = TimeSpan.FromSeconds(6),
                TotalLimit = TimeSpan.FromSeconds(7),
            },
            services.GetRequiredService<HttpOrchestratorOptions>());
        Assert.Equal(
            new EmbeddingOptions { BaseUrl = new Uri("https://vectors.example/v1"), ApiKey = "sk-2", Model = "small" },
            services.GetRequiredService<EmbeddingOptions>());
    }

    [Fact]
    public void Nothing_need_be_set()
    {
        using var services = Bind();

        Assert.Equal(new AiOptions(), services.GetRequiredService<AiOptions>());
        Assert.Equal(new EmbeddingOptions(), services.GetRequiredService<EmbeddingOptions>());
        Assert.Equal(new HttpOrchestratorOptions(), services.GetRequiredService<HttpOrchestratorOptions>());
    }

    [Theory]
    [InlineData("AI_BASE_URL", "ftp://models.example/v1", "AI_BASE_URL")]
    [InlineData("AI_BASE_URL", "https://models.example/v1", "AI_MODEL")]
    [InlineData("AI_FIRST_TOKEN_SECONDS", "0", "AI_FIRST_TOKEN_SECONDS")]
    [InlineData("AI_TIMEOUT_SECONDS", "3601", "AI_TIMEOUT_SECONDS")]
    [InlineData("AI_SOURCE_TOKENS", "99", "AI_SOURCE_TOKENS")]
    [InlineData("AI_ORCHESTRATOR_URL", "localhost", "AI_ORCHESTRATOR_URL")]
    [InlineData("EMBEDDING_BASE_URL", "https://vectors.example/v1", "EMBEDDING_MODEL")]
    public void A_setting_that_cannot_be_used_is_named(string name, string value, string named)
    {
        var error = Assert.Throws<SettingsException>(() => Bind((name, value)));

        Assert.Contains(named, error.Message);
    }

    private static ServiceProvider Bind(params (string Name, string Value)[] settings)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(
            [
                KeyValuePair.Create<string, string?>("ADMIN_API_KEY", "an-admin-key-of-this-test-that-is-long-enough"),
                KeyValuePair.Create<string, string?>("ENCRYPTION_KEY", Convert.ToBase64String(new byte[32])),
                .. settings.Select(setting => KeyValuePair.Create<string, string?>(setting.Name, setting.Value)),
            ]);
        Settings.Bind(builder);
        return builder.Services.BuildServiceProvider();
    }
}
