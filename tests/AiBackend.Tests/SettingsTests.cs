using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace AiBackend.Tests;

/// <summary>Holds the list of settings for operators to what the program reads.</summary>
public sealed partial class SettingsTests
{
    [Fact]
    public void Every_setting_that_is_read_is_in_the_example_and_no_other()
    {
        var read = Names(SettingRead(), File.ReadAllText(InRepository("src/AiBackend/Settings.cs")));
        var described = Names(SettingLine(), File.ReadAllText(InRepository(".env.example")));

        Assert.Equal(read, described);
    }

    private static SortedSet<string> Names(Regex pattern, string text) =>
        new(pattern.Matches(text).Select(match => match.Groups[1].Value), StringComparer.Ordinal);

    private static string InRepository(string path, [CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", path));

    [GeneratedRegex("\"([A-Z]+(?:_[A-Z]+)*)\"")]
    private static partial Regex SettingRead();

    [GeneratedRegex("^# ?([A-Z]+(?:_[A-Z]+)*)=", RegexOptions.Multiline)]
    private static partial Regex SettingLine();
}
