using System.ComponentModel.DataAnnotations;
using AiBackend.Documents;
using AiBackend.Http;

namespace AiBackend.Clients;

/// <summary>How the service behaves for one client. Stored, sent and patched in this form; every field has a default.</summary>
internal sealed record ClientSettings
{
    public ThreadSettings Threads { get; init; } = new();

    public ChatSettings Chat { get; init; } = new();

    public AnalysisSettings Analysis { get; init; } = new();

    public TaxonomySettings Taxonomy { get; init; } = new();

    public RetentionSettings Retention { get; init; } = new();

    public QuotaSettings Quotas { get; init; } = new();
}

/// <summary>Whether a conversation that fell silent is closed and a new one opened.</summary>
internal sealed record ThreadSettings
{
    public bool Enabled { get; init; }

    /// <summary>One minute to one year.</summary>
    [Range(1, 525_600)]
    public int InactivityMinutes { get; init; } = 1_440;
}

/// <summary>How messages are answered.</summary>
internal sealed record ChatSettings : IValidatableObject
{
    /// <summary>What a model is told before the conversation.</summary>
    [StringLength(32_768)]
    public string? SystemPrompt { get; init; }

    /// <summary>The chat model; null: the service's own (<c>AI_MODEL</c>).</summary>
    [Name(200)]
    public string? Model { get; init; }

    /// <summary>What the user reads when no answer could be made.</summary>
    [Name(2_000)]
    public string ErrorMessage { get; init; } = "Sorry, something went wrong. Please try again.";

    /// <summary>What the user reads when a person takes over.</summary>
    [Name(2_000)]
    public string HandoverMessage { get; init; } = "I am passing you on to a colleague, who will answer here.";

    /// <summary>An answer below this confidence, 0 to 1, is handed over to a person.</summary>
    [Range(0.0, 1.0)]
    public double MinConfidence { get; init; } = 0.25;

    /// <summary>How many of the latest messages are read before answering.</summary>
    [Range(0, 500)]
    public int HistoryMessages { get; init; } = 50;

    /// <summary>Where answers are looked for (<c>col_…</c>); null: in all collections.</summary>
    [Entries(100)]
    public IReadOnlyList<string>? Collections { get; init; }

    /// <summary>Whether questions about the client's data are answered with numbers: to whoever may write to the chat.</summary>
    public bool DataQuestions { get; init; } = true;

    public OrchestratorKind Orchestrator { get; init; }

    /// <summary>Where an outside orchestrator is asked; null: the service's own (<c>AI_ORCHESTRATOR_URL</c>).</summary>
    [WebAddress(IsConnectedTo = true)]
    public string? OrchestratorUrl { get; init; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        for (var i = 0; i < Collections?.Count; i++)
        {
            if (!Ids.IsId("col", Collections[i]))
            {
                yield return new ValidationResult($"{Collections[i]} is not the id of a collection.", [nameof(Collections)]);
            }
        }

        if (Orchestrator is OrchestratorKind.Http && OrchestratorUrl is null && !validationContext.GetRequiredService<ClientOptions>().HasOrchestrator)
        {
            yield return new ValidationResult(
                "The service has no orchestrator of its own (AI_ORCHESTRATOR_URL): name one in orchestrator_url.", [nameof(Orchestrator)]);
        }
    }
}

/// <summary>Who makes the answers.</summary>
internal enum OrchestratorKind
{
    /// <summary>This service, from the client's documents, with a model when one is set up.</summary>
    Builtin,

    /// <summary>An outside service, over HTTP.</summary>
    Http,
}

/// <summary>What is found out about messages.</summary>
internal sealed record AnalysisSettings
{
    /// <summary>Done for each message as it comes in.</summary>
    [Entries(16)]
    public IReadOnlyList<MessageAnalysis> OnMessage { get; init; } = [];
}

/// <summary>One thing that can be found out about a message as it comes in.</summary>
internal enum MessageAnalysis
{
    Category,
    Intent,
    Sentiment,
    Language,
    Pii,
}

/// <summary>The classes that messages are sorted into.</summary>
internal sealed record TaxonomySettings
{
    [Entries(200)]
    public IReadOnlyList<TaxonomyEntry> Categories { get; init; } = [];

    [Entries(200)]
    public IReadOnlyList<TaxonomyEntry> Intents { get; init; } = [];
}

/// <summary>One class of messages.</summary>
internal sealed record TaxonomyEntry
{
    [Name(100)]
    public required string Name { get; init; }

    [StringLength(2_000)]
    public string? Description { get; init; }

    /// <summary>Messages that belong to it.</summary>
    [Entries(50, MaxTextLength = 1_000)]
    public IReadOnlyList<string> Examples { get; init; } = [];
}

/// <summary>How long things are kept; null: for ever.</summary>
internal sealed record RetentionSettings
{
    [Range(1, 36_500)]
    public int? MessagesDays { get; init; }

    [Range(1, 36_500)]
    public int? EventsDays { get; init; }
}

/// <summary>How much the client may use; null: without limit. Set by an admin.</summary>
internal sealed record QuotaSettings
{
    [NotNegative]
    public long? RequestsPerMinute { get; init; }

    [NotNegative]
    public long? MessagesPerDay { get; init; }

    [NotNegative]
    public long? TokensPerDay { get; init; }

    [NotNegative]
    public long? Documents { get; init; }

    [NotNegative]
    public long? DataStores { get; init; }
}
