namespace AiBackend.Clients;

/// <summary>What a client decides about how the service works for it.</summary>
internal sealed record ClientSettings
{
    /// <summary>How messages are answered.</summary>
    public ChatSettings Chat { get; init; } = new();
}

/// <summary>How a client's messages are answered.</summary>
internal sealed record ChatSettings
{
    /// <summary>Put before the service's own instructions to the model; null: none.</summary>
    public string? SystemPrompt { get; init; }

    /// <summary>The model to ask instead of the one the operator set.</summary>
    public string? Model { get; init; }

    /// <summary>What the user reads when no answer could be made.</summary>
    public string? ErrorMessage { get; init; }

    /// <summary>What the user reads when a person takes over.</summary>
    public string? HandoverMessage { get; init; }

    /// <summary>Below this confidence, 0 to 1, a person takes over.</summary>
    public double MinConfidence { get; init; } = 0.25;

    /// <summary>How many earlier messages an answer may take into account.</summary>
    public int HistoryMessages { get; init; } = 50;

    /// <summary>The collections (<c>col_…</c>) that answers come from; null: all.</summary>
    public IReadOnlyList<string>? Collections { get; init; }

    /// <summary>Who answers.</summary>
    public OrchestratorKind Orchestrator { get; init; }

    /// <summary>Where the outside orchestrator is; null: where the operator set.</summary>
    public string? OrchestratorUrl { get; init; }
}

/// <summary>Who answers a client's messages.</summary>
internal enum OrchestratorKind
{
    /// <summary>The service itself: with the model when one is set, from the documents' own sentences otherwise.</summary>
    Builtin,

    /// <summary>A service of the client's or the operator's, asked over HTTP.</summary>
    Http,
}
