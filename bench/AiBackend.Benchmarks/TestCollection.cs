using System.Globalization;
using System.Text.Json;

namespace AiBackend.Benchmarks;

/// <summary>A public test collection for retrieval: documents, queries, and which documents are relevant to which query.</summary>
internal sealed record TestCollection(
    string Name,
    IReadOnlyList<TestCollection.Item> Documents,
    IReadOnlyList<TestCollection.Item> Queries,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, int>> Grades)
{
    internal sealed record Item(string Id, string? Title, string Text);

    /// <summary>The folder of test data: <c>SHARED_DIR</c>, or a folder <c>shared</c> beside one of those above.</summary>
    public static string SharedFolder
    {
        get
        {
            if (Environment.GetEnvironmentVariable("SHARED_DIR") is { } given)
            {
                return given;
            }

            for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            {
                if (Directory.Exists(Path.Combine(folder.FullName, "shared", "datasets")))
                {
                    return Path.Combine(folder.FullName, "shared");
                }
            }

            throw new DirectoryNotFoundException("Set SHARED_DIR to the folder that holds 'datasets'.");
        }
    }

    public static TestCollection Read(string name)
    {
        var folder = Path.Combine(SharedFolder, "datasets", name);
        var grades = File.ReadLines(Path.Combine(folder, "qrels.tsv"))
            .Select(line => line.Split('\t'))
            .GroupBy(fields => fields[0])
            .ToDictionary(
                query => query.Key,
                query => (IReadOnlyDictionary<string, int>)query
                    .GroupBy(fields => fields[1])
                    .ToDictionary(same => same.Key, same => same.Max(fields => int.Parse(fields[2], CultureInfo.InvariantCulture))));
        return new TestCollection(name, ReadItems("docs.jsonl"), ReadItems("queries.jsonl"), grades);

        List<Item> ReadItems(string file) =>
            [.. File.ReadLines(Path.Combine(folder, file)).Select(line => JsonSerializer.Deserialize<Item>(line, JsonSerializerOptions.Web)!)];
    }
}
