using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using AiBackend.Chat.Runs;
using AiBackend.Jobs;
using AiBackend.Orchestration;

namespace AiBackend.Tests.Chat;

/// <summary>Does at random, and at once, whatever can be done to sessions, and then counts again.</summary>
public sealed class ConsistencyTests(ChatApp app) : IClassFixture<ChatApp>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Whatever_happens_at_once_everything_adds_up(int seed)
    {
        var tenant = await app.NewChatTenantAsync();
        app.Answers.Set(tenant.ClientId, AtRandomAsync);

        await ActAndCountAsync(tenant, seed);
    }

    internal static async Task ActAndCountAsync(ChatTenant tenant, int seed)
    {
        var sessions = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            sessions.Add(await tenant.OpenAsync());
        }

        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => ActAsync(tenant, sessions, new Random((seed * 100) + i))));
        var runs = await tenant.Documents.ListAsync(AiBackend.Documents.Query.Of<Run>(), Ct);
        foreach (var run in runs)
        {
            await tenant.EndOfAsync(run.Id);
        }

        foreach (var session in sessions)
        {
            await CountAsync(tenant, session);
        }
    }

    /// <summary>Holds a session to everything that must be true of it once all its runs have ended.</summary>
    private static async Task CountAsync(ChatTenant tenant, string sessionId)
    {
        var session = await tenant.GetAsync($"/api/v1/sessions/{sessionId}");
        var stored = await tenant.Documents.FindAsync<AiBackend.Chat.Sessions.Session>(sessionId, Ct);
        Assert.Empty(stored!.PendingRunIds);
        var messages = await AllMessagesAsync(tenant, sessionId);
        Assert.Equal(messages.Count, session.Number("message_count"));
        Assert.Equal(Enumerable.Range(1, messages.Count), messages.Select(message => (int)message.Number("position")));
        var positions = messages.ToDictionary(message => message.Text("id"), message => message.Number("position"));
        Assert.All(messages, message => Assert.True(
            message.TextOrNull("parent_id") is not { } parent || positions[parent] < message.Number("position")));
        var active = await tenant.MessagesAsync(sessionId, "active");
        Assert.Equal(session.TextOrNull("active_leaf_id"), active.Count == 0 ? null : active[^1].Text("id"));
        Assert.Equal(
            active.SkipLast(1).Select(message => message.Text("id")), active.Skip(1).Select(message => message.Text("parent_id")));

        await tenant.EventsAsync(sessionId);
        var events = await tenant.EventDocumentsAsync(sessionId);
        Assert.Equal(
            messages.Select(message => message.Text("id")).Order(),
            events.Where(found => found.Type == "chat.message.created").Select(found => found.EntityId).Order());
        var runs = await tenant.Documents.ListAsync(AiBackend.Documents.Query.Of<Run>().Equal(run => run.SessionId, sessionId), Ct);
        foreach (var run in runs)
        {
            Assert.True(run.HasEnded());
            Assert.Null(run.DueAt);
            Assert.Single(events, found => found.EntityId == run.Id && found.Type is "chat.run.completed" or "chat.run.failed" or "chat.run.cancelled");
            Assert.InRange(events.Count(found => found.EntityId == run.Id && found.Type == "chat.run.started"), 0, 1);
            var replies = messages.Where(message => message.TextOrNull("run_id") == run.Id && message.Text("role") == "assistant" && message.Text("category") == "message").ToList();
            Assert.Equal(run.ReplyMessageId is null ? 0 : 1, replies.Count);
            if (run.Outcome is RunOutcome.Replied)
            {
                Assert.Equal(run.ReplyMessageId, replies[0].Text("id"));
                Assert.Equal(run.MessageId, replies[0].Text("in_reply_to"));
            }

            var isWhole = messages.All(message => message.TextOrNull("run_id") != run.Id || message["deleted_at"] is null);
            await CountStreamAsync(tenant, run, isWhole ? replies.SingleOrDefault() : null);
        }
    }

    private static async Task CountStreamAsync(ChatTenant tenant, Run run, JsonNode? reply)
    {
        using var stream = await SseReader.OpenAsync(tenant.Http, HttpMethod.Get, $"/api/v1/runs/{run.Id}/stream");
        var received = await stream.RestAsync();
        Assert.Equal(StreamTypes.LastOf(run), received[^1].Type);
        Assert.Equal(run.StreamLength, received[^1].Number);
        if (reply is not null)
        {
            Assert.Equal(Enumerable.Range(1, received.Count), received.Select(one => one.Number));
            Assert.Equal(reply.Text("text"), SseReader.TextOf(received));
        }
    }

    private static async Task<List<JsonNode>> AllMessagesAsync(ChatTenant tenant, string sessionId)
    {
        var messages = new List<JsonNode>();
        var cursor = string.Empty;
        while (true)
        {
            var page = await tenant.GetAsync($"/api/v1/sessions/{sessionId}/messages?order=asc&branch=all&limit=200{cursor}");
            messages.AddRange(page["data"]!.AsArray().Select(message => message!));
            if (page.TextOrNull("next_cursor") is not { } next)
            {
                return messages;
            }

            cursor = $"&cursor={next}";
        }
    }

    private static async Task ActAsync(ChatTenant tenant, List<string> sessions, Random random)
    {
        for (var i = 0; i < 30; i++)
        {
            var session = sessions[random.Next(sessions.Count)];
            switch (random.Next(15))
            {
                case <= 5:
                    await TryAsync(tenant, HttpMethod.Post, "/api/v1/messages", new
                    {
                        session_id = session,
                        text = $"{i}",
                        reply = random.GetItems(["auto", "auto", "auto", "none", "suggest"], 1)[0],
                        parent_id = random.Next(4) == 0 ? await AnyAsync(tenant, $"/api/v1/sessions/{session}/messages?branch=all", random) : null,
                    });
                    break;
                case 6:
                    await TryAsync(tenant, HttpMethod.Post, $"/api/v1/sessions/{session}/handover", null);
                    break;
                case 7 or 8:
                    await TryAsync(tenant, HttpMethod.Post, $"/api/v1/sessions/{session}/resume", null);
                    break;
                case 9 when await AnyAsync(tenant, $"/api/v1/sessions/{session}/messages", random) is { } message:
                    await TryAsync(tenant, HttpMethod.Delete, $"/api/v1/messages/{message}", null);
                    break;
                case 10 when await AnyAsync(tenant, $"/api/v1/sessions/{session}/suggestions", random) is { } suggestion:
                    await TryAsync(tenant, HttpMethod.Post, $"/api/v1/suggestions/{suggestion}/{(random.Next(2) == 0 ? "accept" : "reject")}", null);
                    break;
                case 11:
                    await DisturbARunAsync(tenant, session, random);
                    break;
                case 12 when await AnyAsync(tenant, $"/api/v1/sessions/{session}/messages", random) is { } message:
                    await TryAsync(tenant, HttpMethod.Patch, $"/api/v1/messages/{message}", new { text = $"{i}b" });
                    break;
                case 13 when await AnyAsync(tenant, $"/api/v1/sessions/{session}/messages?branch=all", random) is { } message:
                    await TryAsync(tenant, HttpMethod.Post, $"/api/v1/messages/{message}/regenerate", null);
                    break;
                case 14 when await AnyAsync(tenant, $"/api/v1/sessions/{session}/messages?branch=all", random) is { } message:
                    await TryAsync(tenant, HttpMethod.Patch, $"/api/v1/sessions/{session}", new { active_leaf_id = message });
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>Cancels a run, or takes its lease away as if its process had died.</summary>
    private static async Task DisturbARunAsync(ChatTenant tenant, string session, Random random)
    {
        var runs = await tenant.Documents.ListAsync(AiBackend.Documents.Query.Of<Run>().Equal(run => run.SessionId, session), Ct);
        if (runs.FirstOrDefault(run => !run.HasEnded()) is not { } live)
        {
            return;
        }

        if (random.Next(2) == 0)
        {
            await TryAsync(tenant, HttpMethod.Post, $"/api/v1/runs/{live.Id}/cancel", null);
            return;
        }

        await tenant.Documents.CommitAsync(
            async transaction =>
            {
                await transaction.UpdateAsync<Run>(
                    live.Id, run => run.DueAt is null ? run : run with { LeaseOwner = "another process", DueAt = tenant.Now });
                transaction.SignalWork<Run>();
            },
            Ct);
    }

    private static async Task<string?> AnyAsync(ChatTenant tenant, string list, Random random)
    {
        var data = (await tenant.GetAsync(list))["data"]!.AsArray();
        return data.Count == 0 ? null : data[random.Next(data.Count)]!.Text("id");
    }

    private static async Task TryAsync(ChatTenant tenant, HttpMethod method, string path, object? body)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(
                System.Text.Json.JsonSerializer.Serialize(body), new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
        }

        using var response = await tenant.Http.SendAsync(request, Ct);
        Assert.True(
            response.StatusCode is HttpStatusCode.OK or HttpStatusCode.Created or HttpStatusCode.NoContent or HttpStatusCode.Conflict,
            $"{method} {path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(Ct)}");
    }

    internal static async IAsyncEnumerable<AnswerPart> AtRandomAsync(AnswerRequest request, [EnumeratorCancellation] CancellationToken ct)
    {
        var random = new Random(StringComparer.Ordinal.GetHashCode(request.RunId) + request.Attempt);
        var text = string.Empty;
        for (var i = random.Next(4); i > 0; i--)
        {
            await Task.Yield();
            ct.ThrowIfCancellationRequested();
            text += $"{request.Attempt}.{i} ";
            yield return new AnswerPart.Delta($"{request.Attempt}.{i} ");
        }

        switch (random.Next(8))
        {
            case 0:
                throw new OrchestrationException("model_unavailable", "No model.");
            case 1 when request.MayHandOver:
                yield return new AnswerPart.HandOver("nothing_found", 0, null);
                break;
            default:
                yield return ScriptedAnswers.Completed(text + "end", random.Next(6) == 0 ? 0.1 : 0.9);
                break;
        }
    }
}
