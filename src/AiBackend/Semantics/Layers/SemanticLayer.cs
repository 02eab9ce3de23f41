using AiBackend.Documents;

namespace AiBackend.Semantics.Layers;

/// <summary>Models of a client's data: a folder in a repository, read by a server.</summary>
internal sealed record SemanticLayer : TenantDocument
{
    /// <summary>Unique per client.</summary>
    public required string Name { get; init; }

    /// <summary>Where the models are kept (<c>rep_…</c>).</summary>
    public required string RepositoryId { get; init; }

    /// <summary>Who answers queries over them (<c>srv_…</c>); null when there was none to choose.</summary>
    public string? ServerId { get; init; }

    /// <summary>The folder below the repository's base path; unique per repository.</summary>
    public required string Folder { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>A data store of a layer: what of it is modelled, when, and which of its rows are indexed. Its id follows from layer and store.</summary>
internal sealed record LayerStore : TenantDocument
{
    public required string LayerId { get; init; }

    public required string DataStoreId { get; init; }

    /// <summary>Patterns of tables (<c>name</c> or <c>schema.name</c>, <c>*</c> for any characters); empty: all.</summary>
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>Patterns of tables that are left out.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>A cron expression of five fields, in UTC; null: only when asked for.</summary>
    public string? Schedule { get; init; }

    /// <summary>When the schedule is due next; null without one.</summary>
    public DateTimeOffset? NextSyncAt { get; init; }

    /// <summary>Rows that are indexed for search.</summary>
    public IReadOnlyList<RowDocuments> Documents { get; init; } = [];

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The one id that a link of this layer and store has, so that there cannot be two.</summary>
    public static string IdFor(string layerId, string dataStoreId) => $"{layerId}:{dataStoreId}";
}

/// <summary>Rows of a table as documents of a collection.</summary>
internal sealed record RowDocuments
{
    /// <summary><c>name</c> or <c>schema.name</c>.</summary>
    public required string Table { get; init; }

    public required IReadOnlyList<string> TextColumns { get; init; }

    public string? TitleColumn { get; init; }

    public required string IdColumn { get; init; }

    /// <summary>A time of change by which a sync finds what is new; null: every sync reads all rows.</summary>
    public string? UpdatedColumn { get; init; }

    public required string CollectionId { get; init; }
}
