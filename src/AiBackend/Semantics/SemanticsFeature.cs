namespace AiBackend.Semantics;

/// <summary>Models of clients' data in git, the servers that read them, and questions to them.</summary>
internal static class SemanticsFeature
{
    public static IServiceCollection AddSemantics(this IServiceCollection services)
    {
        return services;
    }

    public static void MapSemantics(this IEndpointRouteBuilder api)
    {
    }
}
