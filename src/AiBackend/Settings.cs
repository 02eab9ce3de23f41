using System.Globalization;
using AiBackend.Ai;
using AiBackend.Ai.Embeddings;
using AiBackend.Chat.Titles;
using AiBackend.Clients;
using AiBackend.DataStores;
using AiBackend.Events;
using AiBackend.Http;
using AiBackend.Indexes;
using AiBackend.Jobs;
using AiBackend.Knowledge;
using AiBackend.Mcp;
using AiBackend.Orchestration.Http;
using AiBackend.Semantics.Repositories;
using Microsoft.Extensions.Configuration.Memory;

namespace AiBackend;

/// <summary>
/// The one place that knows the names of settings: from the environment, or from <c>.env</c> in the working folder, to the options
/// of each feature. <c>.env.example</c> describes them all.
/// </summary>
internal sealed record Settings
{
    /// <summary>The MongoDB to use (<c>MONGODB_URI</c>); null: the embedded database.</summary>
    public required string? MongoUri { get; init; }

    /// <summary>Whether mistakes that do no harm in production are errors.</summary>
    public required bool IsDevelopment { get; init; }

    /// <summary>Where the embedded database and other files are kept (<c>DATA_DIR</c>); a full path.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Where the service listens (<c>PORT</c>); 0: wherever is free.</summary>
    public required int Port { get; init; }

    /// <summary>Log lines of less importance are left out (<c>LOG_LEVEL</c>).</summary>
    public required LogLevel LogLevel { get; init; }

    /// <summary>Where traces and metrics go (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c>); null: nowhere.</summary>
    public required string? OtlpEndpoint { get; init; }

    /// <summary>Whether a demo client is made (<c>SEED_DEMO</c>); by default in development.</summary>
    public required bool SeedsDemo { get; init; }

    /// <summary>Reads all settings and gives every feature its options.</summary>
    /// <exception cref="SettingsException">Some cannot be used; the message names each.</exception>
    public static Settings Bind(WebApplicationBuilder builder)
    {
        AddEnvironmentFile(builder.Configuration);
        var read = new SettingReader(builder.Configuration);
        var dataFolder = Path.GetFullPath(read.Text("DATA_DIR", "./data"));
        var settings = new Settings
        {
            IsDevelopment = builder.Environment.IsDevelopment(),
            MongoUri = read.Text("MONGODB_URI"),
            DataFolder = dataFolder,
            Port = (int)read.Whole("PORT", otherwise: 8080, min: 0, max: 65_535),
            LogLevel = read.OneOf("LOG_LEVEL", LogLevel.Information),
            OtlpEndpoint = read.Address("OTEL_EXPORTER_OTLP_ENDPOINT")?.ToString(),
            SeedsDemo = read.Flag("SEED_DEMO", otherwise: builder.Environment.IsDevelopment()),
        };
        BindHttp(builder.Services, read);
        BindJobs(builder.Services, read);
        BindEvents(builder.Services, read);
        BindDataStores(builder.Services, read);
        builder.Services.AddSingleton(new GitOptions { CacheFolder = Path.Combine(dataFolder, "repositories") });
        BindKnowledge(builder.Services, read);
        BindMcp(builder.Services, read);
        BindAnswers(builder.Services, read);
        BindEmbeddings(builder.Services, read);
        read.RequireNoFaults();
        var keys = new ServiceKeys(dataFolder, mayMake: builder.Environment.IsDevelopment());
        builder.Services.AddSingleton(new AdminOptions { Key = keys.Admin(read.Text("ADMIN_API_KEY")) });
        builder.Services.AddSingleton(new EncryptionOptions
        {
            Key = keys.Encryption(read.Text("ENCRYPTION_KEY")),
            PreviousKey = read.Text("ENCRYPTION_KEY_PREVIOUS"),
        });
        keys.RequireAll();
        return settings;
    }

