// Measures the service beside a bare ASP.NET Core + SQLite reference, in one run on one machine, over loopback.
// Usage: eng/load [seconds per measurement, 10 by default], eng/load openai [seconds] for what /v1/chat/completions adds,
// eng/load streams [seconds] for many streams at once. Prints Markdown for bench/RESULTS.md.
using System.Globalization;
using System.Runtime.InteropServices;
using AiBackend.Load;

const int Connections = 32;
const int SessionCount = 100;
const int MessagesPerSession = 50;
const int Streams = 300;
const int Starts = 5;

var special = args is ["openai" or "streams", ..] ? args[0] : null;
var seconds = args.Skip(special is null ? 0 : 1).FirstOrDefault();
var duration = TimeSpan.FromSeconds(seconds is null ? 10 : double.Parse(seconds, CultureInfo.InvariantCulture));
var bin = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../.."));
var serviceDll = Path.Combine(bin, "AiBackend/release/AiBackend.dll");
var bareDll = Path.Combine(bin, "AiBackend.Bare/release/AiBackend.Bare.dll");
const string Text = "Hello, I ordered two pairs of shoes last week and one of them has not arrived yet. Could you look into it?";

if (special is not null)
{
    Console.WriteLine($"{RuntimeInformation.FrameworkDescription}, {Environment.ProcessorCount} cores");
    await (special == "openai" ? PassThrough.MeasureAsync(serviceDll, duration) : OpenStreams.MeasureAsync(serviceDll, duration));
    return;
}

Console.WriteLine($"{RuntimeInformation.FrameworkDescription}, {Environment.ProcessorCount} cores, {Connections} connections, {SessionCount} sessions, {duration.TotalSeconds:N0} s each");
Console.WriteLine();
Console.WriteLine("| request | per second | p50 ms | p95 ms | p99 ms | max ms | failures |");
Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- |");

using (var bare = await ServerProcess.StartAsync(
    bareDll, "/ready", (port, folder) => ([Path.Combine(folder, "bare.db"), port.ToString(CultureInfo.InvariantCulture)], [])))
{
    using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{bare.Port}") };
    var sessions = new List<string>();
    for (var i = 0; i < SessionCount; i++)
    {
        sessions.Add((await Service.PostAsync(http, "/sessions", new { })).GetProperty("id").GetString()!);
    }

    var creates = sessions.Select(id => RawConnection.Request(
        "POST", "/messages", null, $$"""{"sessionId":"{{id}}","text":"{{Text}}"}""")).ToArray();
    var reads = sessions.Select(id => RawConnection.Request("GET", $"/sessions/{id}/messages", null, null)).ToArray();
    await FillAsync(bare.Port, creates);
    await ReportAsync("bare: read 50 messages", bare.Port, 200, reads);
    await ReportAsync("bare: create message", bare.Port, 201, creates);
}

using (var service = await Service.StartAsync(serviceDll, SessionCount, modelUrl: null))
{
    var creates = service.Sessions.Select(id => RawConnection.Request(
        "POST", "/api/v1/messages", service.Key, $$"""{"session_id":"{{id}}","text":"{{Text}}","reply":"none"}""")).ToArray();
    var reads = service.Sessions.Select(id => RawConnection.Request(
        "GET", $"/api/v1/sessions/{id}/messages?limit=50", service.Key, null)).ToArray();
    await FillAsync(service.Process.Port, creates);
    await ReportAsync("service: read 50 messages", service.Process.Port, 200, reads);
    await ReportAsync("service: create message", service.Process.Port, 201, creates);
    var mixed = service.Sessions.SelectMany((_, i) => new[] { reads[i], reads[i], reads[i], creates[i] }).ToArray();
    await ReportAsync("service: 3 reads to 1 create", service.Process.Port, 0, mixed);
}

Console.WriteLine();
await using (var model = await ScriptedModel.StartAsync())
using (var service = await Service.StartAsync(serviceDll, 10, model.BaseUrl))
{
    await FirstDelta.MeasureAsync(service, model, 50);
    var own = await FirstDelta.MeasureAsync(service, model, Streams);
    own.Sort();
    Console.WriteLine(
        $"First streamed delta, the service's own part, {Streams} streams one after another: p50 {LoadRun.Percentile(own, .5):N2} ms, p95 {LoadRun.Percentile(own, .95):N2} ms, p99 {LoadRun.Percentile(own, .99):N2} ms");
}

var ready = new List<double>();
for (var i = 0; i < Starts; i++)
{
    using var start = await Service.StartProcessAsync(serviceDll, modelUrl: null);
    ready.Add(start.ReadyAfter.TotalMilliseconds);
}

ready.Sort();
Console.WriteLine($"Start of the process to ready, {Starts} starts over an empty data folder: median {ready[Starts / 2]:N0} ms, slowest {ready[^1]:N0} ms");

using (var service = await Service.StartAsync(serviceDll, 1, modelUrl: null))
{
    await Service.PostAsync(service.Http, "/api/v1/search", new { query = "loads the embedding model" });
    await Task.Delay(TimeSpan.FromSeconds(10));
    Console.WriteLine($"Memory at rest (resident set) with the embedding model loaded: {service.Process.ResidentMegabytes:N0} MB");
}

async Task FillAsync(int port, byte[][] creates)
{
    using var connection = await RawConnection.OpenAsync(port, CancellationToken.None);
    foreach (var create in creates)
    {
        for (var i = 0; i < MessagesPerSession; i++)
        {
            await connection.SendAsync(create, CancellationToken.None);
        }
    }
}

async Task ReportAsync(string name, int port, int expectedStatus, byte[][] requests)
{
    var result = await LoadRun.RunAsync(
        name, port, Connections, duration, expectedStatus, (connection, turn) => requests[(connection + (turn * Connections)) % requests.Length]);
    Console.WriteLine(result.Row());
}
