using AiBackend.Ai;
using AiBackend.Chat.Sessions;
using AiBackend.Clients;
using AiBackend.Clients.Usage;
using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Jobs;
using AiBackend.Orchestration;

namespace AiBackend.Chat.Recaps;

/// <summary>Makes a recap, and stores it with its event and what it took in one commit.</summary>
internal sealed partial class RecapHandler(
    DocumentStore store,
    ClientDirectory clients,
    RecapWriter writer,
    ChatEvents events,
    UsageLog usage,
    TimeProvider clock,
    ILogger<RecapHandler> logger) : IWorkHandler<Recap>
{
    /// <summary>Why there is no recap of a session in which nothing is said, or nothing is left.</summary>
    public const string EmptyCode = "session_empty";

    /// <summary>Unexpected exceptions before a recap fails.</summary>
    private const int MaxFailures = 5;

    /// <summary>Times that a recap is taken up, crashes of the process included, before it fails.</summary>
    private const int MaxAttempts = 20;

    private static readonly TimeSpan FirstBackoff = TimeSpan.FromSeconds(1);

    public async Task HandleAsync(Recap work, CancellationToken ct)
    {
        var documents = store.For(work.ClientId);
        var session = await documents.FindAsync<Session>(work.SessionId, ct);
        var client = await clients.FindAsync(work.ClientId, ct);
        if (session is null || client is null)
        {
            throw new LeaseLostException(work.Id);
        }

        if (work.Attempts > MaxAttempts)
        {
            await EndAsync(work, used: null, stored => Failed(stored, GivenUp()));
            return;
        }

        await BeginAsync(work, ct);
        var conversation = await RecapConversation.LoadAsync(documents, session, work, writer.PartTokens, ct);
        if (conversation.Lines.Count == 0)
        {
            await EndAsync(work, used: null, stored => Failed(stored, new RecapError(EmptyCode, "Nothing is left in the session that could be recapped.")));
            return;
        }

        var tally = new TokenTally();
        try
        {
            var (data, model) = await writer.WriteAsync(conversation, client.Settings, tally, ct);
            await EndAsync(work, tally.Total, stored => Completed(stored, conversation, data, model));
        }
        catch (UpstreamException failure)
        {
            await EndAsync(work, tally.Total, stored => Failed(stored, new RecapError(failure.Code("model"), failure.Message)));
        }
    }

    public async Task AbandonAsync(Recap work, Exception error, CancellationToken ct)
    {
        if (work.Attempts >= MaxFailures)
        {
            await EndAsync(work, used: null, stored => Failed(stored, GivenUp()));
            return;
        }

        var due = clock.GetUtcNow() + (FirstBackoff * Math.Pow(2, work.Attempts - 1));
        await store.For(work.ClientId).CommitAsync(
            transaction => transaction.UpdateAsync<Recap>(work.Id, stored => Leases.RequireHeld(stored, work) with { DueAt = due }), ct);
    }

    private Task<Recap> BeginAsync(Recap work, CancellationToken ct) => store.For(work.ClientId).CommitAsync(
        async transaction => await transaction.UpdateAsync<Recap>(
            work.Id,
            stored => Leases.RequireHeld(stored, work) with { Status = RecapStatus.Running, UpdatedAt = clock.GetUtcNow() })
            ?? throw new LeaseLostException(work.Id),
        ct);

    // The work is done; being told to stop now would only mean to do it again.
    private async Task EndAsync(Recap work, ModelUsage? used, Func<Recap, Recap> end)
    {
        var place = used is null ? default : await usage.PlaceAsync(work.ClientId, work.SessionId, CancellationToken.None);
        var ended = await store.For(work.ClientId).CommitAsync(
            async transaction =>
            {
                var session = await transaction.UpdateAsync<Session>(work.SessionId, stored => stored.Raised(1))
                    ?? throw new LeaseLostException(work.Id);
                var stored = await transaction.UpdateAsync<Recap>(
                    work.Id,
                    stored => end(Leases.RequireHeld(stored, work)) with
                    {
                        Usage = used is null ? null : new TokenUsage(used.InputTokens, used.OutputTokens, Cost: null),
                        DueAt = null,
                        UpdatedAt = clock.GetUtcNow(),
                    }) ?? throw new LeaseLostException(work.Id);
                if (used is not null)
                {
                    await UsageLog.AddAsync(
                        transaction, place, new UsageCounts { InputTokens = used.InputTokens, OutputTokens = used.OutputTokens });
                }

                var type = stored.Status is RecapStatus.Completed ? EventTypes.ChatRecapCompleted : EventTypes.ChatRecapFailed;
                await events.AppendAsync(transaction, session, work.TraceId, [ChatEvent.Of(type, stored)]);
                transaction.Signal(Recap.EndTopic(work.SessionId));
                return stored;
            },
            CancellationToken.None);
        LogEnded(ended.Id, ended.Status, ended.MessageCount, ended.Error?.Code, ended.Attempts);
    }

    private static Recap Completed(Recap recap, RecapConversation conversation, RecapData data, string model) => recap with
    {
        Status = RecapStatus.Completed,
        FirstMessageId = conversation.Lines[0].Id,
        FirstPosition = conversation.Lines[0].Position,
        MessageCount = conversation.Lines.Count,
        IsTruncated = conversation.IsTruncated,
        Data = data,
        Model = model,
    };

    private static Recap Failed(Recap recap, RecapError error) => recap with { Status = RecapStatus.Failed, Error = error };

    private static RecapError GivenUp() => new("internal_error", "The recap failed unexpectedly several times and was given up.");

    [LoggerMessage(LogLevel.Information, "Recap {RecapId} of {Messages} messages ended as {Status} {Code} at attempt {Attempt}")]
    private partial void LogEnded(string recapId, RecapStatus status, int? messages, string? code, int attempt);
}
