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
    public async IAsyncEnumerable<ReplyPart> AnswerAsync(
        HttpContext http, CompletionRequest request, Caller caller, [EnumeratorCancellation] CancellationToken ct)
    {
        var question = Conversation.Of(request, limits.MessageCharacters).Question;
        var posted = await kept.AskAsync(caller, request.SessionId!, question, ReplyMode.Auto, ct);
        // A library that repeats the request would post the message once more.
        http.Response.Headers[Refusals.RetryHeader] = "false";
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

    /// <summary>The text that was streamed is void, which a stream in this form cannot say.</summary>
    public static ApiException BrokenOff() => Refusals.OfCode("model_unavailable", "The answer broke off and would have to begin again.");

    private async IAsyncEnumerable<ReplyPart> PartsAsync(
        MessageResponse question, string runId, string clientId, [EnumeratorCancellation] CancellationToken ct)
    {
        var hasText = false;
        MessageResponse? reply = null;
        await foreach (var sent in streams.ReadAsync(clientId, runId, after: 1, ct))
        {
            switch (sent.Type)
            {
                case StreamTypes.ReplyDelta:
                    hasText = true;
                    yield return new ReplyPart.Delta(Read<DeltaData>(sent).Text);
                    break;
                case StreamTypes.ReplyReset when hasText:
                    throw BrokenOff();
                case StreamTypes.ReplyCompleted:
                    reply = Read<MessageEvent>(sent).Message;
                    break;
                case StreamTypes.RunCompleted or StreamTypes.RunHandedOver:
                    yield return EndOf(question, reply, Read<RunEndData>(sent));
                    yield break;
                case StreamTypes.RunFailed:
                    var error = Read<RunEndData>(sent).Run.Error;
                    throw Refusals.OfCode(error?.Code ?? "internal_error", error?.Detail ?? "The answer failed.");
                case StreamTypes.RunCancelled:
                    throw ApiException.Conflict("The answer was cancelled.", "run_cancelled");
            }
        }

        throw ApiException.NotFound();
    }

    private static ReplyPart.End EndOf(MessageResponse question, MessageResponse? reply, RunEndData end) => new(
        reply?.Text ?? end.Message?.Text ?? string.Empty,
        end.Run.Usage,
        new AnswerDetails
        {
            SessionId = question.SessionId,
            MessageId = question.Id,
            RunId = end.Run.Id,
            ReplyMessageId = reply?.Id,
            Outcome = end.Run.Outcome is RunOutcome.HandedOver ? "handed_over" : "replied",
            Confidence = reply?.Confidence,
            Citations = reply?.Citations ?? [],
        });

    private static T Read<T>(StreamEvent sent) => JsonSerializer.Deserialize<T>(sent.Data.Span, WireJson.Options)!;

    private sealed record MessageEvent(MessageResponse Message);
}
