using System.Text;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Semantics.Models;
using AiBackend.Semantics.Repositories;

namespace AiBackend.Semantics.Layers;

/// <summary>Reads a layer's models where they are kept, in git.</summary>
internal sealed class LayerModels(SemanticRepositories repositories, GitRepositories git)
{
    private const string CursorStart = "models:";
    private static readonly string[] Endings = [".yml", ".yaml", ".js"];

    /// <summary>A part of the models, by path.</summary>
    /// <exception cref="ApiException">The repository cannot be read.</exception>
    public async Task<ModelPageResponse> PageAsync(SemanticLayer layer, PageRequest page, bool isDescending, CancellationToken ct)
    {
        var after = page.Cursor is null ? null : PathOf(page.Cursor);
        var files = await ReadAsync(layer, ct);
        var paths = files.Files.Keys.Where(IsModel).Order(StringComparer.Ordinal).ToList();
        if (isDescending)
        {
            paths.Reverse();
        }

        var rest = after is null
            ? paths
            : paths.SkipWhile(path => isDescending ? string.CompareOrdinal(path, after) >= 0 : string.CompareOrdinal(path, after) <= 0).ToList();
        ModelEntry[] data = [.. rest.Take(page.Limit).Select(EntryOf)];
        return new ModelPageResponse(files.Commit, data, rest.Count > page.Limit ? CursorOf(data[^1].Path) : null);
    }

    /// <summary>One model; the first by path where hand-made ones share the name.</summary>
    /// <exception cref="ApiException">404; the repository cannot be read.</exception>
    public async Task<ModelResponse> GetAsync(SemanticLayer layer, string name, CancellationToken ct)
    {
        var files = await ReadAsync(layer, ct);
        var path = files.Files.Keys.Where(IsModel).Order(StringComparer.Ordinal).FirstOrDefault(path => NameOf(path) == name);
        if (path is null)
        {
            throw ApiException.NotFound();
        }

        var entry = EntryOf(path);
        return new ModelResponse(entry.Name, entry.Path, entry.DataStoreId, files.Commit!, files.Files[path]);
    }

    private async Task<GitFiles> ReadAsync(SemanticLayer layer, CancellationToken ct)
    {
        try
        {
            return await git.ReadAsync(await repositories.OfLayerAsync(layer, ct), layer.Folder, ct);
        }
        catch (GitException error)
        {
            throw new ApiException(StatusCodes.Status503ServiceUnavailable, "unavailable", $"The repository cannot be read. {error.Message}")
            {
                RetryAfter = TimeSpan.FromSeconds(10),
            };
        }
    }

    private static bool IsModel(string path) =>
        Array.Exists(Endings, ending => path.EndsWith(ending, StringComparison.Ordinal)) && !LayerPaths.IsOfInnerLayer(path);

    private static string NameOf(string path) => Path.GetFileNameWithoutExtension(path);

    private static ModelEntry EntryOf(string path)
    {
        var first = path.Split('/')[0];
        return new ModelEntry(NameOf(path), path, Ids.IsId("dst", first) ? first : null);
    }

    private static string CursorOf(string path) => Convert.ToBase64String(Encoding.UTF8.GetBytes(CursorStart + path));

    private static string PathOf(string cursor)
    {
        var bytes = new byte[cursor.Length];
        var text = Convert.TryFromBase64String(cursor, bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length) : string.Empty;
        return text.StartsWith(CursorStart, StringComparison.Ordinal) ? text[CursorStart.Length..] : throw new InvalidCursorException();
    }
}

/// <summary>A model in git.</summary>
/// <param name="Name">The cube that it is made for: its file's name.</param>
/// <param name="Path">Below the layer's folder.</param>
/// <param name="DataStoreId">The data store that it is about; null for one that was put elsewhere by hand.</param>
internal sealed record ModelEntry(string Name, string Path, string? DataStoreId);

/// <summary>A part of a layer's models.</summary>
/// <param name="Commit">The branch's head; null in a repository without a commit.</param>
/// <param name="Data">By path.</param>
/// <param name="NextCursor">Asks for the next part; null when this is the last.</param>
internal sealed record ModelPageResponse(string? Commit, IReadOnlyList<ModelEntry> Data, string? NextCursor);

/// <summary>A model, as it is in git.</summary>
/// <param name="Commit">The branch's head.</param>
/// <param name="Text">The file.</param>
internal sealed record ModelResponse(string Name, string Path, string? DataStoreId, string Commit, string Text);
