using AiBackend.Http;

namespace AiBackend.OpenAi;

/// <summary>The face that programs written for OpenAI's interface call: chat completions, embeddings, models.</summary>
internal static class OpenAiFeature
{
    public static IServiceCollection AddOpenAi(this IServiceCollection services) => services
        .AddSingleton(OpenAiError.Form)
        .AddSingleton<ServedModels>()
        .AddSingleton<TokenCounts>()
        .AddSingleton<ModelServer>()
        .AddSingleton<ModelCalls>()
        .AddSingleton<KeptMessages>()
        .AddSingleton<KnowledgeAnswers>()
        .AddSingleton<SessionAnswers>()
        .AddSingleton<CompletionWriter>();

    public static void MapOpenAi(this IEndpointRouteBuilder app)
    {
        var face = app.MapGroup("/v1").WithTags("OpenAI").WithMetadata(Access.Undeclared, OpenAiError.Form);
        face.MapCompletions();
        face.MapEmbeddings();
        face.MapModels();
    }
}
