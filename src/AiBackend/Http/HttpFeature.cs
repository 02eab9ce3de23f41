using AiBackend.Documents;

namespace AiBackend.Http;

/// <summary>The ground rules of the HTTP interface, for every route.</summary>
internal static class HttpFeature
{
    public static IServiceCollection AddHttpRules(this IServiceCollection services) => services
        .ConfigureHttpJsonOptions(options => WireJson.Configure(options.SerializerOptions))
        .Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true)
        .AddSingleton<DocumentSet>(Idempotency.Records)
        .AddSingleton<SecretBox>()
        .AddSingleton<SecretRotation>()
        .AddHostedService(provider => provider.GetRequiredService<SecretRotation>())
        .AddSingleton<JsonBodies>()
        .AddSingleton<Idempotency>()
        .AddSingleton<KeptAnswers>()
        .AddScoped<RequestCommits>();

    /// <summary>What stands before routing: every request gets a name, and whatever goes wrong an answer.</summary>
    public static void UseErrorAnswers(this IApplicationBuilder app)
    {
        app.UseMiddleware<HeadRequests>();
        app.UseMiddleware<ErrorAnswers>();
    }

    /// <summary>What stands between the check of the key and the endpoint.</summary>
    public static void UseRequestRules(this IApplicationBuilder app)
    {
        app.UseMiddleware<BodyLimits>();
        app.UseMiddleware<IdempotentRequests>();
        app.UseMiddleware<KnownQueries>();
        app.UseMiddleware<EmptyBodies>();
    }

    /// <summary>The group that all routes of the service's own interface are in.</summary>
    public static RouteGroupBuilder MapApi(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/api/v1").WithMetadata(Access.Undeclared);
        api.AddEndpointFilter<RouteGroupBuilder, VersionTags>();
        ((IEndpointConventionBuilder)api).Finally(KnownQuery.Collect);
        return api;
    }
}
