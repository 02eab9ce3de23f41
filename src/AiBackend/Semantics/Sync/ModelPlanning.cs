using AiBackend.Semantics.Models;
using AiBackend.Semantics.Repositories;

namespace AiBackend.Semantics.Sync;

/// <summary>What is to be changed in a data store's folder: a function of what is there, and of what was and is generated.</summary>
/// <param name="bases">What was generated last, by file.</param>
/// <param name="proposed">What was committed for review last, by file.</param>
/// <param name="generated">What is generated now, by file.</param>
internal sealed class ModelPlanning(
    IReadOnlyDictionary<string, GeneratedModel> bases,
    IReadOnlyDictionary<string, GeneratedModel> proposed,
    IReadOnlyDictionary<string, string> generated)
{
    /// <summary>What is generated now, by file.</summary>
    public IReadOnlyDictionary<string, string> Generated => generated;

    /// <summary>Whether anything was generated earlier, so that it matters why files of it are not in git.</summary>
    public bool IsLater => bases.Count > 0;

    /// <summary>Merges.</summary>
    /// <param name="head">What is at the branch's head. If that has lost the folder, nothing counts as removed by hand.</param>
    public PlannedModels Plan(GitFiles head)
    {
        var current = head.Files;
        var known = head.IsLost ? [] : bases.Keys.Union(proposed.Keys, StringComparer.Ordinal);
        var pasts = known.Select(file => KeyValuePair.Create(file, PastOf(file, current.GetValueOrDefault(file))))
            .Where(past => past.Value is not null).ToDictionary(past => past.Key, past => past.Value!, StringComparer.Ordinal);
        var plan = ModelPlan.Of(pasts, current, generated);
        var merged = generated.Keys.Select(file => KeyValuePair.Create(file, plan.Changes.TryGetValue(file, out var text) ? text : current.GetValueOrDefault(file)))
            .Where(file => file.Value is not null).ToDictionary(file => file.Key, file => file.Value!, StringComparer.Ordinal);
        return new PlannedModels(plan.Changes, plan.Conflicts, pasts, merged) { IsAnew = head.IsLost };
    }

    // What was proposed is the base from when the branch holds it.
    private string? PastOf(string file, string? ours) =>
        ours is not null && proposed.GetValueOrDefault(file) is { } offered && (ours == offered.Merged || ours == offered.Text)
            ? offered.Text
            : bases.GetValueOrDefault(file)?.Text;
}

/// <summary>A merge of all files.</summary>
/// <param name="Changes">Texts to write, null to remove.</param>
/// <param name="Conflicts">With any, nothing is to be written.</param>
/// <param name="Pasts">What each file was merged from.</param>
/// <param name="Merged">Each file as it shall be.</param>
internal sealed record PlannedModels(
    IReadOnlyDictionary<string, string?> Changes,
    IReadOnlyList<ModelConflict> Conflicts,
    IReadOnlyDictionary<string, string> Pasts,
    IReadOnlyDictionary<string, string> Merged)
{
    private const int ConflictsTold = 20;

    /// <summary>Whether git has lost what was generated earlier, so that all is written again.</summary>
    public bool IsAnew { get; init; }

    /// <summary>Which files are different, with a folder before their names.</summary>
    public SyncDiff Diff(IReadOnlyDictionary<string, string> current, string folder) => new(
        [.. Changes.Where(change => change.Value is not null && !current.ContainsKey(change.Key)).Select(change => $"{folder}/{change.Key}")],
        [.. Changes.Where(change => change.Value is not null && current.ContainsKey(change.Key)).Select(change => $"{folder}/{change.Key}")],
        [.. Changes.Where(change => change.Value is null).Select(change => $"{folder}/{change.Key}")]);

    /// <summary>Throws when there is any conflict, naming file and path of each.</summary>
    public void RequireNoConflict()
    {
        if (Conflicts.Count > 0)
        {
            var more = Conflicts.Count > ConflictsTold ? $" … and {Conflicts.Count - ConflictsTold} more" : "";
            throw new SyncFailedException(
                "merge_conflict",
                $"What was changed by hand cannot be merged with what is generated: {string.Join("; ", Conflicts.Take(ConflictsTold))}{more}. "
                + "Change each file so that it is valid and agrees with one of them, and sync again.");
        }
    }
}
