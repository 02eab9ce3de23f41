using System.ComponentModel.DataAnnotations;
using AiBackend.Http;

namespace AiBackend.Semantics.Layers;

/// <summary>What is set of a data store in a layer.</summary>
internal sealed record LayerStoreForm : IValidatableObject
{
    /// <summary>A database of the client (<c>dst_…</c>). It cannot be changed.</summary>
    public required string DataStoreId { get; init; }

    /// <summary>Tables to model: <c>name</c> or <c>schema.name</c>, with <c>*</c> for any characters; none: all.</summary>
    [Entries(200, MaxTextLength = 400)]
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>Tables to leave out, in the same form.</summary>
    [Entries(200, MaxTextLength = 400)]
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>When the store is synced by itself: cron with five fields (minute, hour, day, month, weekday), in UTC; null: only when asked for.</summary>
    [StringLength(200)]
    public string? Schedule { get; init; }

    /// <summary>Rows to index for search.</summary>
    [Entries(100)]
    public IReadOnlyList<RowDocumentsForm> Documents { get; init; } = [];

    public static LayerStoreForm Of(LayerStore link) => new()
    {
        DataStoreId = link.DataStoreId,
        Include = link.Include,
        Exclude = link.Exclude,
        Schedule = link.Schedule,
        Documents = [.. link.Documents.Select(RowDocumentsForm.Of)],
    };

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var now = validationContext.GetRequiredService<TimeProvider>().GetUtcNow();
        if (Schedule is not null && !SyncSchedule.IsSchedule(Schedule, now))
        {
            yield return new ValidationResult(
                "Five fields of cron are expected (minute, hour, day, month, weekday), such as 30 3 * * * for 03:30 UTC each day.", [nameof(Schedule)]);
        }

        var tables = Documents.Where(rows => rows is not null).Select(rows => (rows.Table, rows.CollectionId));
        if (tables.Distinct().Count() < Documents.Count(rows => rows is not null))
        {
            yield return new ValidationResult("A table goes into a collection once.", [nameof(Documents)]);
        }
    }
}

/// <summary>Rows of a table that become documents of a collection.</summary>
internal sealed record RowDocumentsForm : IValidatableObject
{
    /// <summary><c>name</c> or <c>schema.name</c>.</summary>
    [Name(400)]
    public required string Table { get; init; }

    /// <summary>What is searched, in this order.</summary>
    [Entries(50, MaxTextLength = 200)]
    public required IReadOnlyList<string> TextColumns { get; init; }

    [Name(200)]
    public string? TitleColumn { get; init; }

    /// <summary>What tells rows apart: unique, and never null.</summary>
    [Name(200)]
    public required string IdColumn { get; init; }

    /// <summary>A time that each change of a row sets, by which a sync finds what is new; without it every sync reads all rows.</summary>
    [Name(200)]
    public string? UpdatedColumn { get; init; }

    /// <summary>A collection of the client (<c>col_…</c>).</summary>
    public required string CollectionId { get; init; }

    public static RowDocumentsForm Of(RowDocuments rows) => new()
    {
        Table = rows.Table,
        TextColumns = rows.TextColumns,
        TitleColumn = rows.TitleColumn,
        IdColumn = rows.IdColumn,
        UpdatedColumn = rows.UpdatedColumn,
        CollectionId = rows.CollectionId,
    };

    public RowDocuments ToRows() => new()
    {
        Table = Table,
        TextColumns = TextColumns,
        TitleColumn = TitleColumn,
        IdColumn = IdColumn,
        UpdatedColumn = UpdatedColumn,
        CollectionId = CollectionId,
    };

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (TextColumns.Count == 0)
        {
            yield return new ValidationResult("At least one column is expected.", [nameof(TextColumns)]);
        }
    }
}

/// <summary>A data store in a layer, as it is answered.</summary>
internal sealed record LayerStoreResponse(
    string LayerId,
    string DataStoreId,
    IReadOnlyList<string> Include,
    IReadOnlyList<string> Exclude,
    string? Schedule,
    DateTimeOffset? NextSyncAt,
    IReadOnlyList<RowDocuments> Documents,
    long Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt) : IVersioned
{
    public static LayerStoreResponse From(LayerStore link) => new(
        link.LayerId,
        link.DataStoreId,
        link.Include,
        link.Exclude,
        link.Schedule,
        link.NextSyncAt,
        link.Documents,
        link.Version,
        link.CreatedAt,
        link.UpdatedAt);
}
