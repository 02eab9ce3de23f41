using CsCheck;

namespace AiBackend.Tests.Chat.Model;

/// <summary>What can be done to a session.</summary>
internal enum SessionActionKind
{
    Post,
    PostBelow,
    Edit,
    Regenerate,
    Delete,
    Activate,
    Cancel,
    HandOver,
    Resume,
    Close,
    Accept,
    Reject,

    /// <summary>A held answer goes on.</summary>
    Release,

    /// <summary>The process that makes an answer dies, as far as others can tell: its lease is another's.</summary>
    Crash,
}

/// <summary>How a message is answered; its text begins with this word.</summary>
internal enum Answering
{
    /// <summary>With a text.</summary>
    Say,

    /// <summary>With half a text, and the rest when the test says so or a second attempt is made.</summary>
    Hold,

    /// <summary>With a text of little confidence.</summary>
    Doubt,

    /// <summary>Not; a person is to answer.</summary>
    Leave,

    /// <summary>With an error.</summary>
    Fail,
}

/// <summary>One step.</summary>
/// <param name="Session">Which session, where there are several (by the remainder).</param>
/// <param name="Pick">Which of the session's messages, runs or suggestions (by the remainder).</param>
/// <param name="Reply">The reply that a message asks for.</param>
internal sealed record SessionAction(SessionActionKind Kind, int Session, int Pick, Answering Answering, string Reply)
{
    /// <summary>Steps as callers take them, without an end of the session.</summary>
    public static readonly Gen<SessionAction> Any = Of(close: 0);

    /// <summary>Steps of which some close the session.</summary>
    public static readonly Gen<SessionAction> AnyOrClose = Of(close: 1);

    public override string ToString() => $"{Kind}({Session}, {Pick}, {Answering}, {Reply})";

    private static Gen<SessionAction> Of(int close) =>
        from kind in Gen.Frequency(
            (12, SessionActionKind.Post),
            (3, SessionActionKind.PostBelow),
            (4, SessionActionKind.Edit),
            (4, SessionActionKind.Regenerate),
            (3, SessionActionKind.Delete),
            (3, SessionActionKind.Activate),
            (3, SessionActionKind.Cancel),
            (2, SessionActionKind.HandOver),
            (4, SessionActionKind.Resume),
            (close, SessionActionKind.Close),
            (3, SessionActionKind.Accept),
            (2, SessionActionKind.Reject),
            (4, SessionActionKind.Release),
            (3, SessionActionKind.Crash))
        from session in Gen.Int[0, 3]
        from pick in Gen.Int[0, 1_000]
        from answering in Gen.Frequency(
            (6, Answering.Say), (4, Answering.Hold), (1, Answering.Doubt), (1, Answering.Leave), (1, Answering.Fail))
        from reply in Gen.Frequency((4, "auto"), (1, "none"), (2, "suggest"))
        select new SessionAction(kind, session, pick, answering, reply);
}
