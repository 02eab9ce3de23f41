using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace AiBackend.Knowledge.Indexing;

/// <summary>The form in which vectors are stored, see <see cref="KnowledgeChunk.Vector"/>.</summary>
internal static class StoredVector
{
    public static byte[] Of(ReadOnlySpan<float> vector)
    {
        var bytes = new byte[vector.Length * sizeof(ushort)];
        TensorPrimitives.ConvertToHalf(vector, MemoryMarshal.Cast<byte, Half>(bytes.AsSpan()));
        return bytes;
    }

    public static float[] Read(ReadOnlySpan<byte> stored)
    {
        var vector = new float[stored.Length / sizeof(ushort)];
        TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(stored), vector);
        return vector;
    }
}
