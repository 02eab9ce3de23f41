using System.Diagnostics;
using System.Globalization;
using AiBackend.Clients;
using AiBackend.Clients.Usage;
using AiBackend.Documents;
using AiBackend.Documents.Sqlite;
using AiBackend.Events;
using AiBackend.Http;
using AiBackend.Jobs;
using EventLog = AiBackend.Events.EventLog;

namespace AiBackend.Deliveries;

/// <summary>
/// Stores events with a delivery each, then starts the workers and takes the time until the receiver has all of them and all are
/// stored as delivered. The store, the work loop, signing, the guard and the records are those of the service.
/// </summary>
internal static class DeliveryRun
{
    private const string ClientId = "cli_00000000000000000000000000";

    public static async Task<int> RunAsync(int count, int atOnce)
    {
        using var receiver = StartReceiver(count);
        var url = await receiver.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The receiver did not start.");
        var folder = Directory.CreateTempSubdirectory("aibackend-deliveries-");
        try
        {
            using var host = HostOf(folder.FullName, atOnce);
            var adapter = (SqliteDocumentStore)host.Services.GetRequiredService<IDocumentStore>();
            await adapter.InitializeAsync(CancellationToken.None);
            await AppendAsync(host.Services, url, count);

            var cpu = Environment.CpuUsage.TotalTime;
            var start = Stopwatch.GetTimestamp();
            await host.StartAsync();
            var received = (await receiver.StandardOutput.ReadLineAsync())!.Split(' ');
            var receivedAfter = Stopwatch.GetElapsedTime(start, long.Parse(received[1], CultureInfo.InvariantCulture));
            await AllStoredAsync(host.Services, count);
            var storedAfter = Stopwatch.GetElapsedTime(start);
            cpu = Environment.CpuUsage.TotalTime - cpu;
            await host.StopAsync();
            await adapter.DisposeAsync();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{count} deliveries, {atOnce} at once: {count / storedAfter.TotalSeconds:F0}/s stored as delivered ({storedAfter.TotalSeconds:F2} s), "
                + $"{count / receivedAfter.TotalSeconds:F0}/s received, {received[0]} requests, {cpu.TotalMicroseconds / count:F0} µs processor time each"));
        }
        finally
        {
            folder.Delete(recursive: true);
            receiver.Kill();
        }

        return 0;
    }

    private static Process StartReceiver(int count) => Process.Start(
        new ProcessStartInfo(Environment.ProcessPath!, ["receive", count.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardOutput = true,
        })!;

    private static IHost HostOf(string folder, int atOnce)
    {
        var builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Services
            .AddSingleton(TimeProvider.System)
            .AddSingleton<Ids>()
            .AddSingleton<DocumentCatalog>()
            .AddSingleton(services => new SqliteDocumentOptions { Path = Path.Combine(folder, "bench.db") })
            .AddSingleton<IDocumentStore, SqliteDocumentStore>()
            .AddSingleton<DocumentStore>()
            .AddSingleton(new EncryptionOptions { Key = "bench" })
            .AddSingleton<SecretBox>()
            .AddSingleton<AuditLog>()
            .AddSingleton<DocumentSet>(ClientDocuments.Audit)
            .AddSingleton<UsageLog>()
            .AddSingleton<DocumentSet>(ClientDocuments.Usage)
            .AddJobs()
            .AddSingleton(new EventsOptions { AllowPrivateNetworks = true })
            .AddEvents()
            .AddSingleton(new WorkOptions<Delivery> { Name = "deliveries", Concurrency = atOnce });
        return builder.Build();
    }

    private static async Task AppendAsync(IServiceProvider services, string url, int count)
    {
        var processors = services.GetRequiredService<EventProcessors>();
        var none = await AppendEventsAsync(services, count);
        await services.GetRequiredService<DocumentStore>().For(ClientId).CommitAsync(
            transaction => processors.CreateAsync(
                transaction,
                new Credential(KeyId: null, ClientId, []),
                new ProcessorForm { Name = "bench", Config = new HttpConfigForm { Url = url } }),
            CancellationToken.None);
        var one = await AppendEventsAsync(services, count);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{count} events appended: {none.TotalMicroseconds / count:F0} µs processor time each without a processor, {one.TotalMicroseconds / count:F0} µs with one"));
    }

    private static async Task<TimeSpan> AppendEventsAsync(IServiceProvider services, int count)
    {
        var documents = services.GetRequiredService<DocumentStore>().For(ClientId);
        var log = services.GetRequiredService<EventLog>();
        var data = EventData.Of("message", new { id = "msg_1", text = new string('x', 400), role = "user" });
        var start = Environment.CpuUsage.TotalTime;
        for (var i = 0; i < count; i += 200)
        {
            // As many commits at a time as one sync to disk may store: one event each, as messages raise them.
            await Task.WhenAll(Enumerable.Range(i, Math.Min(200, count - i)).Select(number => documents.CommitAsync(
                transaction => log.AppendAsync(
                    transaction, new NewEvent(EventTypes.ChatMessageCreated, "message", $"msg_{number}") { Data = data }),
                CancellationToken.None)));
        }

        return Environment.CpuUsage.TotalTime - start;
    }

    private static async Task AllStoredAsync(IServiceProvider services, int count)
    {
        var documents = services.GetRequiredService<DocumentStore>().For(ClientId);
        var delivered = Query.Of<Delivery>().Equal(delivery => delivery.Status, DeliveryStatus.Delivered);
        while (await documents.CountAsync(delivered, CancellationToken.None) < count)
        {
            await Task.Delay(5);
        }
    }
}
