using AiBackend.Ai;
using AiBackend.Search.Embedding;

namespace AiBackend.Semantics.Questions;

internal static class QuestionsFeature
{
    public static IServiceCollection AddQuestions(this IServiceCollection services) => services
        .AddSingleton(provider => ActivatorUtilities.CreateInstance<LayerIndexes>(
            provider, new Lazy<StaticEmbedder>(provider.GetRequiredService<StaticEmbedder>)))
        .AddSingleton(provider => new LayerQuestions(
            provider.GetRequiredService<Layers.SemanticLayers>(),
            provider.GetRequiredService<LayerIndexes>(),
            provider.GetRequiredService<Cube.CubeClient>(),
            provider.GetRequiredService<AiOptions>().BaseUrl is null ? null : ActivatorUtilities.CreateInstance<QuestionModel>(provider),
            provider.GetRequiredService<QuestionTokens>(),
            provider.GetRequiredService<TimeProvider>()))
        .AddSingleton<QuestionTokens>()
        .AddSingleton<ClientLayers>();
}
