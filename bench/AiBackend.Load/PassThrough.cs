using System.Diagnostics;

namespace AiBackend.Load;

/// <summary>
/// Measures what the service adds to a model's answer: the same requests at a fixed rate, straight to the scripted model and through
/// <c>/v1/chat/completions</c>, in turns.
/// </summary>
internal static class PassThrough
{
    private const int PerSecond = 300;
    private const int Connections = 30;
    private const int Rounds = 3;

    public static async Task MeasureAsync(string serviceDll, TimeSpan duration)
    {
        await using var model = await ScriptedModel.StartAsync();
        using var service = await Service.StartAsync(serviceDll, 1, model.BaseUrl);
        Console.WriteLine($"{PerSecond} requests a second over {Connections} connections, {Rounds} rounds of {duration.TotalSeconds:N0} s each");
        Console.WriteLine();
        Console.WriteLine("| answer | round | direct p50 / p95 ms | through the service p50 / p95 ms | added p50 / p95 ms | failures | on time |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- |");
        foreach (var isStreamed in new[] { false, true })
        {
            var json = $$"""{"model":"scripted","stream":{{(isStreamed ? "true" : "false")}},"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Where is my parcel? I ordered it last week and have heard nothing since."}],"temperature":0.2}""";
            var direct = RawConnection.Request("POST", "/v1/chat/completions", null, json);
            var through = RawConnection.Request("POST", "/v1/chat/completions", service.Key, json);
            await RunAsync(service.Process.Port, through, TimeSpan.FromSeconds(3));
            for (var round = 1; round <= Rounds; round++)
            {
                var (bare, bareFailures, _) = await RunAsync(model.Port, direct, duration);
                var (own, failures, onTime) = await RunAsync(service.Process.Port, through, duration);
                var (p50, p95) = (LoadRun.Percentile(bare, .5), LoadRun.Percentile(bare, .95));
                var (ownP50, ownP95) = (LoadRun.Percentile(own, .5), LoadRun.Percentile(own, .95));
                Console.WriteLine(
                    $"| {(isStreamed ? "streamed, 20 pieces" : "plain")} | {round} | {p50:N2} / {p95:N2} | {ownP50:N2} / {ownP95:N2} | {ownP50 - p50:N2} / {ownP95 - p95:N2} | {bareFailures + failures} | {onTime:P1} |");
            }
        }
    }

    /// <returns>The sorted times from request to the whole answer, and the share of requests that went out when they were due.</returns>
    private static async Task<(List<double> Sorted, long Failures, double OnTime)> RunAsync(int port, byte[] request, TimeSpan duration)
    {
        var interval = TimeSpan.FromSeconds((double)Connections / PerSecond);
        var count = (int)(duration / interval);
        var started = Stopwatch.GetTimestamp();
        var results = await Task.WhenAll(Enumerable.Range(0, Connections).Select(async index =>
        {
            var (latencies, failures, late) = (new List<double>(count), 0L, 0L);
            using var connection = await RawConnection.OpenAsync(port, CancellationToken.None);
            for (var turn = 0; turn < count; turn++)
            {
                var due = interval * (turn + ((double)index / Connections));
                var wait = due - Stopwatch.GetElapsedTime(started);
                if (wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait);
                }
                else
                {
                    late++;
                }

                var sent = Stopwatch.GetTimestamp();
                var (status, _) = await connection.SendAsync(request, CancellationToken.None);
                latencies.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
                failures += status == 200 ? 0 : 1;
            }

            return (Latencies: latencies, Failures: failures, Late: late);
        }));
        List<double> sorted = [.. results.SelectMany(result => result.Latencies)];
        sorted.Sort();
        return (sorted, results.Sum(result => result.Failures), 1 - ((double)results.Sum(result => result.Late) / sorted.Count));
    }
}
