
namespace AiBackend.Orchestration.Http;

/// <summary>Reads an answer's body up to a number of bytes, and winds the clock of the idle limit whenever bytes arrive.</summary>
internal sealed class AnswerStream(Stream inner, int longest, Action waits, Action arrives) : Stream
{
    private int read;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => read;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        waits();
        var count = await inner.ReadAsync(buffer, cancellationToken);
        arrives();
        read += count;
        return read <= longest ? count : throw OrchestratorAnswer.Invalid($"it is larger than {longest} bytes");
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
