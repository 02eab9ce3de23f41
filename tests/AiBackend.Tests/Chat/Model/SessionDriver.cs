using System.Net;
using System.Text.Json.Nodes;
using AiBackend.Chat.Runs;
using AiBackend.Jobs;

namespace AiBackend.Tests.Chat.Model;

/// <summary>Does the same to a session of the service and to its model, one step after another, and compares them.</summary>
internal sealed class SessionDriver(ChatTenant tenant, string sessionId, ScriptedWords words)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly SessionModel model = new();
    private readonly List<string> runIds = [];
    private readonly HashSet<string> ended = [];
    private IReadOnlyList<JsonNode> messages = [];
    private int steps;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async Task TakeAsync(SessionAction action)
    {
        steps++;
        var text = $"{action.Answering} {steps}";
        var session = $"/api/v1/sessions/{sessionId}";
        switch (action.Kind)
        {
            case SessionActionKind.Post:
                await AskAsync(
                    HttpMethod.Post, "/api/v1/messages", new { session_id = sessionId, text, reply = action.Reply },
                    model.Post(null, text, action.Reply));
                break;
            case SessionActionKind.PostBelow when Message(action) is var (parent, id):
                await AskAsync(
                    HttpMethod.Post, "/api/v1/messages", new { session_id = sessionId, text, reply = action.Reply, parent_id = id },
                    model.Post(parent, text, action.Reply));
                break;
            case SessionActionKind.Edit when Message(action) is var (at, id):
                await AskAsync(HttpMethod.Patch, $"/api/v1/messages/{id}", new { text, reply = action.Reply }, model.Edit(at, text, action.Reply));
                break;
            case SessionActionKind.Regenerate when Message(action) is var (at, id):
                await AskAsync(HttpMethod.Post, $"/api/v1/messages/{id}/regenerate", null, model.Regenerate(at));
                break;
            case SessionActionKind.Delete when Message(action) is var (at, id):
                await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/messages/{id}", null, model.Delete(at));
                break;
            case SessionActionKind.Activate when Message(action) is var (at, id):
                await tenant.SendAsync(HttpMethod.Patch, session, new { active_leaf_id = id }, model.Activate(at));
                break;
            case SessionActionKind.Cancel when runIds.Count > 0:
                var run = action.Pick % runIds.Count;
                await tenant.PostAsync($"/api/v1/runs/{runIds[run]}/cancel", null, model.Cancel(model.Runs[run]));
                break;
            case SessionActionKind.HandOver:
                await tenant.PostAsync($"{session}/handover", null, model.HandOver());
                break;
            case SessionActionKind.Resume:
                await tenant.PostAsync($"{session}/resume", null, model.Resume());
                break;
            case SessionActionKind.Close:
                await tenant.PostAsync($"{session}/close", null, model.Close());
                break;
            case SessionActionKind.Accept when model.Suggestions.Count > 0:
                var accepted = model.Suggestions[action.Pick % model.Suggestions.Count];
                await tenant.PostAsync($"{await SuggestionAsync(accepted)}/accept", new { text }, model.Accept(accepted, text));
                break;
            case SessionActionKind.Reject when model.Suggestions.Count > 0:
                var rejected = model.Suggestions[action.Pick % model.Suggestions.Count];
                await tenant.PostAsync($"{await SuggestionAsync(rejected)}/reject", null, model.Reject(rejected));
                break;
            case SessionActionKind.Release when model.Held is { } held:
                model.GoOn(isNewAttempt: false);
                words.Release(IdOf(held));
                break;
            case SessionActionKind.Crash when model.Held is { } held:
                await CrashAsync(held);
                break;
            default:
                break;
        }

        await SettleAsync();
        await CompareAsync();
    }

    /// <summary>Lets what is held go on, so that nothing is left over.</summary>
    public async Task FinishAsync()
    {
        while (model.Held is not null)
        {
            await TakeAsync(new SessionAction(SessionActionKind.Release, 0, 0, Answering.Say, "none"));
        }

        await SessionInvariants.RequireAsync(tenant, sessionId);
    }

    private (int At, string Id)? Message(SessionAction action)
    {
        var at = messages.Count == 0 ? 0 : action.Pick % messages.Count;
        return messages.Count == 0 ? null : (at, messages[at].Text("id"));
    }

    private string IdOf(ModelRun run) => runIds[model.Runs.IndexOf(run)];

    private async Task<string> SuggestionAsync(ModelSuggestion suggestion) =>
        $"/api/v1/suggestions/{(await tenant.GetAsync($"/api/v1/runs/{IdOf(suggestion.Run)}")).Text("suggestion_id")}";

    private async Task AskAsync(HttpMethod method, string path, object? body, HttpStatusCode expected)
    {
        var answer = await tenant.SendAsync(method, path, body, expected);
        if (answer["run"] is { } run)
        {
            runIds.Add(run.Text("id"));
        }

        Assert.Equal(model.Runs.Count, runIds.Count);
    }

    /// <summary>Takes the lease away, lets another attempt end, and then the first one go on: it must not be heard any more.</summary>
    private async Task CrashAsync(ModelRun held)
    {
        var id = IdOf(held);
        model.GoOn(isNewAttempt: true);
        await tenant.Documents.CommitAsync(
            async transaction =>
            {
                await transaction.UpdateAsync<Run>(id, run => run with { LeaseOwner = "another process", DueAt = tenant.Now });
                transaction.SignalWork<Run>();
            },
            Ct);
        await tenant.EndOfAsync(id).WaitAsync(Patience, TimeProvider.System, Ct);
        words.Release(id);
    }

    private async Task SettleAsync()
    {
        for (var i = 0; i < runIds.Count; i++)
        {
            if (model.Runs[i].Status != "pending" && ended.Add(runIds[i]))
            {
                await tenant.EndOfAsync(runIds[i]).WaitAsync(Patience, TimeProvider.System, Ct);
            }
        }

        if (model.Held is { } held)
        {
            await words.HeldAsync(IdOf(held)).WaitAsync(Patience, TimeProvider.System, Ct);
            await tenant.ReachedAsync(IdOf(held), run => run.Status is RunStatus.Running).WaitAsync(Patience, TimeProvider.System, Ct);
        }
    }

    private async Task CompareAsync()
    {
        messages = await tenant.MessagesAsync(sessionId);
        var ids = messages.Select(message => message.Text("id")).ToList();
        string? IdAt(int at) => at < 0 ? null : ids[at];

        Assert.Equal(
            model.Messages.Select((message, at) => Line(
                at + 1, IdAt(message.Parent), IdAt(message.InReplyTo), message.Role, message.Category,
                message.Category == "message" ? message.Text : null, message.IsDeleted)),
            messages.Select(message => Line(
                message.Number("position"), message.TextOrNull("parent_id"), message.TextOrNull("in_reply_to"), message.Text("role"),
                message.Text("category"), message.Text("category") == "message" ? message.Text("text") : null, message["deleted_at"] is not null)));
        var session = await tenant.GetAsync($"/api/v1/sessions/{sessionId}");
        Assert.Equal(
            (model.State, model.Messages.Count, IdAt(model.Leaf)),
            (session.Text("state"), (int)session.Number("message_count"), session.TextOrNull("active_leaf_id")));
        Assert.Equal(
            model.ActiveBranch().Select(at => ids[at]), (await tenant.MessagesAsync(sessionId, "active")).Select(message => message.Text("id")));
        Assert.Equal(model.Events, await tenant.EventsAsync(sessionId));
        for (var i = 0; i < runIds.Count; i++)
        {
            var (expected, run) = (model.Runs[i], await tenant.GetAsync($"/api/v1/runs/{runIds[i]}"));
            Assert.Equal(
                (expected.Status, expected.Outcome, expected.ReplyMessage is { } at ? ids[at] : null),
                (expected.Status == "pending" && run.Text("status") is "queued" or "running" ? "pending" : run.Text("status"),
                    run.TextOrNull("outcome"), run.TextOrNull("reply_message_id")));
        }
    }

    private static string Line(long position, string? parent, string? asked, string role, string category, string? text, bool isDeleted) =>
        $"{position} below {parent} to {asked}: {role} {category} '{text}'{(isDeleted ? " deleted" : string.Empty)}";
}
