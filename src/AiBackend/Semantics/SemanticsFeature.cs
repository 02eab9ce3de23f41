using AiBackend.Semantics.Repositories;

namespace AiBackend.Semantics;

/// <summary>Models of clients' data in git, the servers that read them, and questions to them.</summary>
internal static class SemanticsFeature
{
    public static IServiceCollection AddSemantics(this IServiceCollection services)
    {
        services.AddSingleton<GitHttp>()
            .AddSingleton<GitClones>()
            .AddSingleton<GitRepositories>();
        return services;
    }

    public static void MapSemantics(this IEndpointRouteBuilder api)
    {
    }
}
