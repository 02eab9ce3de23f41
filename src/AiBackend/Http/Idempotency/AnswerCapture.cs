using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace AiBackend.Http;

/// <summary>Holds an answer back until it is stored; a stream, which turns buffering off, goes straight through.</summary>
internal sealed class AnswerCapture(IHttpResponseBodyFeature direct) : IHttpResponseBodyFeature, IDisposable
{
    private readonly MemoryStream captured = new();
    private PipeWriter? writer;

    /// <summary>Whether the answer goes straight through.</summary>
    public bool IsPassing { get; private set; }

    /// <summary>What was written while held back.</summary>
    public ReadOnlyMemory<byte> Captured => captured.GetBuffer().AsMemory(0, (int)captured.Length);

    public Stream Stream => IsPassing ? direct.Stream : captured;

    public PipeWriter Writer => IsPassing ? direct.Writer : writer ??= PipeWriter.Create(captured, new StreamPipeWriterOptions(leaveOpen: true));

    public void DisableBuffering()
    {
        IsPassing = true;
        direct.DisableBuffering();
    }

    public Task StartAsync(CancellationToken cancellationToken = default) =>
        IsPassing ? direct.StartAsync(cancellationToken) : Task.CompletedTask;

    public Task CompleteAsync() => IsPassing ? direct.CompleteAsync() : FlushAsync();

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        IsPassing
            ? direct.SendFileAsync(path, offset, count, cancellationToken)
            : SendFileFallback.SendFileAsync(captured, path, offset, count, cancellationToken);

    public void Dispose() => captured.Dispose();

    private async Task FlushAsync()
    {
        if (writer is not null)
        {
            await writer.FlushAsync();
        }
    }
}
