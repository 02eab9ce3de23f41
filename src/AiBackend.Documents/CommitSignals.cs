using System.Collections.Concurrent;

namespace AiBackend.Documents;

/// <summary>
/// Tells waiters in this process that a commit touched their topic. Signals carry nothing and may come without cause: a
/// waiter reads the store again. Commits of other processes are not heard, so a wait has a limit after which to look anyway.
/// </summary>
public sealed class CommitSignals
{
    private readonly ConcurrentDictionary<string, Subscription[]> topics = new(StringComparer.Ordinal);

    /// <summary>Starts to listen; what is raised from now on is not missed, also between waits.</summary>
    public Subscription Subscribe(string topic)
    {
        var subscription = new Subscription(this, topic);
        topics.AddOrUpdate(topic, _ => [subscription], (_, existing) => [.. existing, subscription]);
        return subscription;
    }

    /// <summary>Wakes every subscription of the topic.</summary>
    public void Raise(string topic)
    {
        if (topics.TryGetValue(topic, out var subscriptions))
        {
            foreach (var subscription in subscriptions)
            {
                subscription.Wake();
            }
        }
    }

    private void Remove(Subscription subscription)
    {
        while (topics.TryGetValue(subscription.Topic, out var existing))
        {
            Subscription[] rest = [.. existing.Where(other => other != subscription)];
            var removed = rest.Length == 0
                ? topics.TryRemove(KeyValuePair.Create(subscription.Topic, existing))
                : topics.TryUpdate(subscription.Topic, rest, existing);
            if (removed)
            {
                return;
            }
        }
    }

    /// <summary>One listener of one topic. For a single waiter at a time.</summary>
    public sealed class Subscription : IDisposable
    {
        private readonly CommitSignals signals;
        private readonly SemaphoreSlim raised = new(0, 1);

        internal Subscription(CommitSignals signals, string topic)
        {
            this.signals = signals;
            Topic = topic;
        }

        internal string Topic { get; }

        /// <summary>Waits until the topic is raised, or was since the last wait, or until the limit.</summary>
        /// <returns>Whether it was raised.</returns>
        public async Task<bool> WaitAsync(TimeSpan limit, TimeProvider clock, CancellationToken ct)
        {
            if (await raised.WaitAsync(TimeSpan.Zero, ct))
            {
                return true;
            }

            using var timeout = new CancellationTokenSource(limit, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, timeout.Token);
            try
            {
                await raised.WaitAsync(either.Token);
                return true;
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                return false;
            }
        }

        /// <summary>Stops listening.</summary>
        public void Dispose() => signals.Remove(this);

        internal void Wake()
        {
            lock (raised)
            {
                if (raised.CurrentCount == 0)
                {
                    raised.Release();
                }
            }
        }
    }
}
