using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AiBackend.Knowledge.Extraction;
using AiBackend.Search.Chunking;

namespace AiBackend.Knowledge.Indexing;

/// <summary>A passage to be indexed.</summary>
/// <param name="Text">As it is quoted.</param>
/// <param name="Heading">The headings that it stands under, see <see cref="KnowledgeChunk.Heading"/>.</param>
/// <param name="Embedded">What its vector is made of: title and headings say what the text is about.</param>
/// <param name="Hash">Of <paramref name="Embedded"/> and the model.</param>
internal sealed record NewPassage(string Text, string? Heading, string Embedded, string Hash);

/// <summary>Cuts extracted text into passages.</summary>
internal static class Passages
{
    private const int MaxHeadingLength = 200;

    /// <summary>Changes when the same content gives other passages than before.</summary>
    private const string Edition = "1";

    /// <summary>What a document's passages and vectors follow from.</summary>
    public static string KeyOf(KnowledgeDocument document, KnowledgeCollection collection) => Hash(string.Create(
        CultureInfo.InvariantCulture,
        $"{Edition}\n{document.ContentHash}\n{collection.Chunking.MaxTokens}\n{collection.Chunking.OverlapTokens}\n{collection.EmbeddingModel}\n{document.Title}"));

    public static IReadOnlyList<NewPassage> Of(string text, string? title, Chunking chunking, string model)
    {
        var chunks = Chunker.Chunk(text, chunking.MaxTokens, chunking.OverlapTokens);
        var headings = new HeadingPath(text);
        var passages = new NewPassage[chunks.Count];
        for (var i = 0; i < passages.Length; i++)
        {
            var heading = headings.Above(chunks[i].Start);
            var embedded = string.Join('\n', new[] { title, heading, chunks[i].Text }.Where(part => !string.IsNullOrEmpty(part)));
            passages[i] = new NewPassage(chunks[i].Text, heading, embedded, Hash($"{model}\n{embedded}"));
        }

        return passages;
    }

    public static string HashOf(DocumentFormat format, string content) => Hash($"{format}\n{content}");

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));

    /// <summary>Follows the headings of a text from its beginning to its end.</summary>
    private sealed class HeadingPath(string text)
    {
        private readonly string?[] levels = new string?[7];
        private int at;

        /// <summary>The headings over a place; places are asked for in rising order.</summary>
        public string? Above(int place)
        {
            while (at < place)
            {
                var end = text.IndexOf('\n', at);
                end = end < 0 ? text.Length : end;
                Read(text.AsSpan(at, end - at));
                at = end + 1;
            }

            var path = string.Join(" > ", levels.Where(heading => heading is not null));
            return path.Length == 0 ? null : path;
        }

        private void Read(ReadOnlySpan<char> line)
        {
            var level = line.IndexOfAnyExcept('#');
            if (level is < 1 or > 6 || line[level] != ' ')
            {
                return;
            }

            var heading = line[level..].Trim();
            levels[level] = heading.IsEmpty ? null : heading[..Math.Min(heading.Length, MaxHeadingLength)].ToString();
            Array.Clear(levels, level + 1, levels.Length - level - 1);
        }
    }
}
