using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace AiBackend.Load;

/// <summary>
/// One keep-alive HTTP/1.1 connection that sends ready-made bytes and reads whole answers, so that the load generator takes as
/// little as possible of the two cores that it shares with the server.
/// </summary>
internal sealed class RawConnection : IDisposable
{
    private readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private byte[] buffer = new byte[64 * 1024];
    private int start;
    private int end;

    public static async Task<RawConnection> OpenAsync(int port, CancellationToken ct)
    {
        var connection = new RawConnection();
        await connection.socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), ct);
        return connection;
    }

    /// <summary>The bytes of a request.</summary>
    public static byte[] Request(string method, string path, string? key, string? json, string? headers = null) =>
        Encoding.UTF8.GetBytes(
            $"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            + (key is null ? string.Empty : $"Authorization: Bearer {key}\r\n")
            + headers
            + (json is null
                ? "\r\n"
                : $"Content-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(json)}\r\n\r\n{json}"));

    /// <summary>Sends the request and reads the answer to its end.</summary>
    /// <returns>The status and the length of the body in bytes.</returns>
    public async ValueTask<(int Status, int Length)> SendAsync(ReadOnlyMemory<byte> request, CancellationToken ct)
    {
        await socket.SendAsync(request, ct);
        var headEnd = await FindAsync("\r\n\r\n"u8.ToArray(), ct);
        var head = buffer.AsSpan(start, headEnd - start);
        _ = Utf8Parser.TryParse(head[9..], out int status, out _);
        var length = ContentLength(head);
        start = headEnd + 4;
        return (status, length >= 0 ? await SkipAsync(length, ct) : await SkipChunksAsync(ct));
    }

    public void Dispose() => socket.Dispose();

    private static int ContentLength(ReadOnlySpan<byte> head)
    {
        var at = head.IndexOf("Content-Length: "u8);
        return at >= 0 && Utf8Parser.TryParse(head[(at + 16)..], out int length, out _) ? length : -1;
    }

    private async ValueTask<int> SkipChunksAsync(CancellationToken ct)
    {
        var total = 0;
        while (true)
        {
            var lineEnd = await FindAsync("\r\n"u8.ToArray(), ct);
            _ = Utf8Parser.TryParse(buffer.AsSpan(start, lineEnd - start), out int size, out _, 'x');
            start = lineEnd + 2;
            total += await SkipAsync(size, ct);
            await SkipAsync(2, ct);
            if (size == 0)
            {
                return total;
            }
        }
    }

    private async ValueTask<int> SkipAsync(int length, CancellationToken ct)
    {
        var rest = length;
        while (true)
        {
            var taken = Math.Min(rest, end - start);
            start += taken;
            rest -= taken;
            if (rest == 0)
            {
                return length;
            }

            await FillAsync(ct);
        }
    }

    private async ValueTask<int> FindAsync(byte[] mark, CancellationToken ct)
    {
        while (true)
        {
            var at = buffer.AsSpan(start, end - start).IndexOf(mark);
            if (at >= 0)
            {
                return start + at;
            }

            await FillAsync(ct);
        }
    }

    private async ValueTask FillAsync(CancellationToken ct)
    {
        if (start == end)
        {
            start = end = 0;
        }
        else if (end == buffer.Length)
        {
            if (start == 0)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }

            buffer.AsSpan(start, end - start).CopyTo(buffer);
            end -= start;
            start = 0;
        }

        var read = await socket.ReceiveAsync(buffer.AsMemory(end), ct);
        if (read == 0)
        {
            throw new IOException("The server closed the connection.");
        }

        end += read;
    }
}
