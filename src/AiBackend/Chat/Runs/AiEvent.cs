using AiBackend.Documents;
using AiBackend.Events;
using AiBackend.Http;
using AiBackend.Orchestration;

namespace AiBackend.Chat.Runs;

/// <summary>The events that tell of models being asked. They hold names, times and counts, no text.</summary>
internal static class AiEvent
{
    public static NewEvent Of(Run run, AnswerPart.RequestSent sent) => Of(
        run,
        EventTypes.AiRequestSent,
        RawJson.Of(new { Request = new AiRequestData(run.Id, sent.Model, sent.Purpose, sent.Try) }, WireJson.Options));

    public static NewEvent Of(Run run, AnswerPart.ResponseReceived received) => Of(
        run,
        EventTypes.AiResponseReceived,
        RawJson.Of(
            new
            {
                Response = new AiResponseData(
                    run.Id,
                    received.Model,
                    received.Purpose,
                    received.Try,
                    received.Outcome,
                    (long)received.Duration.TotalMilliseconds,
                    received.Usage),
            },
            WireJson.Options));

    private static NewEvent Of(Run run, string type, RawJson data) =>
        new(type, "run", run.Id) { ParentId = run.MessageId, Data = data, TraceId = run.TraceId };

    private sealed record AiRequestData(string RunId, string Model, string Purpose, int Try);

    private sealed record AiResponseData(
        string RunId, string Model, string Purpose, int Try, string Outcome, long DurationMs, TokenUsage? Usage);
}
