using System.Numerics.Tensors;
using System.Text.Json;
using AiBackend.Search.Embedding;

namespace AiBackend.Search.Tests.Embedding;

public sealed class StaticEmbedderTests
{
    private readonly StaticEmbedder embedder = BuiltInModel.Embedder;

    private sealed record Expected(string Text, int Tokens, float[] Every17th);

    private sealed record SharedCheck(int Dimensions, SharedText[] Texts);

    private sealed record SharedText(string Text, float[] Vector);

    [Fact]
    public void Vectors_equal_those_of_an_independent_reader()
    {
        foreach (var expected in ReadExpected())
        {
            var vector = embedder.Embed(expected.Text);

            for (var i = 0; i < expected.Every17th.Length; i++)
            {
                Assert.True(Math.Abs(expected.Every17th[i] - vector[i * 17]) < 2e-5, $"{expected.Text}: component {i * 17}");
            }
        }
    }

    [Fact]
    public void Vectors_equal_those_that_came_with_the_model()
    {
        var path = SharedFolder.PathOf("models/static-en/vectors-check.json");
        var check = JsonSerializer.Deserialize<SharedCheck>(File.ReadAllText(path), JsonSerializerOptions.Web)!;

        Assert.Equal(check.Dimensions, embedder.Dimensions);
        Assert.NotEmpty(check.Texts);
        foreach (var expected in check.Texts)
        {
            var vector = embedder.Embed(expected.Text);

            for (var i = 0; i < expected.Vector.Length; i++)
            {
                Assert.True(Math.Abs(expected.Vector[i] - vector[i]) < 2e-5, $"{expected.Text}: component {i}");
            }
        }
    }

    [Fact]
    public void Words_are_counted_as_the_model_sees_them()
    {
        foreach (var expected in ReadExpected())
        {
            Assert.Equal((expected.Text, expected.Tokens), (expected.Text, embedder.CountTokens(expected.Text)));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \t\r\n ")]
    [InlineData("!!! ???")]
    public void A_text_without_words_has_no_direction(string text)
    {
        Assert.All(embedder.Embed(text), component => Assert.Equal(0, component));
        Assert.Equal(0, embedder.CountTokens(text));
    }

    [Fact]
    public void A_paraphrase_is_nearer_than_another_subject()
    {
        var question = embedder.Embed("How do I send an item back?");

        var near = TensorPrimitives.Dot<float>(question, embedder.Embed("Returning a product"));
        var far = TensorPrimitives.Dot<float>(question, embedder.Embed("The capital of France is Paris"));

        Assert.True(near > far + 0.2f, $"{near} is not clearly above {far}");
    }

    [Fact]
    public void Many_threads_get_what_one_gets()
    {
        string[] texts = [.. Enumerable.Range(0, 200).Select(i => $"Order {i} of the café’s naïve waiter number {i * 7919}")];
        var alone = texts.Select(embedder.Embed).ToArray();

        var together = new float[texts.Length][];
        Parallel.For(0, texts.Length, i => together[i] = embedder.Embed(texts[i]));

        Assert.Equal(alone, together);
    }

    [Fact]
    public void A_destination_may_be_longer_but_not_shorter_than_a_vector()
    {
        var longer = new float[embedder.Dimensions + 3];
        longer.AsSpan().Fill(9);

        embedder.Embed("parcel", longer);

        Assert.Equal(embedder.Embed("parcel"), longer[..embedder.Dimensions]);
        Assert.Equal([9, 9, 9], longer[embedder.Dimensions..]);
        Assert.Throws<ArgumentException>(() => embedder.Embed("parcel", new float[embedder.Dimensions - 1]));
    }

    [Fact]
    public void Text_that_grows_when_folded_is_read_whole()
    {
        var arabicLigatures = string.Concat(Enumerable.Repeat("\uFDFA ", 500));

        Assert.Equal(2_000, embedder.CountTokens(arabicLigatures));
    }

    [Fact]
    public void A_lone_surrogate_is_read_as_a_letter()
    {
        Assert.Equal(1, embedder.CountTokens("a\uD83Db"));
        Assert.Equal(1, TensorPrimitives.Norm<float>(embedder.Embed("\uDC00")), 1e-4f);
    }

    public static TheoryData<string, Func<byte[], byte[]>> Damages => new()
    {
        { "begin with STATEMB1", file => file[..20] },
        { "begin with STATEMB1", file => [.. "GGUF"u8, .. file[4..]] },
        { "version 2", file => With(file, 8, 2) },
        { "impossible sizes", file => With(file, 12, 250) },
        { "impossible sizes", file => With(file, 20, 0) },
        { "bytes long", file => file[..^1] },
        { "bytes long", file => [.. file, 0] },
        { "ends outside", file => With(file, 68, 0x7000_0000) },
    };

    [Theory]
    [MemberData(nameof(Damages), DisableDiscoveryEnumeration = true)]
    public void A_damaged_file_is_refused_with_what_is_wrong_with_it(string reason, Func<byte[], byte[]> damage)
    {
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():n}.bin");
        File.WriteAllBytes(path, damage(File.ReadAllBytes(StaticEmbedder.BuiltInPath)));
        try
        {
            var refusal = Assert.Throws<InvalidDataException>(() => StaticEmbedder.Load(path));

            Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void The_licence_and_the_notices_lie_beside_the_model()
    {
        var folder = Path.GetDirectoryName(StaticEmbedder.BuiltInPath)!;

        Assert.True(File.Exists(Path.Combine(folder, "LICENSE-Apache-2.0.txt")));
        Assert.True(File.Exists(Path.Combine(folder, "THIRD-PARTY-NOTICES.txt")));
    }

    private static byte[] With(byte[] file, int offset, int value)
    {
        BitConverter.GetBytes(value).CopyTo(file, offset);
        return file;
    }

    private static Expected[] ReadExpected()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "Embedding", "vectors.json");
        var expected = JsonSerializer.Deserialize<Expected[]>(File.ReadAllText(path), JsonSerializerOptions.Web)!;
        Assert.NotEmpty(expected);
        return expected;
    }
}
