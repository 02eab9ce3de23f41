using System.Text;
using LibGit2Sharp;

namespace AiBackend.Semantics.Repositories;

/// <summary>Reads texts from trees and writes them into trees, without a working copy: a link in a tree is an entry like any other, and leads nowhere.</summary>
internal sealed class GitTrees(Repository objects, GitOptions options, CancellationToken ct)
{
    private static readonly UTF8Encoding Text = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Dictionary<string, string> files = new(StringComparer.Ordinal);
    private int entries;
    private long bytes;

    /// <summary>The texts below a folder.</summary>
    /// <exception cref="GitException">There are too many, or one is too large.</exception>
    public IReadOnlyDictionary<string, string> Read(Tree root, string folder)
    {
        if (folder.Length == 0)
        {
            ReadTree(root, string.Empty);
        }
        else if (root[folder] is { TargetType: TreeEntryTargetType.Tree } entry)
        {
            ReadTree((Tree)entry.Target, string.Empty);
        }

        return files;
    }

    /// <summary>The tree with texts written below a folder; null removes.</summary>
    public static Tree Write(Repository objects, Tree? root, string folder, IReadOnlyDictionary<string, string?> changes)
    {
        var definition = root is null ? new TreeDefinition() : TreeDefinition.From(root);
        foreach (var (path, text) in changes.OrderBy(change => change.Key, StringComparer.Ordinal))
        {
            RequirePlain(path);
            var full = folder.Length == 0 ? path : $"{folder}/{path}";
            if (text is null)
            {
                definition.Remove(full);
                continue;
            }

            using var content = new MemoryStream(Text.GetBytes(text));
            var mode = root?[full] is { Mode: Mode.ExecutableFile } ? Mode.ExecutableFile : Mode.NonExecutableFile;
            definition.Add(full, objects.ObjectDatabase.CreateBlob(content, content.Length), mode);
        }

        return objects.ObjectDatabase.CreateTree(definition);
    }

    private static void RequirePlain(string path)
    {
        if (path.Split('/').Any(part => part is "" or "." or ".." || part.Equals(".git", StringComparison.OrdinalIgnoreCase))
            || path.Contains('\\', StringComparison.Ordinal) || path.Any(char.IsControl))
        {
            throw new ArgumentException($"'{path}' is not a path that can be kept in git.", nameof(path));
        }
    }

    private void ReadTree(Tree tree, string prefix)
    {
        foreach (var entry in tree)
        {
            ct.ThrowIfCancellationRequested();
            if (++entries > options.MaxFiles)
            {
                throw new GitException(GitFault.TooLarge, $"The folder holds more than the {options.MaxFiles} files that are taken.");
            }

            var path = prefix + entry.Name;
            switch (entry.TargetType)
            {
                case TreeEntryTargetType.Tree:
                    ReadTree((Tree)entry.Target, path + "/");
                    break;
                case TreeEntryTargetType.Blob when entry.Mode is Mode.NonExecutableFile or Mode.ExecutableFile or Mode.NonExecutableGroupWritableFile:
                    ReadFile((Blob)entry.Target, path);
                    break;
                default:
                    break;
            }
        }
    }

    private void ReadFile(Blob blob, string path)
    {
        var size = objects.ObjectDatabase.RetrieveObjectMetadata(blob.Id).Size;
        if (size > options.MaxFileBytes)
        {
            throw new GitException(GitFault.TooLarge, $"The file {path} is larger than the {options.MaxFileBytes >> 10} KiB that are taken.");
        }

        bytes += size;
        if (bytes > options.MaxFolderBytes)
        {
            throw new GitException(GitFault.TooLarge, $"The files of the folder are together larger than the {options.MaxFolderBytes >> 20} MiB that are taken.");
        }

        using var content = blob.GetContentStream();
        var buffer = new byte[size];
        content.ReadExactly(buffer);
        if (buffer.AsSpan().Contains((byte)0))
        {
            return;
        }

        try
        {
            files[path] = Text.GetString(buffer);
        }
        catch (DecoderFallbackException)
        {
            // No text, so no model.
        }
    }
}
