using System.Text;
using AiBackend.Documents;

namespace AiBackend.Http;

/// <summary>The process around the features: server, logs, clock, storage.</summary>
internal static class HostSetup
{
    public static void AddHost(this WebApplicationBuilder builder, Settings settings)
    {
        builder.WebHost.UseUrls($"http://*:{settings.Port}");
        builder.WebHost.ConfigureKestrel(server =>
        {
            server.AddServerHeader = false;

            // So that the longest text to search for (4,096 characters, up to nine bytes each when encoded) is read, and answered here.
            server.Limits.MaxRequestLineSize = 64 * 1024;

            // BodyLimits holds every route to its own limit, and answers it.
            server.Limits.MaxRequestBodySize = null;

            // As Latin-1 any byte of a header can be read, so that a wrong value is answered by the rule that it breaks; as UTF-8 the
            // server would refuse the request before anything here sees it.
            server.RequestHeaderEncodingSelector = static _ => Encoding.Latin1;
        });
        builder.Logging.SetMinimumLevel(settings.LogLevel);
        builder.Logging.AddFilter("Microsoft.AspNetCore", Least(settings.LogLevel, LogLevel.Warning));
        builder.Logging.AddFilter("System.Net.Http", Least(settings.LogLevel, LogLevel.Warning));

        // It logs what callers do wrong as failures, with what they sent; what fails here is logged here.
        builder.Logging.AddFilter("ModelContextProtocol", LogLevel.Critical);
        builder.Logging.Configure(options => options.ActivityTrackingOptions = ActivityTrackingOptions.TraceId | ActivityTrackingOptions.SpanId);
        if (builder.Environment.IsDevelopment())
        {
            builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        }
        else
        {
            builder.Logging.AddJsonConsole(console =>
            {
                console.IncludeScopes = true;
                console.UseUtcTimestamp = true;
                console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
            });
        }
    }

    /// <summary>The doors to what is stored. The adapter itself is chosen where the program is put together.</summary>
    public static IServiceCollection AddStorage(this IServiceCollection services) => services
        .AddSingleton(TimeProvider.System)
        .AddSingleton<Ids>()
        .AddSingleton(provider => new DocumentCatalog(provider.GetServices<DocumentSet>()))
        .AddSingleton<DocumentStore>();

    private static LogLevel Least(LogLevel one, LogLevel other) => one > other ? one : other;
}
