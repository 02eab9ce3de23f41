namespace AiBackend.Tests.Chat.Model;

/// <param name="parent">The place of the message that it hangs on; -1 at the root.</param>
/// <param name="role">Who speaks.</param>
/// <param name="text">What is said.</param>
internal sealed class ModelMessage(int parent, string role, string text)
{
    public int Parent => parent;

    public string Role => role;

    public string Text { get; set; } = text;

    public int InReplyTo { get; init; } = -1;

    public string Category { get; init; } = "message";

    public bool IsDeleted { get; set; }
}

/// <param name="question">The place of the message.</param>
/// <param name="reply">What is to happen with the answer.</param>
/// <param name="text">Of the message when it was asked.</param>
internal sealed class ModelRun(int question, string reply, string text)
{
    public int Question => question;

    public string Reply => reply;

    public string Text => text;

    public Answering Answering { get; } = Enum.Parse<Answering>(text[..text.IndexOf(' ', StringComparison.Ordinal)]);

    /// <summary>Where one more reply hangs.</summary>
    public int? Below { get; init; }

    public int LeafWhenAsked { get; init; }

    public bool IsHeld { get; set; }

    public string Status { get; set; } = "pending";

    public string? Outcome { get; set; }

    public int? ReplyMessage { get; set; }
}

/// <param name="run">Which suggests it.</param>
internal sealed class ModelSuggestion(ModelRun run)
{
    public ModelRun Run => run;

    public string Status { get; set; } = "pending";
}
