using System.Net;
using System.Text;
using System.Text.Json;
using AiBackend.Chat.Runs;
using AiBackend.Documents;
using AiBackend.Jobs;

namespace AiBackend.Tests.Chat.Model;

/// <summary>Several callers that take their steps at once in a few sessions; what each step meets is up to chance.</summary>
internal static class SessionCallers
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Lets all callers act, and when all runs have ended holds every session to what must be true of it.</summary>
    public static async Task ActAsync(ChatTenant tenant, ScriptedWords words, int sessionCount, IEnumerable<SessionAction[]> callers)
    {
        var sessions = new List<string>();
        for (var i = 0; i < sessionCount; i++)
        {
            sessions.Add(await tenant.OpenAsync());
        }

        await Task.WhenAll(callers.Select(actions => Task.Run(
            async () =>
            {
                foreach (var action in actions)
                {
                    await TakeAsync(tenant, words, sessions[action.Session % sessions.Count], action);
                }
            },
            Ct)));
        var runs = await tenant.Documents.ListAsync(Query.Of<Run>(), Ct);
        foreach (var run in runs)
        {
            words.Release(run.Id);
        }

        foreach (var run in runs)
        {
            await EndAsync(tenant, run.Id);
        }

        foreach (var session in sessions)
        {
            await SessionInvariants.RequireAsync(tenant, session);
        }
    }

    private static async Task EndAsync(ChatTenant tenant, string runId)
    {
        try
        {
            await tenant.EndOfAsync(runId).WaitAsync(Patience, TimeProvider.System, Ct);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"The run does not end: {await tenant.Documents.FindAsync<Run>(runId, Ct)}");
        }
    }

    private static async Task TakeAsync(ChatTenant tenant, ScriptedWords words, string session, SessionAction action)
    {
        var text = $"{action.Answering} {action.Pick}";
        var path = $"/api/v1/sessions/{session}";
        var messages = $"{path}/messages?branch=all&limit=200";
        switch (action.Kind)
        {
            case SessionActionKind.Post:
                await TryAsync(tenant, HttpMethod.Post, "/api/v1/messages", new { session_id = session, text, reply = action.Reply });
                break;
            case SessionActionKind.PostBelow when await AnyAsync(tenant, messages, action) is { } parent:
                await TryAsync(
                    tenant, HttpMethod.Post, "/api/v1/messages", new { session_id = session, text, reply = action.Reply, parent_id = parent });
                break;
            case SessionActionKind.Edit when await AnyAsync(tenant, messages, action) is { } message:
                await TryAsync(tenant, HttpMethod.Patch, $"/api/v1/messages/{message}", new { text, reply = action.Reply });
                break;
            case SessionActionKind.Regenerate when await AnyAsync(tenant, messages, action) is { } message:
                await TryAsync(tenant, HttpMethod.Post, $"/api/v1/messages/{message}/regenerate", null);
                break;
            case SessionActionKind.Delete when await AnyAsync(tenant, messages, action) is { } message:
                await TryAsync(tenant, HttpMethod.Delete, $"/api/v1/messages/{message}", null);
                break;
            case SessionActionKind.Activate when await AnyAsync(tenant, messages, action) is { } message:
                await TryAsync(tenant, HttpMethod.Patch, path, new { active_leaf_id = message });
                break;
            case SessionActionKind.Cancel when await LiveAsync(tenant, session) is { } run:
                await TryAsync(tenant, HttpMethod.Post, $"/api/v1/runs/{run.Id}/cancel", null);
                break;
            case SessionActionKind.HandOver or SessionActionKind.Resume or SessionActionKind.Close:
                await TryAsync(tenant, HttpMethod.Post, $"{path}/{action.Kind.ToString().ToLowerInvariant()}", null);
                break;
            case SessionActionKind.Accept when await AnyAsync(tenant, $"{path}/suggestions?limit=200", action) is { } suggestion:
                await TryAsync(tenant, HttpMethod.Post, $"/api/v1/suggestions/{suggestion}/accept", null);
                break;
            case SessionActionKind.Reject when await AnyAsync(tenant, $"{path}/suggestions?limit=200", action) is { } suggestion:
                await TryAsync(tenant, HttpMethod.Post, $"/api/v1/suggestions/{suggestion}/reject", null);
                break;
            case SessionActionKind.Release when await LiveAsync(tenant, session) is { } run:
                words.Release(run.Id);
                break;
            case SessionActionKind.Crash when await LiveAsync(tenant, session) is { } run:
                await LoseLeaseAsync(tenant, run);
                break;
            default:
                break;
        }
    }

    /// <summary>As if the run's process had died.</summary>
    private static Task LoseLeaseAsync(ChatTenant tenant, Run live) => tenant.Documents.CommitAsync(
        async transaction =>
        {
            await transaction.UpdateAsync<Run>(
                live.Id, run => run.DueAt is null ? run : run with { LeaseOwner = "another process", DueAt = tenant.Now });
            transaction.SignalWork<Run>();
        },
        Ct);

    private static async Task<Run?> LiveAsync(ChatTenant tenant, string session)
    {
        var runs = await tenant.Documents.ListAsync(Query.Of<Run>().Equal(run => run.SessionId, session), Ct);
        return runs.FirstOrDefault(run => !run.HasEnded());
    }

    private static async Task<string?> AnyAsync(ChatTenant tenant, string list, SessionAction action)
    {
        var data = (await tenant.GetAsync(list))["data"]!.AsArray();
        return data.Count == 0 ? null : data[action.Pick % data.Count]!.Text("id");
    }

    private static async Task TryAsync(ChatTenant tenant, HttpMethod method, string path, object? body)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        }

        using var response = await AnsweredAsync(tenant, request);
        Assert.True(
            response.StatusCode is HttpStatusCode.OK or HttpStatusCode.Created or HttpStatusCode.NoContent or HttpStatusCode.Conflict,
            $"{method} {path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(Ct)}");
    }

    /// <summary>The answer; without one in time, the runs that have not ended are told, of which one may be waited for.</summary>
    private static async Task<HttpResponseMessage> AnsweredAsync(ChatTenant tenant, HttpRequestMessage request)
    {
        var answering = tenant.Http.SendAsync(request, Ct);
        try
        {
            return await answering.WaitAsync(Patience, TimeProvider.System, Ct);
        }
        catch (TimeoutException)
        {
            var live = (await tenant.Documents.ListAsync(Query.Of<Run>(), Ct)).Where(run => !run.HasEnded());
            Assert.Fail($"{request.Method} {request.RequestUri} is not answered. {string.Join(Environment.NewLine, live)}");
            throw;
        }
    }
}
