using AiBackend;
using AiBackend.Ai;
using AiBackend.Chat;
using AiBackend.Clients;
using AiBackend.DataStores;
using AiBackend.Documents;
using AiBackend.Documents.Mongo;
using AiBackend.Documents.Sqlite;
using AiBackend.Events;
using AiBackend.Http;
using AiBackend.Jobs;
using AiBackend.Knowledge;
using AiBackend.Mcp;
using AiBackend.OpenAi;
using AiBackend.Orchestration;
using AiBackend.Semantics;
using AiBackend.Service;

try
{
    var builder = WebApplication.CreateSlimBuilder(args);
    var settings = Settings.Bind(builder);
    builder.AddHost(settings);
    var services = builder.Services;
    services.AddStorage().AddSingleton(provider => OpenStore(settings, provider.GetRequiredService<DocumentCatalog>()));
    services.AddHttpRules();
    services.AddOpenApiDescription();
    services.AddClients();
    services.AddJobs();
    services.AddEvents();
    services.AddAi();
    services.AddDataStores();
    services.AddKnowledge();
    services.AddSemantics();
    services.AddOrchestration();
    services.AddChat();
    services.AddOpenAi();
    services.AddMcp();
    services.AddTelemetry(settings.OtlpEndpoint);
    services.AddDemo(settings);

    var app = builder.Build();
    app.UseErrorAnswers();
    app.UseRouting();
    app.UseApiKeys();
    app.UseRequestRules();
    app.MapOpenApiDescription();
    app.MapHealth();
    app.MapPrometheusScrapingEndpoint().AllowKeyless().WithMetadata(new HttpMethodMetadata([HttpMethods.Get, HttpMethods.Head]));
    var api = app.MapApi();
    api.MapClientRoutes();
    api.MapJobs();
    api.MapDataStores();
    api.MapKnowledge();
    api.MapSemantics();
    api.MapEvents();
    api.MapChat();
    app.MapOpenAi();
    app.MapMcpServer();
    app.BeginBuildingEndpoints();

    await app.Services.GetRequiredService<IDocumentStore>().InitializeAsync(app.Lifetime.ApplicationStopping);
    await app.RunAsync();
    return 0;
}
catch (Exception exception) when (exception is SettingsException or StoreUnavailableException or IOException or UnauthorizedAccessException)
{
    // What the operator has to set right; a stack trace would only hide it.
    await Console.Error.WriteLineAsync(exception.Message);
    return 1;
}

static IDocumentStore OpenStore(Settings settings, DocumentCatalog catalog)
{
    if (settings.MongoUri is not { } uri)
    {
        var path = Path.Combine(settings.DataFolder, "ai-backend.db");
        return new SqliteDocumentStore(catalog, new SqliteDocumentOptions { Path = path, RequireServedQueries = settings.IsDevelopment });
    }

    try
    {
        return new MongoDocumentStore(catalog, new MongoOptions { Uri = uri, RequireServedQueries = settings.IsDevelopment });
    }
    catch (ArgumentException exception)
    {
        throw new SettingsException($"MONGODB_URI cannot be read: {exception.Message}");
    }
}
