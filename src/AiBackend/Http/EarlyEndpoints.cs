namespace AiBackend.Http;

/// <summary>
/// Endpoints are made of their handlers at the first request otherwise, which then waits for all of them: some 200 take about as long as the rest of the start.
/// </summary>
internal static class EarlyEndpoints
{
    /// <summary>Begins to make the endpoints mapped so far, beside whatever the caller does next. To be called after the last one is mapped.</summary>
    public static void BeginBuildingEndpoints(this IApplicationBuilder app)
    {
        // The host would add the routes when it starts; only routes that were added are in the source that requests are matched with.
        app.UseEndpoints(_ => { });
        var source = app.ApplicationServices.GetRequiredService<EndpointDataSource>();
        _ = Task.Run(() => source.Endpoints);
    }
}
