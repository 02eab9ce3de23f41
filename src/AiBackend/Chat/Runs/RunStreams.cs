using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using AiBackend.Chat.Messages;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Http;

namespace AiBackend.Chat.Runs;

/// <summary>Reads the streams of runs from storage, so that any process serves any of them from any point.</summary>
internal sealed class RunStreams(DocumentStore store, TimeProvider clock)
{
    private const int BatchSize = 200;

    /// <summary>
    /// How often to look for what another process has stored: less often the longer nothing comes. This process's own commits are heard at once.
    /// </summary>
    private static readonly TimeSpan StreamPoll = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestStreamPoll = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan EndPoll = TimeSpan.FromMilliseconds(500);

    /// <summary>The stream after this number, up to the run's end. A run that goes with its session ends as cancelled.</summary>
    public async IAsyncEnumerable<StreamEvent> ReadAsync(
        string clientId, string runId, long after, [EnumeratorCancellation] CancellationToken ct)
    {
        var documents = store.For(clientId);
        using var grown = store.Signals.Subscribe(ChatDocuments.StreamTopic(runId));
        if (await documents.FindAsync<Run>(runId, ct) is not { } run)
        {
            yield break;
        }

        var last = after;
        if (last < 1)
        {
            if (await documents.FindAsync<Message>(run.MessageId, ct) is not { } message)
            {
                yield break;
            }

            yield return Of(StreamPart.IdOf(runId, 1), StreamTypes.MessageCreated, EventData.Of("message", MessageResponse.From(message)));
            last = 1;
        }

        while (true)
        {
            var parts = await documents.ListAsync(PartsAfter(run, last), ct);
            if (!GoesOn(parts, last))
            {
                if (await documents.FindAsync<Run>(runId, ct) is not { } now)
                {
                    var gone = RunQueue.LastPart(run.HasEnded() ? run : run with { Status = RunStatus.Cancelled, FinishedAt = clock.GetUtcNow() });
                    yield return Of(StreamPart.IdOf(runId, last + 1), gone.Type, gone.Data);
                    yield break;
                }

                run = now;
                if (!run.HasEnded())
                {
                    await GrowsAsync(documents, run, last, grown, ct);
                    continue;
                }

                // It may have ended since the parts were read; its last ones were stored with the end.
                parts = await documents.ListAsync(PartsAfter(run, last), ct);
                if (!GoesOn(parts, last))
                {
                    foreach (var outcome in await OutcomeAsync(documents, run, last, ct))
                    {
                        yield return outcome;
                    }

                    yield break;
                }
            }

            foreach (var part in parts)
            {
                yield return Of(part.Id, part.Type, part.Data);
                last = part.Number;
                if (StreamTypes.IsLast(part.Type))
                {
                    yield break;
                }
            }

            if (parts.Count < BatchSize)
            {
                await GrowsAsync(documents, run, last, grown, ct);
            }
        }
    }

    /// <summary>Waits until there is, or may be, more of the stream than was read. A stream at rest costs one look at its run from time to time.</summary>
    private async Task GrowsAsync(TenantDocuments documents, Run run, long last, CommitSignals.Subscription grown, CancellationToken ct)
    {
        var pause = StreamPoll;
        while (!await grown.WaitAsync(pause, clock, ct))
        {
            if (await documents.FindAsync<Run>(run.Id, ct) is not { } now || now.HasEnded() || now.StreamLength > last)
            {
                return;
            }

            pause = pause * 2 < LongestStreamPoll ? pause * 2 : LongestStreamPoll;
        }
    }

    /// <summary>Waits for a run to end.</summary>
    /// <returns>The run as it stands then, or when the limit is over; null when it is gone.</returns>
    public async Task<Run?> WaitForEndAsync(string clientId, string runId, TimeSpan limit, CancellationToken ct)
    {
        var documents = store.For(clientId);
        using var ended = store.Signals.Subscribe(ChatDocuments.EndTopic(runId));
        var start = clock.GetTimestamp();
        while (true)
        {
            var run = await documents.FindAsync<Run>(runId, ct);
            var left = limit - clock.GetElapsedTime(start);
            if (run is null || run.HasEnded() || left <= TimeSpan.Zero)
            {
                return run;
            }

            await ended.WaitAsync(left < EndPoll ? left : EndPoll, clock, ct);
        }
    }

    /// <summary>Where a reader goes on: the number in <c>Last-Event-ID</c>, 0 without the header.</summary>
    /// <exception cref="ApiException">422: the id is not one that this run's stream has given out.</exception>
    public static long ResumePoint(HttpContext http, Run run) =>
        http.Request.Headers["Last-Event-ID"].Count == 0
            ? 0
            : LastRead(http, run.Id) is { } last && last <= run.StreamLength
                ? last
                : throw ApiException.Invalid("Last-Event-ID", $"An id of this stream is expected, such as {StreamPart.IdOf(run.Id, 1)}.");

    /// <summary>The number in <c>Last-Event-ID</c>; null when it names no event of this run's stream.</summary>
    public static long? LastRead(HttpContext http, string runId)
    {
        var given = http.Request.Headers["Last-Event-ID"].ToString();
        var colon = given.LastIndexOf(':');
        return colon >= 0
            && given.AsSpan(0, colon).SequenceEqual(runId)
            && long.TryParse(given.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
    }

    /// <summary>An event as it is sent.</summary>
    public static StreamEvent Of(string? id, string type, RawJson data) => new(id, type, Encoding.UTF8.GetBytes(data.Text));

    private static bool GoesOn(IReadOnlyList<StreamPart> parts, long last) => parts.Count > 0 && parts[0].Number == last + 1;

    private static Query<StreamPart> PartsAfter(Run run, long last) => Query.Of<StreamPart>()
        .Equal(part => part.SessionId, run.SessionId)
        .Equal(part => part.RunId, run.Id)
        .Greater(part => part.Number, last)
        .Ascending(part => part.Number)
        .Take(BatchSize);

    /// <summary>What is left to say of a run whose stream is no longer kept: the reply as it is now, and the end.</summary>
    private static async Task<List<StreamEvent>> OutcomeAsync(TenantDocuments documents, Run run, long last, CancellationToken ct)
    {
        var events = new List<StreamEvent>();
        if (last >= run.StreamLength)
        {
            return events;
        }

        if (last < run.StreamLength - 1
            && run.ReplyMessageId is not null
            && await documents.FindAsync<Message>(run.ReplyMessageId, ct) is { } reply)
        {
            events.Add(Of(
                StreamPart.IdOf(run.Id, run.StreamLength - 1),
                StreamTypes.ReplyCompleted,
                EventData.Of("message", MessageResponse.From(reply))));
        }

        var end = RunQueue.LastPart(run);
        events.Add(Of(StreamPart.IdOf(run.Id, run.StreamLength), end.Type, end.Data));
        return events;
    }
}
