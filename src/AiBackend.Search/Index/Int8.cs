using System.Numerics.Tensors;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace AiBackend.Search.Index;

/// <summary>Vectors in a byte per component: a quarter of the memory, and of the time to read it.</summary>
internal static class Int8
{
    /// <summary>Rows are padded with zeros to a multiple of this.</summary>
    public const int Block = 32;

    public static int PaddedLength(int dimensions) => (dimensions + Block - 1) / Block * Block;

    /// <returns>What a component is multiplied with to get the original back, roughly.</returns>
    public static float Quantise(ReadOnlySpan<float> vector, Span<sbyte> destination)
    {
        var scale = Math.Abs(TensorPrimitives.MaxMagnitude(vector)) / sbyte.MaxValue;
        for (var i = 0; i < vector.Length; i++)
        {
            destination[i] = (sbyte)MathF.Round(vector[i] / scale);
        }

        return scale;
    }

    /// <summary>The sum of the products. Both lengths are the same multiple of <see cref="Block"/>.</summary>
    public static int Dot(ReadOnlySpan<sbyte> left, ReadOnlySpan<sbyte> right)
    {
        var sum = Vector256<int>.Zero;
        for (var i = 0; i < left.Length; i += Block)
        {
            var (a, b) = Vector256.Widen(Vector256.Create(left[i..]));
            var (c, d) = Vector256.Widen(Vector256.Create(right[i..]));
            if (Avx2.IsSupported)
            {
                sum += Avx2.MultiplyAddAdjacent(a, c) + Avx2.MultiplyAddAdjacent(b, d);
            }
            else
            {
                // Two products of at most 127 × 127 fit into 16 bits.
                var (low, high) = Vector256.Widen((a * c) + (b * d));
                sum += low + high;
            }
        }

        return Vector256.Sum(sum);
    }
}
