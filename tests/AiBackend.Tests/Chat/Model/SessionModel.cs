using System.Net;

namespace AiBackend.Tests.Chat.Model;

/// <summary>
/// What a session is by its rules, in the plainest form: a list of messages, a queue of runs, a list of events. A step changes it as the
/// contract says and tells the status that the service must answer.
/// </summary>
internal sealed partial class SessionModel
{
    private const int NoOne = -1;

    public string State { get; private set; } = "open";

    public int Leaf { get; private set; } = NoOne;

    public List<ModelMessage> Messages { get; } = [];

    /// <summary>All runs; those of the queue have not ended.</summary>
    public List<ModelRun> Runs { get; } = [];

    public List<ModelRun> Queue { get; } = [];

    public List<ModelSuggestion> Suggestions { get; } = [];

    public List<string> Events { get; } = ["chat.session.created"];

    /// <summary>The run that an answer is being made for and held back.</summary>
    public ModelRun? Held => Queue.Count > 0 && Queue[0].IsHeld ? Queue[0] : null;

    /// <summary>The way from the first message to the active leaf.</summary>
    public IReadOnlyList<int> ActiveBranch()
    {
        var path = new List<int>();
        for (var at = Leaf; at != NoOne; at = Messages[at].Parent)
        {
            path.Insert(0, at);
        }

        return path;
    }

    public HttpStatusCode Post(int? parent, string text, string reply)
    {
        if (State == "closed")
        {
            return HttpStatusCode.Conflict;
        }

        Add(new ModelMessage(parent ?? Leaf, "user", text));
        Ask(Messages.Count - 1, reply);
        return HttpStatusCode.Created;
    }

    public HttpStatusCode Edit(int message, string text, string reply)
    {
        if (State == "closed" || Messages[message] is not { Role: "user", IsDeleted: false })
        {
            return HttpStatusCode.Conflict;
        }

        Add(new ModelMessage(Messages[message].Parent, "user", text));
        Ask(Messages.Count - 1, reply);
        return HttpStatusCode.OK;
    }

    public HttpStatusCode Regenerate(int message)
    {
        var found = Messages[message];
        var question = found.Role == "user" ? message : found is { Role: "assistant", InReplyTo: not NoOne } ? found.InReplyTo : NoOne;
        if (State != "open" || found.IsDeleted || question == NoOne || Messages[question].IsDeleted)
        {
            return HttpStatusCode.Conflict;
        }

        Ask(question, "auto", below: question == message ? message : found.Parent);
        return HttpStatusCode.Created;
    }

    public HttpStatusCode Delete(int message)
    {
        if (!Messages[message].IsDeleted)
        {
            Messages[message].IsDeleted = true;
            Messages[message].Text = string.Empty;
            Events.Add("chat.message.deleted");
        }

        return HttpStatusCode.NoContent;
    }

    public HttpStatusCode Activate(int message)
    {
        Leaf = message;
        return HttpStatusCode.OK;
    }

    public HttpStatusCode Cancel(ModelRun run)
    {
        if (run.Status != "pending")
        {
            return HttpStatusCode.Conflict;
        }

        End(run, "cancelled", null, "chat.run.cancelled");
        Go();
        return HttpStatusCode.OK;
    }

    public HttpStatusCode HandOver()
    {
        if (State == "open")
        {
            State = "handed_over";
            Events.Add("chat.session.handed_over");
            EndWaiting("completed", "handed_over", "chat.run.completed");
        }

        return State == "closed" ? HttpStatusCode.Conflict : HttpStatusCode.OK;
    }

    public HttpStatusCode Resume()
    {
        if (State == "handed_over")
        {
            State = "open";
            Events.Add("chat.session.resumed");
        }

        return State == "closed" ? HttpStatusCode.Conflict : HttpStatusCode.OK;
    }

    public HttpStatusCode Close()
    {
        if (State != "closed")
        {
            State = "closed";
            Events.Add("chat.session.closed");
            EndWaiting("cancelled", null, "chat.run.cancelled");
            if (Held is { } held)
            {
                End(held, "cancelled", null, "chat.run.cancelled");
            }
        }

        return HttpStatusCode.OK;
    }

    public HttpStatusCode Accept(ModelSuggestion suggestion, string text)
    {
        if (suggestion.Status != "pending" || State == "closed")
        {
            return HttpStatusCode.Conflict;
        }

        suggestion.Status = "accepted";
        Add(new ModelMessage(Leaf, "agent", text) { InReplyTo = suggestion.Run.Question });
        Events.Add("chat.suggestion.accepted");
        return HttpStatusCode.OK;
    }

    public HttpStatusCode Reject(ModelSuggestion suggestion)
    {
        if (suggestion.Status != "pending")
        {
            return HttpStatusCode.Conflict;
        }

        suggestion.Status = "rejected";
        Events.Add("chat.suggestion.rejected");
        return HttpStatusCode.OK;
    }

    /// <summary>The held answer goes on, or a second attempt at it is made.</summary>
    public void GoOn(bool isNewAttempt)
    {
        var held = Held!;
        if (isNewAttempt && Messages[held.Question].IsDeleted)
        {
            End(held, "cancelled", null, "chat.run.cancelled");
        }
        else
        {
            Answer(held);
        }

        Go();
    }

    /// <summary>How the answer to a text reads.</summary>
    public static string ReplyTo(string text) => $"Reply to {text}";

    private void Add(ModelMessage message) => Place(message, isActive: true);

    private void Place(ModelMessage message, bool isActive)
    {
        Messages.Add(message);
        Leaf = isActive ? Messages.Count - 1 : Leaf;
        Events.Add("chat.message.created");
    }

    private void EndWaiting(string status, string? outcome, string raised)
    {
        foreach (var run in Queue.Where(run => !run.IsHeld).ToList())
        {
            End(run, status, outcome, raised);
        }
    }

    private void End(ModelRun run, string status, string? outcome, string raised)
    {
        Queue.Remove(run);
        (run.Status, run.Outcome, run.IsHeld) = (status, outcome, false);
        Events.Add(raised);
    }
}
