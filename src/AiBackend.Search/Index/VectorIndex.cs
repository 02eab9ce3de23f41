using System.Numerics.Tensors;

namespace AiBackend.Search.Index;

/// <summary>
/// The vectors of one embedding model: an exact scan over quantised rows finds the nearest, which are then scored with the
/// original components. Rows lie side by side without holes; a removed one is filled with the last.
/// </summary>
internal sealed class VectorIndex(int dimensions)
{
    private const int RowsPerBlock = 1024;

    private readonly int stride = Int8.PaddedLength(dimensions);
    private readonly List<sbyte[]> blocks = [];
    private readonly List<float[]> originals = [];
    private readonly List<float> scales = [];
    private readonly List<int> slots = [];
    private readonly Dictionary<int, int> rows = [];

    public int Count => slots.Count;

    /// <returns>The vector at length 1, or null where it has no direction.</returns>
    public static float[]? Normalise(ReadOnlySpan<float> vector)
    {
        var length = TensorPrimitives.Norm(vector);
        if (!float.IsNormal(length))
        {
            return null;
        }

        var unit = new float[vector.Length];
        TensorPrimitives.Divide(vector, length, unit);
        return unit;
    }

    /// <param name="slot">The chunk's slot.</param>
    /// <param name="unit">Its vector at length 1, which the index keeps.</param>
    public void Add(int slot, float[] unit)
    {
        var row = Count;
        if (row == blocks.Count * RowsPerBlock)
        {
            blocks.Add(new sbyte[RowsPerBlock * stride]);
        }

        scales.Add(Int8.Quantise(unit, Row(row)));
        originals.Add(unit);
        slots.Add(slot);
        rows.Add(slot, row);
    }

    public void Remove(int slot)
    {
        if (!rows.Remove(slot, out var row))
        {
            return;
        }

        var last = Count - 1;
        if (row != last)
        {
            Row(last).CopyTo(Row(row));
            (scales[row], originals[row], slots[row]) = (scales[last], originals[last], slots[last]);
            rows[slots[row]] = row;
        }

        scales.RemoveAt(last);
        originals.RemoveAt(last);
        slots.RemoveAt(last);
        if (last == (blocks.Count - 1) * RowsPerBlock)
        {
            blocks.RemoveAt(blocks.Count - 1);
        }
    }

    /// <summary>Offers every allowed slot with its approximate cosine.</summary>
    public void Scan(float[] unitQuery, ReadOnlySpan<bool> allowed, TopList nearest)
    {
        var query = new sbyte[stride];
        var queryScale = Int8.Quantise(unitQuery, query);
        for (var row = 0; row < slots.Count; row++)
        {
            if (allowed.IsEmpty || allowed[slots[row]])
            {
                var cosine = Int8.Dot(query, Row(row)) * scales[row] * queryScale;
                if (cosine > nearest.Threshold)
                {
                    nearest.Offer(slots[row], cosine);
                }
            }
        }
    }

    /// <returns>The exact cosine, or null where the slot has no vector of this model.</returns>
    public float? Cosine(int slot, ReadOnlySpan<float> unitQuery) =>
        rows.TryGetValue(slot, out var row) ? TensorPrimitives.Dot(unitQuery, originals[row]) : null;

    private Span<sbyte> Row(int row) => blocks[row / RowsPerBlock].AsSpan(row % RowsPerBlock * stride, stride);
}
