using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace AiBackend.Documents;

/// <summary>
/// Makes ids of the form <c>&lt;prefix&gt;_&lt;26 characters&gt;</c>: lower-case Crockford base32 of a UUIDv7 (RFC 9562),
/// so that ids sort by the time they were made. Within one process and millisecond they also sort by order of creation
/// (the 12 bits of <c>rand_a</c> count).
/// </summary>
public sealed class Ids(TimeProvider clock)
{
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    private const int EncodedLength = 26;

    private static readonly SearchValues<char> Characters = SearchValues.Create(Alphabet);

    [ThreadStatic]
    private static RandomBytes? random;

    private readonly Lock gate = new();
    private long lastStamp;

    /// <summary>A new id with this prefix, given without the underscore.</summary>
    public string New(string prefix)
    {
        Span<byte> bytes = stackalloc byte[16];
        (random ??= new RandomBytes()).Fill(bytes[8..]);
        var stamp = NextStamp();
        var milliseconds = stamp >> 12;
        for (var i = 0; i < 6; i++)
        {
            bytes[i] = (byte)(milliseconds >> (40 - (8 * i)));
        }

        bytes[6] = (byte)(0x70 | (byte)((stamp >> 8) & 0x0F));
        bytes[7] = (byte)stamp;
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return Encode(prefix, bytes);
    }

    /// <summary>
    /// The id of the one thing that follows from another, such as the reply of a run: the same prefix and source always
    /// give the same id, so doing the work twice cannot make two.
    /// </summary>
    public static string Follow(string prefix, string sourceId)
    {
        if (!TryGetPrefix(sourceId, out _))
        {
            throw new ArgumentException($"'{sourceId}' is not an id.", nameof(sourceId));
        }

        return string.Concat(prefix, "_", sourceId.AsSpan(sourceId.Length - EncodedLength));
    }

    /// <summary>
    /// The id of the one thing that follows from two others, such as the delivery of an event to a processor. It sorts by
    /// the time of the first.
    /// </summary>
    public static string Follow(string prefix, string sourceId, string otherId)
    {
        var follower = Follow(prefix, sourceId);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{sourceId}\n{otherId}"), hash);

        // Time, counter, version and variant of the UUIDv7 end within the first 14 characters; the rest is random there.
        Span<char> rest = stackalloc char[EncodedLength - 14];
        for (var i = 0; i < rest.Length; i++)
        {
            rest[i] = Alphabet[hash[i] & 31];
        }

        return string.Concat(follower.AsSpan(0, follower.Length - rest.Length), rest);
    }

    /// <summary>A bound for ids: smaller than all that were made at or after this time (in whole milliseconds), larger than earlier ones.</summary>
    public static string First(string prefix, DateTimeOffset time)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        var ticks = Math.Max(0, (time - DateTimeOffset.UnixEpoch).Ticks);
        BinaryPrimitives.WriteInt64BigEndian(
            bytes, ((ticks + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond) << 16);
        return Encode(prefix, bytes);
    }

    /// <summary>Whether the text has the form of an id with this prefix. Says nothing of its existence.</summary>
    public static bool IsId(string prefix, string? text) => text is not null && TryGetPrefix(text, out var found) && found == prefix;

    private static bool TryGetPrefix(string text, out string prefix)
    {
        prefix = string.Empty;
        var underscore = text.Length - EncodedLength - 1;
        if (underscore < 1 || text[underscore] != '_' || text[(underscore + 1)..].AsSpan().ContainsAnyExcept(Characters))
        {
            return false;
        }

        prefix = text[..underscore];
        return true;
    }

    private long NextStamp()
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds() << 12;
        lock (gate)
        {
            return lastStamp = Math.Max(now, lastStamp + 1);
        }
    }

    private static string Encode(string prefix, ReadOnlySpan<byte> bytes)
    {
        var value = new UInt128(
            BinaryPrimitives.ReadUInt64BigEndian(bytes),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));
        return string.Create(prefix.Length + 1 + EncodedLength, (prefix, value), static (text, state) =>
        {
            state.prefix.CopyTo(text);
            text[state.prefix.Length] = '_';
            var rest = state.value;
            for (var i = text.Length - 1; i > state.prefix.Length; i--)
            {
                text[i] = Alphabet[(int)(rest & 31)];
                rest >>= 5;
            }
        });
    }

    /// <summary>Asks the generator for many bytes at a time: a call of it costs more than all else of an id.</summary>
    private sealed class RandomBytes
    {
        private readonly byte[] bytes = new byte[512];
        private int used = 512;

        public void Fill(Span<byte> target)
        {
            if (used + target.Length > bytes.Length)
            {
                RandomNumberGenerator.Fill(bytes);
                used = 0;
            }

            bytes.AsSpan(used, target.Length).CopyTo(target);
            used += target.Length;
        }
    }
}
