using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using MongoDB.Bson;

namespace AiBackend.Tests.DataStores.Mongodb;

/// <summary>As much of MongoDB's protocol as is needed to say hello and then refuse.</summary>
internal static class MongodbWire
{
    private const int OpReply = 1;
    private const int OpQuery = 2004;
    private const int OpMsg = 2013;

    /// <summary>Of a server that takes writes and stands alone.</summary>
    public static BsonDocument Hello => new()
    {
        { "ok", 1 }, { "helloOk", true }, { "ismaster", true }, { "isWritablePrimary", true }, { "minWireVersion", 0 }, { "maxWireVersion", 21 },
        { "maxBsonObjectSize", 16_777_216 }, { "maxMessageSizeBytes", 48_000_000 }, { "maxWriteBatchSize", 100_000 }, { "readOnly", false },
    };

    /// <summary>Answers each message, or what is no message at once, until the other side ends.</summary>
    /// <param name="certificate">Shown over TLS; null: none is spoken.</param>
    public static async Task ServeAsync(TcpClient connection, X509Certificate2? certificate, Func<byte[], byte[]> answer, CancellationToken ct)
    {
        using (connection)
        {
            try
            {
                Stream stream = connection.GetStream();
                if (certificate is not null)
                {
                    var tls = new SslStream(stream);
                    await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, ct);
                    stream = tls;
                }

                while (true)
                {
                    var message = new byte[16];
                    await stream.ReadExactlyAsync(message, ct);
                    var length = BinaryPrimitives.ReadInt32LittleEndian(message);
                    var isMessage = BinaryPrimitives.ReadInt32LittleEndian(message.AsSpan(12)) is OpQuery or OpMsg;
                    if (isMessage)
                    {
                        Array.Resize(ref message, length);
                        await stream.ReadExactlyAsync(message.AsMemory(16), ct);
                    }

                    await stream.WriteAsync(answer(message), ct);
                    if (!isMessage)
                    {
                        return;
                    }
                }
            }
            catch (Exception error) when (error is IOException or AuthenticationException or OperationCanceledException)
            {
                // Ended by the other side.
            }
        }
    }

    /// <summary>Says hello to whoever does, and gives all else the other answer.</summary>
    public static byte[] Answer(byte[] request, BsonDocument hello, BsonDocument other)
    {
        var id = BinaryPrimitives.ReadInt32LittleEndian(request.AsSpan(4));
        var isQuery = BinaryPrimitives.ReadInt32LittleEndian(request.AsSpan(12)) == OpQuery;
        var text = System.Text.Encoding.Latin1.GetString(request);
        var isHello = text.Contains("hello\0", StringComparison.Ordinal) || text.Contains("isMaster\0", StringComparison.OrdinalIgnoreCase);
        var body = (isHello ? hello : other).ToBson();
        byte[] front = isQuery
            ? [.. Number(8), .. new byte[8], .. Number(0), .. Number(1)]
            : [.. Number(0), 0];
        return [.. Number(16 + front.Length + body.Length), .. Number(1), .. Number(id), .. Number(isQuery ? OpReply : OpMsg), .. front, .. body];
    }

    private static byte[] Number(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }
}
