namespace AiBackend.Clients;

/// <summary>A file with a secret, for its owner's eyes only.</summary>
internal static class OwnerFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes the text as a line, into a folder that is made if need be. A file that is there already is left as it is.</summary>
    public static void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);

        // Complete before it has its name, so that a second process on the same folder never reads half of it.
        var draft = $"{path}.{Environment.ProcessId}";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        using (var file = new StreamWriter(draft, options))
        {
            file.WriteLine(text);
        }

        try
        {
            File.Move(draft, path);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(draft);
        }
    }
}
