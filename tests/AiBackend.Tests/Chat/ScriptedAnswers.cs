using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using AiBackend.Orchestration;

namespace AiBackend.Tests.Chat;

/// <summary>
/// Answers as the test says, by client: it stands in for those who answer, so that a test holds every step in its hands.
/// A client without a script gets its text back.
/// </summary>
internal sealed class ScriptedAnswers : IOrchestrator
{
    private readonly ConcurrentDictionary<string, Func<AnswerRequest, CancellationToken, IAsyncEnumerable<AnswerPart>>> scripts = new();

    /// <summary>Everything that was asked for, in order.</summary>
    public ConcurrentQueue<AnswerRequest> Requests { get; } = new();

    public void Set(string clientId, Func<AnswerRequest, CancellationToken, IAsyncEnumerable<AnswerPart>> script) =>
        scripts[clientId] = script;

    /// <summary>The client's answers come from parts that the test writes.</summary>
    public ScriptedAnswer Hold(string clientId)
    {
        var answer = new ScriptedAnswer();
        Set(clientId, answer.PartsAsync);
        return answer;
    }

    public IAsyncEnumerable<AnswerPart> AnswerAsync(AnswerRequest request, CancellationToken ct)
    {
        Requests.Enqueue(request);
        return scripts.TryGetValue(request.ClientId, out var script) ? script(request, ct) : Echo(request);
    }

    /// <summary>What a client without a script is answered.</summary>
    public static string EchoOf(string text) => $"You said: {text}";

    public static AnswerPart.Completed Completed(string text, double? confidence = null) =>
        new(text, confidence, [], new TokenUsage(10, 5, null), "scripted", Data: null);

    private static async IAsyncEnumerable<AnswerPart> Echo(AnswerRequest request)
    {
        await Task.CompletedTask;
        yield return new AnswerPart.Delta("You said: ");
        yield return new AnswerPart.Delta(request.Message.Text);
        yield return Completed(EchoOf(request.Message.Text));
    }
}

/// <summary>Answers whose parts come when the test gives them, one attempt after another.</summary>
internal sealed class ScriptedAnswer
{
    private readonly System.Threading.Channels.Channel<Attempt> attempts = System.Threading.Channels.Channel.CreateUnbounded<Attempt>();

    /// <summary>The next attempt that is made at an answer.</summary>
    public async Task<Attempt> NextAsync() => await attempts.Reader.ReadAsync(TestContext.Current.CancellationToken);

    /// <summary>Whether somebody asks for an answer that the test has not taken yet.</summary>
    public bool IsAsked => attempts.Reader.TryPeek(out _);

    public IAsyncEnumerable<AnswerPart> PartsAsync(AnswerRequest request, CancellationToken ct)
    {
        var attempt = new Attempt(request);
        attempts.Writer.TryWrite(attempt);
        return attempt.PartsAsync(ct);
    }

    internal sealed class Attempt(AnswerRequest request)
    {
        private readonly System.Threading.Channels.Channel<AnswerPart> parts = System.Threading.Channels.Channel.CreateUnbounded<AnswerPart>();
        private readonly TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public AnswerRequest Request { get; } = request;

        /// <summary>Completes when whoever asked has stopped listening.</summary>
        public Task Stopped => stopped.Task;

        public void Give(params AnswerPart[] given)
        {
            foreach (var part in given)
            {
                Assert.True(parts.Writer.TryWrite(part));
            }
        }

        public void Say(string text) => Give(new AnswerPart.Delta(text));

        public void Complete(string text, double? confidence = null) => Give(ScriptedAnswers.Completed(text, confidence));

        public void Fail(Exception error) => parts.Writer.Complete(error);

        public async IAsyncEnumerable<AnswerPart> PartsAsync([EnumeratorCancellation] CancellationToken ct)
        {
            try
            {
                await foreach (var part in parts.Reader.ReadAllAsync(ct))
                {
                    yield return part;
                }
            }
            finally
            {
                stopped.TrySetResult();
            }
        }
    }
}
