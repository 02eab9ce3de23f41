namespace AiBackend.Search.Index;

/// <summary>The slots of the chunks that hold a term, rising, and how often each holds it.</summary>
internal sealed class Postings(string term)
{
    private int[] slots = new int[2];
    private ushort[] counts = new ushort[2];

    public string Term { get; } = term;

    public int Count { get; private set; }

    public ReadOnlySpan<int> Slots => slots.AsSpan(0, Count);

    public ReadOnlySpan<ushort> Counts => counts.AsSpan(0, Count);

    public void Add(int slot, int count)
    {
        if (Count == slots.Length)
        {
            Array.Resize(ref slots, Count * 2);
            Array.Resize(ref counts, Count * 2);
        }

        // A new slot usually comes last; one that was freed and is used again comes in between.
        var at = Count == 0 || slots[Count - 1] < slot ? Count : ~Slots.BinarySearch(slot);
        Array.Copy(slots, at, slots, at + 1, Count - at);
        Array.Copy(counts, at, counts, at + 1, Count - at);
        slots[at] = slot;
        counts[at] = (ushort)Math.Min(count, ushort.MaxValue);
        Count++;
    }

    public void Remove(int slot)
    {
        var at = Slots.BinarySearch(slot);
        Count--;
        Array.Copy(slots, at + 1, slots, at, Count - at);
        Array.Copy(counts, at + 1, counts, at, Count - at);
    }
}
