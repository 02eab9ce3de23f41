using System.Diagnostics;

namespace AiBackend.Load;

/// <summary>What one kind of request reached.</summary>
internal sealed record LoadResult(string Name, double PerSecond, double P50, double P95, double P99, double Max, long Failures)
{
    public string Row() =>
        $"| {Name} | {PerSecond:N0} | {P50:N2} | {P95:N2} | {P99:N2} | {Max:N1} | {Failures} |";
}

/// <summary>Sends one kind of request over a number of connections for a while and measures each answer.</summary>
internal static class LoadRun
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);

    /// <param name="name">For the report.</param>
    /// <param name="port">The server's loopback port.</param>
    /// <param name="connections">How many connections send one request after another.</param>
    /// <param name="duration">How long to measure, after a warm-up.</param>
    /// <param name="expectedStatus">Any other status counts as a failure; 0 accepts 200 and 201.</param>
    /// <param name="request">Makes the request of a connection's turn.</param>
    public static async Task<LoadResult> RunAsync(
        string name, int port, int connections, TimeSpan duration, int expectedStatus, Func<int, long, byte[]> request)
    {
        await MeasureAsync(port, connections, WarmUp, expectedStatus, request);
        var (latencies, failures, elapsed) = await MeasureAsync(port, connections, duration, expectedStatus, request);
        latencies.Sort();
        return new LoadResult(
            name,
            latencies.Count / elapsed.TotalSeconds,
            Percentile(latencies, .50),
            Percentile(latencies, .95),
            Percentile(latencies, .99),
            latencies.Count == 0 ? 0 : latencies[^1],
            failures);
    }

    /// <summary>The value below which this share of the sorted values lies.</summary>
    public static double Percentile(List<double> sorted, double share) =>
        sorted.Count == 0 ? 0 : sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * share))];

    private static async Task<(List<double> Latencies, long Failures, TimeSpan Elapsed)> MeasureAsync(
        int port, int connections, TimeSpan duration, int expectedStatus, Func<int, long, byte[]> request)
    {
        var started = Stopwatch.GetTimestamp();
        var results = await Task.WhenAll(Enumerable.Range(0, connections).Select(async index =>
        {
            var latencies = new List<double>(1 << 16);
            var failures = 0L;
            using var connection = await RawConnection.OpenAsync(port, CancellationToken.None);
            for (var turn = 0L; Stopwatch.GetElapsedTime(started) < duration; turn++)
            {
                var bytes = request(index, turn);
                var sent = Stopwatch.GetTimestamp();
                var (status, _) = await connection.SendAsync(bytes, CancellationToken.None);
                latencies.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
                failures += status == expectedStatus || (expectedStatus == 0 && status is 200 or 201) ? 0 : 1;
            }

            return (Latencies: latencies, Failures: failures);
        }));
        var elapsed = Stopwatch.GetElapsedTime(started);
        return ([.. results.SelectMany(result => result.Latencies)], results.Sum(result => result.Failures), elapsed);
    }
}
