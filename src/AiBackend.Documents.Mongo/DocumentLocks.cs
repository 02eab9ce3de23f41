namespace AiBackend.Documents.Mongo;

/// <summary>
/// Queues of this process before documents that several commits want to write, by key. MongoDB refuses the second writer
/// instead of letting it wait, so those that were refused wait here.
/// </summary>
internal sealed class DocumentLocks
{
    private readonly Dictionary<string, Queue> queues = new(StringComparer.Ordinal);

    /// <summary>Whether somebody holds the document or waits for it.</summary>
    public bool IsTaken(string key)
    {
        lock (queues)
        {
            return queues.ContainsKey(key);
        }
    }

    /// <summary>Waits until all the documents are held. Takes them in one order, so that two callers cannot block each other.</summary>
    public async Task<Held> TakeAsync(SortedSet<string> keys, CancellationToken ct)
    {
        var held = new Held(this);
        try
        {
            foreach (var key in keys)
            {
                var queue = Join(key);
                try
                {
                    await queue.Turn.WaitAsync(ct);
                }
                catch (OperationCanceledException)
                {
                    Leave(key, queue);
                    throw;
                }

                held.Add(key, queue);
            }

            return held;
        }
        catch (OperationCanceledException)
        {
            held.Dispose();
            throw;
        }
    }

    private Queue Join(string key)
    {
        lock (queues)
        {
            if (!queues.TryGetValue(key, out var queue))
            {
                queues.Add(key, queue = new Queue());
            }

            queue.Members++;
            return queue;
        }
    }

    private void Leave(string key, Queue queue)
    {
        lock (queues)
        {
            if (--queue.Members == 0)
            {
                queues.Remove(key);
            }
        }
    }

    /// <summary>Documents that are held until this is disposed.</summary>
    internal sealed class Held(DocumentLocks locks) : IDisposable
    {
        private readonly List<(string Key, Queue Queue)> taken = [];

        /// <summary>Whether this document is among them.</summary>
        public bool Has(string key) => taken.Exists(one => one.Key == key);

        public void Add(string key, Queue queue) => taken.Add((key, queue));

        public void Dispose()
        {
            foreach (var (key, queue) in taken)
            {
                queue.Turn.Release();
                locks.Leave(key, queue);
            }

            taken.Clear();
        }
    }

    internal sealed class Queue
    {
        public SemaphoreSlim Turn { get; } = new(1, 1);

        public int Members { get; set; }
    }
}