    // The environment wins over the file.
    private static void AddEnvironmentFile(ConfigurationManager configuration)
    {
        if (File.Exists(".env"))
        {
            var values = DotNetEnv.Env.NoEnvVars().Load(".env").Select(entry => KeyValuePair.Create(entry.Key, (string?)entry.Value));
            configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = values.DistinctBy(entry => entry.Key) });
        }
    }

    private static void BindHttp(IServiceCollection services, SettingReader read)
    {
        var defaults = new LimitOptions();
        services.AddSingleton(new LimitOptions
        {
            BodyBytes = read.Whole("MAX_BODY_BYTES", defaults.BodyBytes, min: 1_024, max: 1 << 30),
            BulkBytes = read.Whole("MAX_BULK_BYTES", defaults.BulkBytes, min: 1_024, max: 1 << 30),
            UploadBytes = read.Whole("MAX_UPLOAD_BYTES", defaults.UploadBytes, min: 1_024, max: 1 << 30),
            MetadataBytes = (int)read.Whole("MAX_METADATA_BYTES", defaults.MetadataBytes, min: 2, max: 1 << 24),
            MessageCharacters = (int)read.Whole("MAX_MESSAGE_CHARS", defaults.MessageCharacters, min: 1, max: 1 << 24),
            RequestsPerSecond = (int)read.Whole("RATE_LIMIT", defaults.RequestsPerSecond, min: 0, max: 1_000_000),
        });
    }

    private static void BindJobs(IServiceCollection services, SettingReader read)
    {
        var role = read.OneOf("ROLE", Role.All);
        var workers = (int)read.Whole("WORKERS", new JobsOptions().Workers, min: 1, max: 1_000);
        services.Configure<JobsOptions>(options =>
        {
            options.RunsWork = role != Role.Api;
            options.Workers = workers;
        });
    }

    private static void BindEvents(IServiceCollection services, SettingReader read)
    {
        services.AddSingleton(new EventsOptions
        {
            RetrySchedule = read.Parsed("EVENTS_RETRY_SCHEDULE", new EventsOptions().RetrySchedule, RetrySchedule.Parse),
            AllowPrivateNetworks = read.Flag("EVENTS_ALLOW_PRIVATE_NETWORKS"),
        });
    }

    private static void BindDataStores(IServiceCollection services, SettingReader read) =>
        services.AddSingleton(new DataOptions
        {
            AllowPrivateNetworks = read.Flag("DATA_ALLOW_PRIVATE_NETWORKS"),
            AllowedPaths = read.Parsed("DATA_ALLOWED_PATHS", [], DataOptions.ParsePaths),
            StatementLimit = TimeSpan.FromSeconds(read.Whole("DATA_STATEMENT_SECONDS", otherwise: 30, min: 1, max: 3_600)),
        });

    private static void BindKnowledge(IServiceCollection services, SettingReader read)
    {
        var defaults = new KnowledgeOptions();
        services.AddSingleton(new IndexOptions
        {
            Bytes = read.Whole("SEARCH_MEMORY_MB", otherwise: 1_024, min: 1, max: 1 << 20) * 1024 * 1024,
            Idle = TimeSpan.FromMinutes(read.Whole("SEARCH_IDLE_MINUTES", otherwise: 30, min: 1, max: 1_440)),
        });
        services.AddSingleton(new KnowledgeOptions
        {
            CosineFloor = read.Parsed("SEARCH_COSINE_FLOOR", defaults.CosineFloor, Share),
        });
    }

    private static void BindMcp(IServiceCollection services, SettingReader read) =>
        services.AddSingleton(new McpOptions { AllowedOrigins = read.Parsed("MCP_ALLOWED_ORIGINS", [], McpOptions.ParseOrigins) });

    private static float Share(string text) =>
        float.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var share) && share <= 1
            ? share
            : throw new FormatException("a number from 0 to 1 is expected");

    private static void BindAnswers(IServiceCollection services, SettingReader read)
    {
        var defaults = new AiOptions();
        var ai = new AiOptions
        {
            BaseUrl = read.Address("AI_BASE_URL"),
            ApiKey = read.Text("AI_API_KEY"),
            Model = read.Text("AI_MODEL"),
            FirstTokenLimit = Seconds("AI_FIRST_TOKEN_SECONDS", defaults.FirstTokenLimit),
            IdleLimit = Seconds("AI_IDLE_SECONDS", defaults.IdleLimit),
            TotalLimit = Seconds("AI_TIMEOUT_SECONDS", defaults.TotalLimit),
            HistoryTokens = (int)read.Whole("AI_HISTORY_TOKENS", defaults.HistoryTokens, min: 0, max: 1_000_000),
            SourceTokens = (int)read.Whole("AI_SOURCE_TOKENS", defaults.SourceTokens, min: 100, max: 1_000_000),
            RecapTokens = (int)read.Whole("AI_RECAP_TOKENS", defaults.RecapTokens, min: 500, max: 1_000_000),
        };
        if (ai is { BaseUrl: not null, Model: null })
        {
            read.Refuse("AI_MODEL", "must name the model to ask at AI_BASE_URL", otherwise: "");
        }

        var orchestrator = read.Address("AI_ORCHESTRATOR_URL");
        services.AddSingleton(ai);
        services.AddSingleton(new TitleOptions { ByModel = read.Flag("CHAT_MODEL_TITLES", otherwise: true) && ai.BaseUrl is not null });
        services.AddSingleton(new ClientOptions { HasOrchestrator = orchestrator is not null });
        services.AddSingleton(new HttpOrchestratorOptions
        {
            Url = orchestrator,
            FirstByteLimit = ai.FirstTokenLimit,
            IdleLimit = ai.IdleLimit,
            TotalLimit = ai.TotalLimit,
        });

        TimeSpan Seconds(string name, TimeSpan otherwise) =>
            TimeSpan.FromSeconds(read.Whole(name, (long)otherwise.TotalSeconds, min: 1, max: 3_600));
    }

    private static void BindEmbeddings(IServiceCollection services, SettingReader read)
    {
        var embeddings = new EmbeddingOptions
        {
            BaseUrl = read.Address("EMBEDDING_BASE_URL"),
            ApiKey = read.Text("EMBEDDING_API_KEY"),
            Model = read.Text("EMBEDDING_MODEL"),
        };
        if (embeddings is { BaseUrl: not null, Model: null })
        {
            read.Refuse("EMBEDDING_MODEL", "must name the model to ask at EMBEDDING_BASE_URL", otherwise: "");
        }

        services.AddSingleton(embeddings);
    }

    private enum Role
    {
        All,
        Api,
        Worker,
    }
}
