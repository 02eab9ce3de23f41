using AiBackend.Chat.Runs;
using AiBackend.Chat.Suggestions;
using AiBackend.Events;
using AiBackend.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AiBackend.Chat.Messages;

/// <summary>How a request that queues a run is answered: with the run's events as they come, or after its end.</summary>
internal sealed class RunAnswers(RunStreams streams, TimeProvider clock)
{
    /// <summary>Whether the caller prefers a stream: it asks for one, and for nothing else more than for that.</summary>
    public static bool IsStreamWanted(HttpContext http)
    {
        if (http.Request.Headers.Accept.Count == 0)
        {
            return false;
        }

        var preferred = http.Request.GetTypedHeaders().Accept.MaxBy(type => type.Quality ?? 1);
        return preferred is { Quality: null or > 0 } && preferred.MediaType.Equals(EventStreamWriter.MediaType, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Streams what comes of a message.</summary>
    public async Task<EmptyHttpResult> StreamAsync(HttpContext http, Caller caller, PostedMessage posted, CancellationToken ct)
    {
        if (posted.Run is not null)
        {
            return await StreamAsync(http, caller, posted.Run, ct);
        }

        var created = RunStreams.Of(id: null, StreamTypes.MessageCreated, EventData.Of(ChatEvent.MessageEntity, posted.Message));
        await EventStreamWriter.WriteAsync(http, new[] { created }.ToAsyncEnumerable(), clock, ct);
        return TypedResults.Empty;
    }

    /// <summary>Streams a run.</summary>
    public async Task<EmptyHttpResult> StreamAsync(HttpContext http, Caller caller, RunResponse run, CancellationToken ct)
    {
        // A repeat of the request may say what it has of the stream already. The run is stored, so nothing is refused any more.
        var after = RunStreams.LastRead(http, run.Id) ?? 0;
        await EventStreamWriter.WriteAsync(http, streams.ReadAsync(caller.ClientId, run.Id, after, ct), clock, ct);
        return TypedResults.Empty;
    }

    /// <summary>With what came of the run as long as the caller prefers to wait.</summary>
    public async Task<PostedMessage> WaitAsync(Caller caller, PostedMessage posted, WaitPreference wait, CancellationToken ct)
    {
        if (posted.Run is null || await EndAsync(caller, posted.Run, wait, ct) is not { } run)
        {
            return posted;
        }

        var suggestion = run.SuggestionId is null ? null : await caller.Documents.FindAsync<Suggestion>(run.SuggestionId, ct);
        return posted with
        {
            Run = RunResponse.From(run),
            Reply = await ReplyAsync(caller, run, ct),
            Suggestion = suggestion is null ? null : SuggestionResponse.From(suggestion),
        };
    }

    /// <inheritdoc cref="WaitAsync(Caller, PostedMessage, WaitPreference, CancellationToken)" />
    public async Task<AskedAgain> WaitAsync(Caller caller, AskedAgain asked, WaitPreference wait, CancellationToken ct) =>
        await EndAsync(caller, asked.Run, wait, ct) is { } run
            ? new AskedAgain(RunResponse.From(run)) { Reply = await ReplyAsync(caller, run, ct) }
            : asked;

    private async Task<Run?> EndAsync(Caller caller, RunResponse run, WaitPreference wait, CancellationToken ct) =>
        wait.Wait is { } limit ? await streams.WaitForEndAsync(caller.ClientId, run.Id, limit, ct) : null;

    private static async Task<MessageResponse?> ReplyAsync(Caller caller, Run run, CancellationToken ct) =>
        run.ReplyMessageId is not null && await caller.Documents.FindAsync<Message>(run.ReplyMessageId, ct) is { } reply
            ? MessageResponse.From(reply)
            : null;
}
