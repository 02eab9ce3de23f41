using System.Buffers;

namespace AiBackend.OpenAi;

/// <summary>Cuts the server-sent events of a model's server out of its response as they come, without copying them.</summary>
internal sealed class UpstreamEvents(Stream stream) : IDisposable
{
    private const int FirstSize = 16 * 1024;

    /// <summary>No event of a chat completion comes near this; what does is not one.</summary>
    private const int LongestEvent = 4 * 1024 * 1024;

    private byte[] buffer = ArrayPool<byte>.Shared.Rent(FirstSize);
    private int start;
    private int end;

    /// <summary>Waits for more.</summary>
    /// <returns>False at the end of the response.</returns>
    /// <exception cref="InvalidDataException">One event is too long.</exception>
    public async ValueTask<bool> FillAsync(CancellationToken ct)
    {
        if (start > 0)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            end -= start;
            start = 0;
        }

        if (end == buffer.Length)
        {
            Grow();
        }

        var read = await stream.ReadAsync(buffer.AsMemory(end), ct);
        end += read;
        return read > 0;
    }

    /// <summary>The next whole event with the blank line that ends it; valid until the next <see cref="FillAsync"/>.</summary>
    public bool TryNext(out ReadOnlyMemory<byte> sent)
    {
        var rest = buffer.AsSpan(start, end - start);
        var plain = rest.IndexOf("\n\n"u8);
        var windows = (plain < 0 ? rest : rest[..plain]).IndexOf("\n\r\n"u8);
        var length = windows >= 0 ? windows + 3 : plain >= 0 ? plain + 2 : 0;
        sent = buffer.AsMemory(start, length);
        start += length;
        return length > 0;
    }

    /// <summary>What came after the last blank line; some servers leave the final one out.</summary>
    public ReadOnlyMemory<byte> Rest() => buffer.AsMemory(start, end - start);

    /// <summary>The data of an event: its lines without their names. Empty for a comment.</summary>
    public static ReadOnlyMemory<byte> DataOf(ReadOnlyMemory<byte> sent)
    {
        ReadOnlyMemory<byte> data = default;
        var isFirst = true;
        while (!sent.IsEmpty)
        {
            var lineEnd = sent.Span.IndexOf((byte)'\n');
            var line = (lineEnd < 0 ? sent : sent[..lineEnd]).TrimEnd("\r"u8);
            sent = lineEnd < 0 ? default : sent[(lineEnd + 1)..];
            if (line.Span.StartsWith("data:"u8))
            {
                var value = line[5..].TrimStart(" "u8);
                data = isFirst ? value : (byte[])[.. data.Span, (byte)'\n', .. value.Span];
                isFirst = false;
            }
        }

        return data;
    }

    public void Dispose()
    {
        var rented = buffer;
        buffer = [];
        (start, end) = (0, 0);
        if (rented.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private void Grow()
    {
        if (buffer.Length >= LongestEvent)
        {
            throw new InvalidDataException("An event is too long.");
        }

        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.AsSpan(0, end).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }
}
