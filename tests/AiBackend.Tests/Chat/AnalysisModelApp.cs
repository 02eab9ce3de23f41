using AiBackend.Ai;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace AiBackend.Tests.Chat;

/// <summary>The service with a scripted chat model, and all that it logs.</summary>
public class AnalysisModelApp : ChatApp
{
    private ScriptedModelServer? server;

    internal ScriptedModelServer Model => server ?? throw new InvalidOperationException("The fixture is not initialised.");

    internal LogLines Log { get; } = new();

    /// <summary>Whether the model is asked for titles too.</summary>
    internal virtual bool NamesSessions => false;

    public override async ValueTask InitializeAsync()
    {
        server ??= await ScriptedModelServer.StartNewAsync();
        await base.InitializeAsync();
    }

    /// <summary>How much of a conversation the model is told at once.</summary>
    internal virtual int RecapTokens => 6_000;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Model.DisposeAsync();
        Log.Dispose();
        GC.SuppressFinalize(this);
    }

    protected override void Configure(IDictionary<string, string> settings)
    {
        settings["AI_BASE_URL"] = Model.BaseUrl.ToString();
        settings["AI_MODEL"] = "scripted-model";
        settings["CHAT_MODEL_TITLES"] = NamesSessions ? "true" : "false";
        settings["LOG_LEVEL"] = "Trace";
    }

    protected override void ConfigureServices(IServiceCollection services)
    {
        base.ConfigureServices(services);
        services.RemoveAll<ILoggerProvider>();
        services.AddSingleton<ILoggerProvider>(Log);
        services.AddSingleton(new AiOptions
        {
            BaseUrl = Model.BaseUrl,
            Model = "scripted-model",
            RecapTokens = RecapTokens,
            Policy = new UpstreamPolicy { RetryDelay = TimeSpan.Zero },
        });
    }
}
