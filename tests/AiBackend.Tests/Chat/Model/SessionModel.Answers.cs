namespace AiBackend.Tests.Chat.Model;

/// <content>How the queue of runs is worked on.</content>
internal sealed partial class SessionModel
{
    private void Ask(int question, string reply, int? below = null)
    {
        if (reply == "none" || State != "open")
        {
            return;
        }

        var run = new ModelRun(question, reply, Messages[question].Text) { Below = below, LeafWhenAsked = Leaf };
        Runs.Add(run);
        Queue.Add(run);
        Go();
    }

    /// <summary>Works on the queue until it is empty or an answer is held.</summary>
    private void Go()
    {
        while (Queue.Count > 0 && !Queue[0].IsHeld)
        {
            var run = Queue[0];
            if (Messages[run.Question].IsDeleted)
            {
                End(run, "cancelled", null, "chat.run.cancelled");
                continue;
            }

            Events.Add("chat.run.started");
            if (run.Answering == Answering.Hold)
            {
                run.IsHeld = true;
                return;
            }

            Answer(run);
        }
    }

    private void Answer(ModelRun run)
    {
        if (run.Answering == Answering.Fail)
        {
            Notice(run, "error");
            End(run, "failed", null, "chat.run.failed");
        }
        else if (run.Reply == "suggest")
        {
            Suggestions.Add(new ModelSuggestion(run));
            Events.Add("chat.suggestion.created");
            End(run, "completed", "suggested", "chat.run.completed");
        }
        else
        {
            var handsOver = State == "open" && run.Answering is Answering.Doubt or Answering.Leave;
            if (run.Answering != Answering.Leave)
            {
                Reply(run);
            }

            if (handsOver)
            {
                State = "handed_over";
                Events.Add("chat.session.handed_over");
                Notice(run, "info");
            }

            End(run, "completed", handsOver || run.Answering == Answering.Leave ? "handed_over" : "replied", "chat.run.completed");
            if (handsOver)
            {
                EndWaiting("completed", "handed_over", "chat.run.completed");
            }
        }
    }

    private void Reply(ModelRun run)
    {
        var reply = new ModelMessage(run.Below ?? LeafBelow(run.Question), "assistant", ReplyTo(run.Text)) { InReplyTo = run.Question };
        var isActive = run.Below is null ? reply.Parent == Leaf : run.LeafWhenAsked == Leaf;
        run.ReplyMessage = Messages.Count;
        Place(reply, isActive);
    }

    /// <summary>What the user is told: below the reply if there is one.</summary>
    private void Notice(ModelRun run, string category)
    {
        var parent = run.ReplyMessage ?? LeafBelow(run.Question);
        Place(new ModelMessage(parent, "assistant", string.Empty) { InReplyTo = run.Question, Category = category }, parent == Leaf);
    }

    private int LeafBelow(int question)
    {
        var below = Enumerable.Range(question, Messages.Count - question).Where(at => IsBelow(at, question)).ToList();
        return below.Contains(Leaf) ? Leaf : below[^1];
    }

    private bool IsBelow(int at, int ancestor)
    {
        while (at != NoOne && at != ancestor)
        {
            at = Messages[at].Parent;
        }

        return at == ancestor;
    }
}
