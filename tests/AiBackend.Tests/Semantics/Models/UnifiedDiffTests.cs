using System.Diagnostics;
using AiBackend.Semantics.Models;
using CsCheck;

namespace AiBackend.Tests.Semantics.Models;

public sealed class UnifiedDiffTests
{
    [Fact]
    public void A_change_is_shown_with_three_lines_around_it() => Assert.Equal(
        """
        diff --git a/m/orders.yml b/m/orders.yml
        --- a/m/orders.yml
        +++ b/m/orders.yml
        @@ -2,7 +2,8 @@
         2
         3
         4
        -5
        +five
        +more
         6
         7
         8

        """,
        UnifiedDiff.Of("m/orders.yml", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\nmore\n6\n7\n8\n9\n"));

    [Fact]
    public void New_and_removed_files_and_missing_line_ends_are_told()
    {
        Assert.Equal("diff --git a/f b/f\nnew file mode 100644\n--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+a\n", UnifiedDiff.Of("f", null, "a\n"));
        Assert.Equal("diff --git a/f b/f\ndeleted file mode 100644\n--- a/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n", UnifiedDiff.Of("f", "a\n", null));
        Assert.Equal("diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+a\n\\ No newline at end of file\n", UnifiedDiff.Of("f", "a\n", "a"));
        Assert.Equal("", UnifiedDiff.Of("f", "a", "a"));
    }

    [Fact]
    public void Git_applies_what_is_written()
    {
        var git = Process.Start(new ProcessStartInfo("git", "--version") { RedirectStandardOutput = true });
        git!.WaitForExit();
        var folder = Directory.CreateTempSubdirectory("diff").FullName;
        try
        {
            Gen.Select(Gen.Int[0, 5].Array[0, 40], Gen.Int[0, 5].Array[0, 40], Gen.Bool).Sample((one, other, ends) =>
            {
                var (before, after) = (Text(one, true), Text(other, ends));
                if (before == after || before.Length == 0 || after.Length == 0)
                {
                    return;
                }

                File.WriteAllText(Path.Combine(folder, "f"), before);
                File.WriteAllText(Path.Combine(folder, "p"), UnifiedDiff.Of("f", before, after));
                using var apply = Process.Start(new ProcessStartInfo("git", "apply p") { WorkingDirectory = folder, RedirectStandardError = true })!;
                var error = apply.StandardError.ReadToEnd();
                apply.WaitForExit();
                Assert.Equal("", error);
                Assert.Equal(after, File.ReadAllText(Path.Combine(folder, "f")));
            }, iter: 60, threads: 1);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Text(int[] lines, bool ends)
    {
        var text = string.Join('\n', lines);
        return ends && text.Length > 0 ? text + "\n" : text;
    }
}
