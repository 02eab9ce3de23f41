using System.Globalization;
using System.Text;
using DiffPlex;
using DiffPlex.Model;

namespace AiBackend.Semantics.Models;

/// <summary>Differences of texts in the unified form of git.</summary>
internal static class UnifiedDiff
{
    private const int Context = 3;

    /// <summary>The difference of a file; empty when there is none.</summary>
    /// <param name="path">Its path, <c>/</c> between.</param>
    /// <param name="before">Its text; null when it is new.</param>
    /// <param name="after">Its new text; null when it goes.</param>
    public static string Of(string path, string? before, string? after)
    {
        if (before == after)
        {
            return "";
        }

        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"diff --git a/{path} b/{path}\n");
        text.Append(before is null ? "new file mode 100644\n" : after is null ? "deleted file mode 100644\n" : "");
        text.Append(before is null ? "--- /dev/null\n" : $"--- a/{path}\n").Append(after is null ? "+++ /dev/null\n" : $"+++ b/{path}\n");
        var old = Lines(before);
        var now = Lines(after);
        var blocks = Differ.Instance.CreateDiffs(before ?? "", after ?? "", ignoreWhiteSpace: false, ignoreCase: false, new LinesWithEnds()).DiffBlocks;
        for (var first = 0; first < blocks.Count;)
        {
            var last = first;
            while (last + 1 < blocks.Count && blocks[last + 1].DeleteStartA - EndOfOld(blocks[last]) <= 2 * Context)
            {
                last++;
            }

            WriteHunk(text, old, now, blocks, first, last);
            first = last + 1;
        }

        return text.ToString();
    }

    private static void WriteHunk(StringBuilder text, string[] old, string[] now, IList<DiffBlock> blocks, int first, int last)
    {
        var oldStart = Math.Max(blocks[first].DeleteStartA - Context, 0);
        var oldEnd = Math.Min(EndOfOld(blocks[last]) + Context, old.Length);
        var newStart = blocks[first].InsertStartB - (blocks[first].DeleteStartA - oldStart);
        var newEnd = blocks[last].InsertStartB + blocks[last].InsertCountB + (oldEnd - EndOfOld(blocks[last]));
        text.Append(CultureInfo.InvariantCulture, $"@@ -{Range(oldStart, oldEnd)} +{Range(newStart, newEnd)} @@\n");
        var at = oldStart;
        for (var index = first; index <= last; index++)
        {
            var block = blocks[index];
            Write(text, ' ', old, at, block.DeleteStartA);
            Write(text, '-', old, block.DeleteStartA, EndOfOld(block));
            Write(text, '+', now, block.InsertStartB, block.InsertStartB + block.InsertCountB);
            at = EndOfOld(block);
        }

        Write(text, ' ', old, at, oldEnd);
    }

    private static void Write(StringBuilder text, char mark, string[] lines, int from, int to)
    {
        for (var index = from; index < to; index++)
        {
            text.Append(mark).Append(lines[index]);
            if (!lines[index].EndsWith('\n'))
            {
                text.Append("\n\\ No newline at end of file\n");
            }
        }
    }

    private static int EndOfOld(DiffBlock block) => block.DeleteStartA + block.DeleteCountA;

    private static string Range(int start, int end) => (end - start) switch
    {
        0 => string.Create(CultureInfo.InvariantCulture, $"{start},0"),
        1 => string.Create(CultureInfo.InvariantCulture, $"{start + 1}"),
        var count => string.Create(CultureInfo.InvariantCulture, $"{start + 1},{count}"),
    };

    private static string[] Lines(string? text) => text is null ? [] : [.. new LinesWithEnds().Chunk(text)];

    private sealed class LinesWithEnds : IChunker
    {
        public IReadOnlyList<string> Chunk(string text)
        {
            var lines = new List<string>();
            for (var start = 0; start < text.Length;)
            {
                var end = text.IndexOf('\n', start);
                end = end < 0 ? text.Length : end + 1;
                lines.Add(text[start..end]);
                start = end;
            }

            return lines;
        }
    }
}
