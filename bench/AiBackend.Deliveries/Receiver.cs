using System.Diagnostics;
using System.Globalization;

namespace AiBackend.Deliveries;

/// <summary>
/// A receiver as a subscriber would write it: reads the body, looks at the signature header, answers 204. Prints its address, then, after the
/// expected number of distinct events, how many requests came and when; then it runs until it is killed.
/// </summary>
internal static class Receiver
{
    public static async Task<int> RunAsync(int expected)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var requests = 0;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        app.MapPost("/", async (HttpContext http) =>
        {
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body, http.RequestAborted);
            if (http.Request.Headers["webhook-signature"].Count == 0)
            {
                return Results.BadRequest();
            }

            lock (seen)
            {
                requests++;
                if (seen.Add(http.Request.Headers["webhook-id"].ToString()) && seen.Count == expected)
                {
                    all.SetResult();
                }
            }

            return Results.NoContent();
        });
        await app.StartAsync();
        Console.WriteLine(app.Urls.Single());
        await all.Task;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{requests} {Stopwatch.GetTimestamp()}"));
        await Task.Delay(Timeout.Infinite);
        return 0;
    }
}
