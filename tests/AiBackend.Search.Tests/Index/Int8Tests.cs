using AiBackend.Search.Index;
using CsCheck;

namespace AiBackend.Search.Tests.Index;

public sealed class Int8Tests
{
    [Fact]
    public void The_product_is_exact()
    {
        var rows = Gen.SByte[-127, 127].Array[96];
        Gen.Select(rows, rows).Sample((left, right) =>
            Assert.Equal(left.Zip(right, (a, b) => a * b).Sum(), Int8.Dot(left, right)));

        sbyte[] largest = [.. Enumerable.Repeat((sbyte)-127, 96)];
        Assert.Equal(96 * 127 * 127, Int8.Dot(largest, largest));
    }

    [Fact]
    public void A_component_comes_back_within_half_a_step()
    {
        Gen.Float[-1, 1].Array[33].Where(vector => vector.Any(component => Math.Abs(component) > 1e-3f)).Sample(vector =>
        {
            var row = new sbyte[Int8.PaddedLength(vector.Length)];
            var scale = Int8.Quantise(vector, row);

            Assert.Equal(64, row.Length);
            Assert.All(vector.Zip(row), pair => Assert.Equal(pair.First, pair.Second * scale, scale * 0.51f));
            Assert.All(row.Skip(vector.Length), padding => Assert.Equal(0, padding));
        });
    }
}
