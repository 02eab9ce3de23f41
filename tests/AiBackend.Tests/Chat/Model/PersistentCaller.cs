using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AiBackend.Tests.Chat.Model;

/// <summary>Repeats a request until it is answered, with the key by which the service knows it again.</summary>
internal sealed class PersistentCaller(Processes processes, string key, int number, ConcurrentBag<string> acknowledged)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private string? lastRunId;
    private int steps;

    public async Task TakeAsync(string session, SessionAction action)
    {
        var path = $"/api/v1/sessions/{session}";
        var text = $"{(action.Answering is Answering.Fail ? Answering.Say : action.Answering)} {number}.{++steps}";
        switch (action.Kind)
        {
            case SessionActionKind.Post:
                await SendAsync(HttpMethod.Post, "/api/v1/messages", new { session_id = session, text, reply = action.Reply });
                break;
            case SessionActionKind.PostBelow when await AnyAsync($"{path}/messages?branch=all&limit=200", action) is { } parent:
                await SendAsync(
                    HttpMethod.Post, "/api/v1/messages", new { session_id = session, text, reply = action.Reply, parent_id = parent });
                break;
            case SessionActionKind.Edit when await AnyAsync($"{path}/messages?branch=all&limit=200", action) is { } message:
                await SendAsync(HttpMethod.Patch, $"/api/v1/messages/{message}", new { text, reply = action.Reply });
                break;
            case SessionActionKind.Regenerate when await AnyAsync($"{path}/messages?branch=all&limit=200", action) is { } message:
                await SendAsync(HttpMethod.Post, $"/api/v1/messages/{message}/regenerate", null);
                break;
            case SessionActionKind.Delete when await AnyAsync($"{path}/messages?branch=all&limit=200", action) is { } message:
                await SendAsync(HttpMethod.Delete, $"/api/v1/messages/{message}", null);
                break;
            case SessionActionKind.Cancel when lastRunId is not null:
                await SendAsync(HttpMethod.Post, $"/api/v1/runs/{lastRunId}/cancel", null);
                break;
            case SessionActionKind.HandOver or SessionActionKind.Resume:
                await SendAsync(HttpMethod.Post, $"{path}/{action.Kind.ToString().ToLowerInvariant()}", null);
                break;
            case SessionActionKind.Accept when await AnyAsync($"{path}/suggestions?limit=200", action) is { } suggestion:
                await SendAsync(HttpMethod.Post, $"/api/v1/suggestions/{suggestion}/accept", null);
                break;
            case SessionActionKind.Reject when await AnyAsync($"{path}/suggestions?limit=200", action) is { } suggestion:
                await SendAsync(HttpMethod.Post, $"/api/v1/suggestions/{suggestion}/reject", null);
                break;
            default:
                break;
        }
    }

    private async Task<string?> AnyAsync(string list, SessionAction action)
    {
        var data = (await SendAsync(HttpMethod.Get, list, null))["data"]!.AsArray();
        return data.Count == 0 ? null : data[action.Pick % data.Count]!.Text("id");
    }

    private async Task<JsonNode> SendAsync(HttpMethod method, string path, object? body)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                using var http = processes.AnyApi(number + tries).NewHttp(key);
                using var request = new HttpRequestMessage(method, path);
                if (body is not null)
                {
                    request.Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
                }

                if (method == HttpMethod.Post)
                {
                    request.Headers.Add("Idempotency-Key", $"{number}.{steps}");
                }

                using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
                var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
                var answer = text.Length == 0 ? new JsonObject() : JsonNode.Parse(text)!;
                if (response.StatusCode is HttpStatusCode.ServiceUnavailable || answer.TextOrNull("code") == "idempotency_in_progress")
                {
                    // The request that was cut off may still be under way.
                    await Task.Delay(Pause, TimeProvider.System);
                    continue;
                }

                Assert.True(
                    response.IsSuccessStatusCode || response.StatusCode is HttpStatusCode.Conflict,
                    $"{method} {path}: {(int)response.StatusCode} {text}");
                if (answer["message"] is { } message)
                {
                    acknowledged.Add(message.Text("id"));
                }

                lastRunId = answer["run"]?.Text("id") ?? lastRunId;
                return answer;
            }
            catch (Exception error) when (error is HttpRequestException or IOException)
            {
                await Task.Delay(Pause, TimeProvider.System);
            }
        }
    }
}
