using System.Text;
using AiBackend.DataStores;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Semantics.Layers;
using AiBackend.Semantics.Models;
using AiBackend.Semantics.Repositories;
using AiBackend.Semantics.Rows;

namespace AiBackend.Semantics.Sync;

/// <summary>What a job works on.</summary>
internal sealed record SyncSubject(SemanticLayer Layer, LayerStore Link, DataStore Store, SemanticRepository Repository);

/// <summary>One worker's go at a job: does its phases from the one that was stored on.</summary>
internal sealed class SyncRun(
    SyncSubject subject,
    SyncJournal journal,
    TenantDocuments documents,
    ConnectionTarget target,
    IConnector connector,
    GitRepositories git,
    RowIndexer rows)
{
    // Clocks of machines differ.
    private static readonly TimeSpan Leeway = TimeSpan.FromMinutes(10);

    private readonly GeneratedModels models = new(documents, subject.Link);
    private DatabaseSchema? schema;

    private string Folder => $"{subject.Layer.Folder}/{subject.Store.Id}";

    /// <summary>Does what is left of the job, and ends it.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        if (journal.Job.Phase < SyncPhase.Merge)
        {
            await GenerateAsync(ct);
        }

        if (journal.Job.Phase == SyncPhase.Merge && !await MergeAsync(ct))
        {
            return;
        }

        if (journal.Job.Phase == SyncPhase.Commit)
        {
            await CommitAsync(ct);
        }

        if (journal.Job.Phase == SyncPhase.Index)
        {
            await IndexAsync(ct);
        }

        await journal.EndAsync(SyncStatus.Completed, "Completed.", error: null);
    }

    private async Task GenerateAsync(CancellationToken ct)
    {
        await journal.EnterAsync(SyncPhase.Connect, "Connecting to the database.", change: null, told: null, ct);
        var report = await connector.TestAsync(target, ct);
        await journal.EnterAsync(SyncPhase.Introspect, $"Connected to {report.ServerVersion}; reading the schema.", change: null, told: null, ct);
        var found = await SchemaAsync(ct);
        await journal.EnterAsync(SyncPhase.Generate, $"Read {found.Tables.Count} tables and views; generating models.", change: null, told: null, ct);
        var head = await git.ReadAsync(subject.Repository, subject.Layer.Folder, ct);
        var bases = await models.ReadAsync(ModelRole.Base, ct);
        var generated = ModelGenerator.Generate(new ModelRequest
        {
            Schema = found,
            Kind = subject.Store.Kind,
            DataStoreId = subject.Store.Id,
            DataStoreName = subject.Store.Name,
            Include = subject.Link.Include,
            Exclude = subject.Link.Exclude,
            TakenNames = head.Files.Where(file => !IsOwn(file.Key, bases) && !IsOfBefore(file.Key, file.Value, bases) && !LayerPaths.IsOfInnerLayer(file.Key))
                .SelectMany(file => ModelPlan.NamesIn(file.Value)).ToHashSet(StringComparer.Ordinal),
        });
        await models.ReplaceAsync(ModelRole.Pending, journal.Job.Id, generated.Files, merged: null, ct);
        await journal.EnterAsync(
            SyncPhase.Merge,
            $"Generated {generated.Files.Count} models of {generated.Tables} tables; merging them with what is in git.",
            job => job with { Tables = generated.Tables, Progress = new SyncProgress(generated.Tables, generated.Tables) },
            told: null,
            ct);
    }

    // False when the job has ended with this.
    private async Task<bool> MergeAsync(CancellationToken ct)
    {
        var planning = await PlanningAsync(ct);
        var head = await git.ReadAsync(subject.Repository, PlaceOf(planning), ct);
        var plan = planning.Plan(head);
        plan.RequireNoConflict();
        var diff = plan.Diff(head.Files, subject.Store.Id);
        if (plan.IsAnew)
        {
            await journal.LogAsync(SyncLevel.Warning, Lost, ct);
        }

        if (!journal.Job.IsDryRun)
        {
            await journal.EnterAsync(SyncPhase.Commit, $"Merged: {Words(diff)}; committing.", job => job with { Diff = diff }, told: null, ct);
            return true;
        }

        await journal.KeepDiffAsync(TextOf(plan, head.Files), ct);
        await models.RemoveAsync(ModelRole.Pending, ct);
        await journal.EndAsync(SyncStatus.Completed, $"Would change: {Words(diff)}.", error: null, job => job with { Diff = diff });
        return false;
    }

    private async Task CommitAsync(CancellationToken ct)
    {
        var planning = await PlanningAsync(ct);
        var outcome = await git.CommitAsync(
            subject.Repository,
            new GitChange
            {
                Place = PlaceOf(planning),
                Change = head =>
                {
                    var plan = planning.Plan(head);
                    plan.RequireNoConflict();
                    return plan.Changes;
                },
                Message = Message,
                Author = "AI Backend",
                JobId = journal.Job.Id,
                Since = journal.Job.CreatedAt - Leeway,
            },
            ct);

        // From here on the commit is public: the rest belongs to it and is done to its end.
        await KeepAsync(planning, outcome, ct);
        var diff = new SyncDiff(Below(outcome.Diff.Added), Below(outcome.Diff.Changed), Below(outcome.Diff.Removed));
        var text = outcome.NothingChanged ? "Nothing to commit." : $"{(outcome.AlreadyDone ? "Found the" : "Made")} commit {outcome.Commit} on {outcome.Branch}.";
        await journal.EnterAsync(
            SyncPhase.Index,
            text,
            job => job with { Progress = new SyncProgress(0, null), Commit = outcome.Commit, Branch = outcome.Branch, Diff = diff },
            outcome.NothingChanged ? null : ChangedEvent(outcome, diff),
            ct);
        await models.RemoveAsync(ModelRole.Pending, ct);
    }

    private async Task IndexAsync(CancellationToken ct)
    {
        var work = new RowSync
        {
            JobId = journal.Job.Id,
            Link = subject.Link,
            Schema = subject.Link.Documents.Count == 0 ? new DatabaseSchema([]) : await SchemaAsync(ct),
            Target = target,
            Connector = connector,
        };
        var report = new RowReport(
            (done, total, stop) => journal.ReportAsync(new SyncProgress(done, total), stop),
            (text, isWarning, stop) => journal.LogAsync(isWarning ? SyncLevel.Warning : SyncLevel.Info, text, stop));
        var counts = await rows.RunAsync(work, report, ct);
        await journal.EnterAsync(SyncPhase.Notify, "Rows are documents.", job => job with { Rows = counts }, told: null, ct);
    }

    private async Task KeepAsync(ModelPlanning planning, GitOutcome outcome, CancellationToken ct)
    {
        if (subject.Repository.Mode is CommitMode.Direct || outcome.NothingChanged)
        {
            await models.ReplaceAsync(ModelRole.Base, journal.Job.Id, planning.Generated, merged: null, ct);
            await models.RemoveAsync(ModelRole.Proposed, ct);
            return;
        }

        // The branch itself is as it was; the base of its files is what was merged from.
        var plan = planning.Plan(await git.ReadAsync(subject.Repository, PlaceOf(planning), ct));
        await models.ReplaceAsync(ModelRole.Base, journal.Job.Id, plan.Pasts, merged: null, ct);
        await models.ReplaceAsync(ModelRole.Proposed, journal.Job.Id, planning.Generated, plan.Merged, ct);
    }

    private async Task<ModelPlanning> PlanningAsync(CancellationToken ct)
    {
        var pending = await models.ReadAsync(ModelRole.Pending, ct);
        return new ModelPlanning(
            await models.ReadAsync(ModelRole.Base, ct),
            await models.ReadAsync(ModelRole.Proposed, ct),
            pending.ToDictionary(model => model.Key, model => model.Value.Text, StringComparer.Ordinal));
    }

    private async Task<DatabaseSchema> SchemaAsync(CancellationToken ct) => schema ??= await connector.ReadSchemaAsync(target, ct);

    private GitPlace PlaceOf(ModelPlanning planning) => new(Folder, planning.IsLater ? subject.Layer.Folder : null);

    private string Lost =>
        $"Nothing of what was generated earlier is in {GitFolders.Join(subject.Repository.BasePath, Folder)} on {subject.Repository.Branch}, and nobody removed "
        + "this folder by itself: all its models are generated anew. What was changed in them by hand is not in them any more.";

    private bool IsOwn(string path, IReadOnlyDictionary<string, GeneratedModel> bases) =>
        path.StartsWith($"{subject.Store.Id}/", StringComparison.Ordinal) && bases.ContainsKey(path[(subject.Store.Id.Length + 1)..]);

    // The store was in the layer before: its models are merged with rather than made once more under other names.
    private bool IsOfBefore(string path, string text, IReadOnlyDictionary<string, GeneratedModel> bases) =>
        bases.Count == 0 && path.StartsWith($"{subject.Store.Id}/", StringComparison.Ordinal)
        && ModelPlan.NamesIn(text).SequenceEqual([Path.GetFileNameWithoutExtension(path)], StringComparer.Ordinal);

    private IReadOnlyList<string> Below(IReadOnlyList<string> files) => [.. files.Select(file => $"{subject.Store.Id}/{file}")];

    private string Message(GitDiff diff) =>
        $"Sync {subject.Store.Name}: {Words(new SyncDiff(diff.Added, diff.Changed, diff.Removed))}\n\n"
        + $"Models of {journal.Job.Tables} tables and views of the data store {subject.Store.Id}.";

    private string TextOf(PlannedModels plan, IReadOnlyDictionary<string, string> current)
    {
        var text = new StringBuilder();
        foreach (var (file, made) in plan.Changes)
        {
            text.Append(UnifiedDiff.Of($"{GitFolders.Join(subject.Repository.BasePath, Folder)}/{file}", current.GetValueOrDefault(file), made));
        }

        return text.ToString();
    }

    private NewEvent ChangedEvent(GitOutcome outcome, SyncDiff diff) => new(EventTypes.SemanticModelChanged, "model", subject.Layer.Id)
    {
        ParentId = journal.Job.Id,
        Data = EventData.Of("model", new ChangedModels(subject.Layer.Id, subject.Store.Id, journal.Job.Id, outcome.Commit!, outcome.Branch, diff)),
        TraceId = journal.Job.TraceId,
    };

    private static string Words(SyncDiff diff) => $"{diff.Added.Count} added, {diff.Changed.Count} changed, {diff.Removed.Count} removed";
}

/// <summary>What is told of a commit of models.</summary>
internal sealed record ChangedModels(string LayerId, string DataStoreId, string SyncJobId, string Commit, string Branch, SyncDiff Diff);
