using System.Text;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Http;

namespace AiBackend.Chat.Runs;

/// <summary>What a run has produced and not yet stored. Not safe for concurrent use.</summary>
internal sealed class RunBatch
{
    private readonly List<PendingPart> parts = [];
    private readonly List<NewEvent> events = [];
    private StringBuilder? text;

    /// <summary>Whether the run is being taken up with this batch.</summary>
    public bool Begins { get; init; }

    public bool IsEmpty => !Begins && parts.Count == 0 && events.Count == 0 && text is null;

    /// <summary>Whether the reader gets to see more of the answer.</summary>
    public bool HasText { get; private set; }

    public IReadOnlyList<NewEvent> Events => events;

    public void Add(NewEvent raised) => events.Add(raised);

    public void Add(string type, RawJson data)
    {
        CloseText();
        parts.Add(new PendingPart(type, data));
    }

    /// <summary>Adds to the answer; pieces of one batch become one part.</summary>
    public void AddText(string piece)
    {
        (text ??= new StringBuilder()).Append(piece);
        HasText = true;
    }

    /// <summary>Leaves out what of the answer is not stored yet.</summary>
    public void DropText()
    {
        text = null;
        parts.RemoveAll(part => part.Type == StreamTypes.ReplyDelta);
        HasText = false;
    }

    /// <summary>What the stream gets, in order.</summary>
    public IReadOnlyList<PendingPart> Parts()
    {
        CloseText();
        return parts;
    }

    private void CloseText()
    {
        if (text is not null)
        {
            parts.Add(new PendingPart(StreamTypes.ReplyDelta, RawJson.Of(new DeltaData(text.ToString()), WireJson.Options)));
            text = null;
        }
    }
}

/// <summary>An event of a run's stream that has no number yet.</summary>
internal sealed record PendingPart(string Type, RawJson Data);

/// <summary>A piece of the answer.</summary>
internal sealed record DeltaData(string Text);

/// <summary>The deltas before are void.</summary>
/// <param name="Attempt">How often the run was taken up, this time included.</param>
internal sealed record ResetData(int Attempt);

/// <summary>What was found for the question.</summary>
internal sealed record CitationsData(IReadOnlyList<Orchestration.Citation> Citations);
