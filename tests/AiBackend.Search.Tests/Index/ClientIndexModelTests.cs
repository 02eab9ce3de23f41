using System.Text.Json;
using AiBackend.Search.Filters;
using AiBackend.Search.Index;
using CsCheck;

namespace AiBackend.Search.Tests.Index;

/// <summary>Random changes and searches: the index must answer as its definition does.</summary>
public sealed class ClientIndexModelTests
{
    private static readonly Gen<string> Words = Gen.OneOf<string>(
        "return", "returned", "parcel", "late", "shop", "the", "of", "size", "sizes", "payment", "card", "日本語", "c++", "refund");

    private static readonly Gen<string> Texts = Words.Array[0, 12].Select(words => string.Join(' ', words));

    private static readonly Gen<float[]> Components = Gen.OneOf(
        Gen.Int[-3, 3].Select(value => (float)value).Array[4],
        Gen.Int[-3, 3].Select(value => (float)value).Array[33]);

    private static readonly Gen<IndexedChunk> Chunks =
        from text in Texts
        from hasText in Gen.Int[0, 9]
        from vector in Components
        from model in Gen.OneOf<string>("a", "b", "none")
        select new IndexedChunk
        {
            ChunkId = "",
            Text = hasText == 0 ? null : text,
            Vector = model == "none" ? null : vector,
            Model = model == "none" ? null : model,
        };

    private static readonly Gen<IndexedDocument> Documents =
        from id in Gen.Int[0, 9]
        from collection in Gen.Int[0, 2]
        from title in Texts
        from hasTitle in Gen.Bool
        from acl in Gen.OneOf<string>("x", "y", "z").Array[0, 1]
        from price in Gen.Int[0, 3]
        from chunks in Chunks.Array[0, 4]
        select new IndexedDocument
        {
            DocumentId = $"doc{id}",
            CollectionId = $"col{collection}",
            Title = hasTitle ? title : null,
            Acl = acl,
            Metadata = new Dictionary<string, JsonElement> { ["price"] = JsonSerializer.SerializeToElement(price) },
            Chunks = [.. chunks.Select((chunk, i) => chunk with { ChunkId = $"doc{id}-{i}" })],
        };

    private static readonly Gen<Action<ClientIndex, ReferenceIndex>> Changes = Gen.Frequency<Action<ClientIndex, ReferenceIndex>>(
        (6, Documents.Select(document => new Action<ClientIndex, ReferenceIndex>((index, reference) =>
        {
            index.Put(document);
            reference.Put(document);
        }))),
        (2, Gen.Int[0, 9].Select(id => new Action<ClientIndex, ReferenceIndex>((index, reference) =>
            Assert.Equal(reference.Remove($"doc{id}"), index.Remove($"doc{id}"))))),
        (1, Gen.Int[0, 2].Select(id => new Action<ClientIndex, ReferenceIndex>((index, reference) =>
            Assert.Equal(reference.RemoveCollection($"col{id}"), index.RemoveCollection($"col{id}"))))));

    private static readonly Gen<SearchQuery> Queries =
        from text in Texts
        from mode in Gen.Enum<SearchMode>()
        from a in Components
        from b in Components
        from models in Gen.Int[0, 3]
        from floor in Gen.Int[-9, 9].Select(tenths => (tenths / 10f) + 0.0137f) // never the cosine of small whole numbers
        from collections in Gen.OneOf<string>("col0", "col1", "col2").Array[0, 2]
        from isLimited in Gen.Bool
        from acl in Gen.OneOf<string>("x", "y", "w").Array[0, 2]
        from price in Gen.Int[-1, 3]
        select new SearchQuery
        {
            Text = text,
            Mode = mode,
            Limit = 1_000,
            Vectors = new[] { ("a", a), ("b", b) }.Take(models).ToDictionary(pair => pair.Item1, pair => new QueryVector(pair.Item2, floor)),
            CollectionIds = isLimited ? collections : null,
            Acl = acl,
            Filter = price < 0 ? null : SearchFilter.Parse(JsonSerializer.SerializeToElement(new { price = new Dictionary<string, int> { ["$lte"] = price } })),
        };

    [Fact]
    public void Searches_find_what_the_definition_says()
    {
        Gen.Select(Changes.Array[0, 25], Queries.Array[1, 4]).Sample(
            (changes, queries) =>
            {
                using var index = new ClientIndex();
                var reference = new ReferenceIndex();
                foreach (var change in changes)
                {
                    change(index, reference);
                }

                foreach (var query in queries)
                {
                    var expected = reference.Search(query);
                    var results = index.Search(query);

                    Assert.Equal(results.Hits.Count, results.TotalCandidates);
                    Assert.Equal(expected.Select(row => row.ChunkId).Order(), results.Hits.Select(hit => hit.ChunkId).Order());
                    var found = results.Hits.ToDictionary(hit => hit.ChunkId);
                    Assert.All(expected, row =>
                    {
                        var hit = found[row.ChunkId];
                        Assert.Equal(row.Score, hit.Score, 1e-3);
                        Assert.Equal(row.Keyword, hit.KeywordScore, 1e-3);
                        Assert.Equal(row.Coverage, hit.Coverage, 1e-3);
                        Assert.Equal(row.Cosine is null, hit.VectorScore is null);
                        Assert.Equal(row.Cosine ?? 0, hit.VectorScore ?? 0, 1e-3);
                    });
                    Assert.Equal(results.Hits.OrderByDescending(hit => hit.Score).ThenBy(hit => hit.ChunkId, StringComparer.Ordinal), results.Hits);
                }
            },
            iter: 2_000);
    }
}
