using System.Diagnostics;
using System.Text;

namespace AiBackend.Load;

/// <summary>Times streamed answers: from the request to the first <c>reply.delta</c>, less what the model itself took.</summary>
internal static class FirstDelta
{
    public static async Task<List<double>> MeasureAsync(Service service, ScriptedModel model, int count)
    {
        var own = new List<double>();
        for (var i = 0; i < count; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/messages")
            {
                Content = new StringContent(
                    $$"""{"session_id":"{{service.Sessions[i % service.Sessions.Count]}}","text":"Where is my parcel {{i}}?"}""",
                    Encoding.UTF8,
                    "application/json"),
            };
            request.Headers.Accept.ParseAdd("text/event-stream");
            var sent = Stopwatch.GetTimestamp();
            using var answer = await service.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            answer.EnsureSuccessStatusCode();
            using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
            while (await reader.ReadLineAsync() is { } line)
            {
                if (line == "event: reply.delta")
                {
                    own.Add((Stopwatch.GetElapsedTime(sent) - model.OwnTime).TotalMilliseconds);
                    await reader.ReadToEndAsync();
                    break;
                }
            }
        }

        if (own.Count != count)
        {
            throw new InvalidOperationException($"Only {own.Count} of {count} streams had a delta.");
        }

        return own;
    }
}
