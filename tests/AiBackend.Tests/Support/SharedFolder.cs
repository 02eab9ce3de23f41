namespace AiBackend.Tests.Support;

/// <summary>The folder of test data and tools, which a clone elsewhere does not have.</summary>
internal static class SharedFolder
{
    /// <returns>The full path; the test is skipped with a reason where it is missing.</returns>
    public static string PathOrSkip(string relative)
    {
        var folder = Environment.GetEnvironmentVariable("SHARED_DIR") ?? Search();
        Assert.SkipWhen(folder is null, "SHARED_DIR is not set and no folder above holds ../shared.");
        var path = Path.Combine(folder, relative);
        Assert.SkipUnless(Path.Exists(path), $"{path} is missing.");
        return path;
    }

    private static string? Search()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (Directory.Exists(Path.Combine(folder.FullName, "shared", "models")))
            {
                return Path.Combine(folder.FullName, "shared");
            }
        }

        return null;
    }
}
