namespace AiBackend.Jobs;

/// <summary>What may still be started in this process: counts what runs over all, by client and by turn.</summary>
internal sealed class WorkRoom(int total, int? perClient, int? perTurn)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, int> byClient = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> byTurn = new(StringComparer.Ordinal);
    private int running;
    private bool hasRefused;

    /// <summary>How many more may be started over all. None counts as a refusal.</summary>
    public int Free()
    {
        lock (gate)
        {
            hasRefused |= running >= total;
            return total - running;
        }
    }

    /// <summary>Takes room for one if there is any.</summary>
    public bool TryTake(string clientId, string turn)
    {
        lock (gate)
        {
            if (running >= total || IsFull(byClient, clientId, perClient) || IsFull(byTurn, turn, perTurn))
            {
                hasRefused = true;
                return false;
            }

            running++;
            byClient[clientId] = byClient.GetValueOrDefault(clientId) + 1;
            byTurn[turn] = byTurn.GetValueOrDefault(turn) + 1;
            return true;
        }
    }

    /// <summary>Gives back what was taken for one.</summary>
    /// <returns>Whether something was refused since the last time, so that it is worth while to look again.</returns>
    public bool Release(string clientId, string turn)
    {
        lock (gate)
        {
            running--;
            CountDown(byClient, clientId);
            CountDown(byTurn, turn);
            var isWanted = hasRefused;
            hasRefused = false;
            return isWanted;
        }
    }

    private static bool IsFull(Dictionary<string, int> counts, string key, int? limit) => counts.GetValueOrDefault(key) >= limit;

    private static void CountDown(Dictionary<string, int> counts, string key)
    {
        if (--counts[key] == 0)
        {
            counts.Remove(key);
        }
    }
}
