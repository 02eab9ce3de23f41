namespace AiBackend.Search.Index;

/// <summary>Keeps the best of many scored slots: a heap whose root is the worst that is kept.</summary>
internal sealed class TopList(int capacity)
{
    private readonly PriorityQueue<int, float> heap = new();

    /// <summary>What a newcomer must exceed.</summary>
    public float Threshold { get; private set; } = float.NegativeInfinity;

    public IEnumerable<int> Slots => heap.UnorderedItems.Select(item => item.Element);

    public void Offer(int slot, float score)
    {
        if (heap.Count < capacity)
        {
            heap.Enqueue(slot, score);
        }
        else if (score > Threshold)
        {
            heap.DequeueEnqueue(slot, score);
        }
        else
        {
            return;
        }

        if (heap.Count == capacity && heap.TryPeek(out _, out var worst))
        {
            Threshold = worst;
        }
    }
}
