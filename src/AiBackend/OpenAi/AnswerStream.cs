using System.Text;
using AiBackend.Ai;

namespace AiBackend.OpenAi;

/// <summary>One event of a streamed answer.</summary>
/// <param name="Bytes">As the server sent it, valid until more is waited for.</param>
/// <param name="IsCount">Whether it holds the count of tokens and nothing else.</param>
internal readonly record struct AnswerEvent(ReadOnlyMemory<byte> Bytes, bool IsCount);

/// <summary>A streamed answer of a model's server on its way through: every event is looked at, none is changed.</summary>
internal sealed class AnswerStream(
    HttpResponseMessage response, Stream stream, TimeLimit limit, TimeSpan idleLimit, bool readsText) : IDisposable
{
    private readonly UpstreamEvents events = new(stream);
    private readonly StringBuilder? text = readsText ? new StringBuilder() : null;
    private AnswerEvent? first;
    private bool hasEnd;
    private bool isDone;

    /// <summary>The text so far; empty when it is not read.</summary>
    public string Text => text?.ToString() ?? string.Empty;

    /// <summary>The model as the server names it; null when the text is not read.</summary>
    public string? Model { get; private set; }

    /// <summary>What the server counted, once it has.</summary>
    public ModelUsage? Usage { get; private set; }

    /// <summary>Waits for the first event that says something.</summary>
    /// <exception cref="UpstreamException">There is none, or it is a failure.</exception>
    public async Task BeginAsync()
    {
        if (response.Content.Headers.ContentType?.MediaType is not "text/event-stream")
        {
            throw new InvalidDataException("It is no stream.");
        }

        while (first is null)
        {
            if (TryTake(out var sent))
            {
                first = sent;
            }
            else if (isDone || !await events.FillAsync(limit.Token))
            {
                throw new UpstreamException(UpstreamFailure.Invalid, $"{ModelChatClient.Server} gave an empty answer.");
            }
        }
    }

    /// <summary>The next event that is at hand; false when more must be waited for, or nothing more comes.</summary>
    /// <exception cref="UpstreamException">The server says that it has failed.</exception>
    public bool TryNext(out AnswerEvent sent)
    {
        if (first is { } begun)
        {
            first = null;
            sent = begun;
            return true;
        }

        return TryTake(out sent);
    }

    /// <summary>Waits for more.</summary>
    /// <returns>False when the answer has come to its end.</returns>
    /// <exception cref="UpstreamException">It ends too early.</exception>
    public async ValueTask<bool> WaitAsync()
    {
        if (isDone)
        {
            return false;
        }

        limit.Restart(idleLimit);
        try
        {
            if (await events.FillAsync(limit.Token))
            {
                return true;
            }
        }
        finally
        {
            limit.Pause();
        }

        // A server that has told the reason of the end but leaves out the mark of it has not broken off.
        var rest = UpstreamEvents.DataOf(events.Rest());
        return hasEnd && (rest.IsEmpty || rest.Span.SequenceEqual("[DONE]"u8))
            ? false
            : throw new UpstreamException(UpstreamFailure.Unavailable, $"{ModelChatClient.Server} broke off its answer.");
    }

    public void Dispose()
    {
        events.Dispose();
        response.Dispose();
        limit.Dispose();
    }

    private bool TryTake(out AnswerEvent sent)
    {
        while (!isDone && events.TryNext(out var bytes))
        {
            var data = UpstreamEvents.DataOf(bytes).Span;
            if (data.IsEmpty)
            {
                continue;
            }

            if (data.SequenceEqual("[DONE]"u8))
            {
                isDone = true;
                break;
            }

            var scan = AnswerScan.Of(data, text);
            if (scan.IsError)
            {
                throw new UpstreamException(UpstreamFailure.Unavailable, $"{ModelChatClient.Server} failed while it answered.");
            }

            hasEnd |= scan.HasEnd;
            Model = scan.Model ?? Model;
            Usage = scan.Usage ?? Usage;
            sent = new AnswerEvent(bytes, scan is { HasChoices: false, Usage: not null });
            return true;
        }

        sent = default;
        return false;
    }
}
