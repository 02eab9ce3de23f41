using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace AiBackend.Tests;

/// <summary>Holds the directions between folders: what a folder's files may name of other folders.</summary>
public sealed partial class ArchitectureTests
{
    private static readonly string[] Ground = ["Ai", "Clients", "Events", "Http", "Indexes", "Jobs"];

    private static readonly Dictionary<string, string[]> MayUse = new()
    {
        ["Http"] = [],
        ["Indexes"] = [],
        ["Ai"] = ["Http"],
        ["Jobs"] = ["Http"],
        ["Events"] = ["Clients", "Http", "Jobs"],
        ["Clients"] = ["Events", "Http", "Jobs"],
        ["DataStores"] = Ground,
        ["Knowledge"] = [.. Ground, "DataStores"],
        ["Semantics"] = [.. Ground, "DataStores", "Knowledge"],
        ["Orchestration"] = [.. Ground, "Knowledge", "Semantics"],
        ["Chat"] = [.. Ground, "Orchestration"],
        ["OpenAi"] = [.. Ground, "Knowledge", "Orchestration", "Chat"],
        ["Mcp"] = [.. Ground, "Knowledge", "Semantics", "Orchestration", "Chat", "OpenAi", "Service"],
        ["Service"] = [.. Ground, "DataStores", "Knowledge", "Semantics", "Orchestration", "Chat"],
    };

    public static TheoryData<string> Folders => [.. Directory.GetDirectories(Source("AiBackend")).Select(Path.GetFileName)
        .Where(name => name is not (null or "Properties" or "bin" or "obj")).Select(name => name!)];

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_feature_uses_only_what_lies_below_it(string folder)
    {
        Assert.True(MayUse.TryGetValue(folder, out var allowed), $"Say in this test what the folder {folder} may use.");

        var broken = UsesOf(Source("AiBackend", folder))
            .Where(use => MayUse.ContainsKey(use.Folder) && use.Folder != folder && !allowed.Contains(use.Folder));

        Assert.Empty(broken);
    }

    [Theory]
    [InlineData("AiBackend.Documents")]
    [InlineData("AiBackend.Documents.Sqlite")]
    [InlineData("AiBackend.Documents.Mongo")]
    [InlineData("AiBackend.Search")]
    public void An_adapter_and_an_engine_see_nothing_of_the_features(string project) =>
        Assert.DoesNotContain(UsesOf(Source(project)), use => MayUse.ContainsKey(use.Folder));

    [Fact]
    public void Only_the_program_names_a_storage_adapter() =>
        Assert.DoesNotContain(
            UsesOf(Source("AiBackend")),
            use => use.Folder is "Documents.Sqlite" or "Documents.Mongo" && Path.GetFileName(use.File) != "Program.cs");

    private static IEnumerable<(string File, string Folder)> UsesOf(string directory) =>
        from file in Directory.EnumerateFiles(directory, "*.cs", SearchOption.AllDirectories)
        where !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal)
        from Match use in Uses().Matches(File.ReadAllText(file))
        select (file, use.Groups[1].Value is "Documents" ? use.Groups[1].Value + use.Groups[2].Value : use.Groups[1].Value);

    private static string Source(params string[] path) => Path.Combine([Root(), "src", .. path]);

    private static string Root([CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", ".."));

    [GeneratedRegex(@"\bAiBackend\.(\w+)((?:\.\w+)*)")]
    private static partial Regex Uses();
}
