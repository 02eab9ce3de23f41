using System.Runtime.CompilerServices;
using System.Text.Json;
using AiBackend.Chat.Messages;
using AiBackend.Chat.Runs;
using AiBackend.Http;

namespace AiBackend.OpenAi;

/// <summary>Answers a message that is kept in a session: by a run, as a message that was posted there.</summary>
internal sealed class SessionAnswers(KeptMessages kept, RunStreams streams, LimitOptions limits)
{
    /// <summary>Stores the question and gives the parts of its answer, which is stored too. The run is cancelled when nobody reads on.</summary>
    /// <exception cref="ApiException">The session cannot be used, or there is no answer.</exception>
    public IAsyncEnumerable<ReplyPart> AnswerAsync(HttpContext http, CompletionRequest request, Caller caller, CancellationToken ct)
    {
        // A library that repeats the request would post the message once more.
        var question = Conversation.Of(request, limits.MessageCharacters).Question;
        return AnswerAsync(caller, request.SessionId!, question, () => http.Response.Headers[Refusals.RetryHeader] = "false", ct);
    }

    /// <inheritdoc cref="AnswerAsync(HttpContext, CompletionRequest, Caller, CancellationToken)" />
    /// <param name="session">The session's id, which must be there, or the caller's own name for it.</param>
    /// <param name="stored">Called when the question is stored.</param>
    public async IAsyncEnumerable<ReplyPart> AnswerAsync(
        Caller caller, string session, string question, Action? stored, [EnumeratorCancellation] CancellationToken ct)
    {
        var posted = await kept.AskAsync(caller, session, question, ReplyMode.Auto, ct);
        stored?.Invoke();
        if (posted.Run is null)
        {
            yield return Silence(posted.Message);
            yield break;
        }

        var hasEnded = false;
        try
        {
            await foreach (var part in PartsAsync(posted.Message, posted.Run.Id, caller.ClientId, ct))
            {
                hasEnded = part is ReplyPart.End;
                yield return part;
            }
        }
        finally
        {
            if (!hasEnded)
            {
                await kept.CancelAsync(caller, posted.Run.Id);
            }
        }
    }

    /// <summary>The answer to a message in a session that a person answers: none.</summary>
    public static ReplyPart.End Silence(MessageResponse message) => new(
        string.Empty, Usage: null, new AnswerDetails { SessionId = message.SessionId, MessageId = message.Id, Outcome = "handed_over" });

    private async IAsyncEnumerable<ReplyPart> PartsAsync(
        MessageResponse question, string runId, string clientId, [EnumeratorCancellation] CancellationToken ct)
    {
        MessageResponse? reply = null;
        await foreach (var sent in streams.ReadAsync(clientId, runId, after: 1, ct))
        {
            switch (sent.Type)
            {
                case StreamTypes.ReplyDelta:
                    yield return new ReplyPart.Delta(Read<DeltaData>(sent).Text);
                    break;
                case StreamTypes.ReplyReset:
                    yield return new ReplyPart.Reset();
                    break;
                case StreamTypes.ReplyCompleted:
                    reply = Read<Happened>(sent).Message;
                    break;
                case StreamTypes.RunCompleted or StreamTypes.RunHandedOver:
                    yield return EndOf(question, reply, Read<Happened>(sent));
                    yield break;
                case StreamTypes.RunFailed:
                    var error = Read<Happened>(sent).Run?.Error;
                    throw Refusals.OfCode(error?.Code ?? "internal_error", error?.Detail ?? "The answer failed.");
                case StreamTypes.RunCancelled:
                    throw ApiException.Conflict("The answer was cancelled.", "run_cancelled");
            }
        }

        throw ApiException.NotFound();
    }

    private static ReplyPart.End EndOf(MessageResponse question, MessageResponse? reply, Happened end) => new(
        reply?.Text ?? end.Message?.Text ?? string.Empty,
        end.Run?.Usage,
        new AnswerDetails
        {
            SessionId = question.SessionId,
            MessageId = question.Id,
            RunId = end.Run?.Id,
            ReplyMessageId = reply?.Id,
            Outcome = end.Run?.Outcome is RunOutcome.HandedOver ? "handed_over" : "replied",
            Confidence = reply?.Confidence,
            Citations = reply?.Citations ?? [],
        });

    private static T Read<T>(StreamEvent sent) => JsonSerializer.Deserialize<T>(sent.Data.Span, WireJson.Options)!;

    /// <summary>What an event of a run's stream tells: each has some of it.</summary>
    private sealed record Happened
    {
        public MessageResponse? Message { get; init; }

        public RunResponse? Run { get; init; }
    }
}
