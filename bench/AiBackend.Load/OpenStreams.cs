using System.Diagnostics;
using System.Text;

namespace AiBackend.Load;

/// <summary>
/// Many streamed answers at once: how many deltas reach their readers from a model that answers at once, and what a stream costs in memory
/// while its answer is held back.
/// </summary>
internal static class OpenStreams
{
    private const int AtOnce = 200;
    private const int Held = 1_000;

    /// <summary>What is open gets this long before memory is read, so that the rest of the work is over.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);

    public static async Task MeasureAsync(string serviceDll, TimeSpan duration)
    {
        await using var model = await ScriptedModel.StartAsync();
        using (var service = await Service.StartAsync(serviceDll, AtOnce, model.BaseUrl))
        {
            await RunAsync(service, TimeSpan.FromSeconds(3));
            var (first, streams, deltas, bytes) = await RunAsync(service, duration);
            Console.WriteLine(
                $"{AtOnce} streams at once for {duration.TotalSeconds:N0} s: {streams / duration.TotalSeconds:N0} streams/s, {deltas / duration.TotalSeconds:N0} `reply.delta`/s, {streams * ScriptedModel.Deltas / duration.TotalSeconds:N0} pieces of the model/s, {bytes / duration.TotalSeconds / 1024:N0} KiB/s; first delta p50 {LoadRun.Percentile(first, .5):N1} ms, p95 {LoadRun.Percentile(first, .95):N1} ms");
        }

        using (var service = await Service.StartAsync(serviceDll, Held, model.BaseUrl))
        {
            await Task.Delay(Settling);
            var before = service.Process.ResidentMegabytes;
            model.Holds = true;
            var open = await Task.WhenAll(service.Sessions.Select(session => OpenAsync(service, session)));
            await Task.Delay(Settling);
            var during = service.Process.ResidentMegabytes;
            Console.WriteLine(
                $"{Held} open streams, each with an answer asked for: {during:N0} MB resident, {before:N0} MB before (a process that has only made the sessions), {(during - before) * 1024 / Held:N1} KiB a stream");
            foreach (var (answer, reader) in open)
            {
                reader.Dispose();
                answer.Dispose();
            }
        }
    }

    private static async Task<(List<double> First, long Streams, long Deltas, long Bytes)> RunAsync(Service service, TimeSpan duration)
    {
        var started = Stopwatch.GetTimestamp();
        var results = await Task.WhenAll(service.Sessions.Take(AtOnce).Select(async session =>
        {
            var (first, streams, deltas, bytes) = (new List<double>(), 0L, 0L, 0L);
            while (Stopwatch.GetElapsedTime(started) < duration)
            {
                var sent = Stopwatch.GetTimestamp();
                var (answer, reader) = await OpenAsync(service, session);
                var isFirst = true;
                using (answer)
                using (reader)
                {
                    while (await reader.ReadLineAsync() is { } line)
                    {
                        bytes += line.Length + 1;
                        if (line != "event: reply.delta")
                        {
                            continue;
                        }

                        deltas++;
                        if (isFirst)
                        {
                            first.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
                            isFirst = false;
                        }
                    }
                }

                streams++;
            }

            return (First: first, Streams: streams, Deltas: deltas, Bytes: bytes);
        }));
        List<double> sorted = [.. results.SelectMany(result => result.First)];
        sorted.Sort();
        return (sorted, results.Sum(result => result.Streams), results.Sum(result => result.Deltas), results.Sum(result => result.Bytes));
    }

    /// <summary>Posts a message and reads up to the first event of its stream.</summary>
    private static async Task<(HttpResponseMessage Answer, StreamReader Reader)> OpenAsync(Service service, string session)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/messages")
        {
            Content = new StringContent(
                $$"""{"session_id":"{{session}}","text":"Where is my parcel?"}""", Encoding.UTF8, "application/json"),
        };
        request.Headers.Accept.ParseAdd("text/event-stream");
        var answer = await service.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        answer.EnsureSuccessStatusCode();
        var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        await reader.ReadLineAsync();
        return (answer, reader);
    }
}
