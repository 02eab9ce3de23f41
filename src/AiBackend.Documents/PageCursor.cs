using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace AiBackend.Documents;

/// <summary>
/// The opaque text that says where a page ended: the last document's order values and id, with a checksum over them and
/// over what the query asks. It keeps no secret and grants nothing: the query's own conditions hold for the next page too.
/// </summary>
public static class PageCursor
{
    private const int ChecksumLength = 8;

    /// <summary>The cursor that continues after this document.</summary>
    /// <param name="set">Where the document is stored.</param>
    /// <param name="query">The query that found it.</param>
    /// <param name="last">The last document of the page.</param>
    public static string After<T>(DocumentSet set, Query<T> query, T last)
        where T : Document
    {
        var values = OrderOf(query).Select(field => StoredField.Of(set.DocumentType, field).Read(last));
        var payload = JsonSerializer.SerializeToUtf8Bytes(values, DocumentJson.Options);
        return Base64Url.EncodeToString([.. Checksum(set, query, payload), .. payload]);
    }

    /// <summary>The values of the order fields and, last, of the id after which the next page begins.</summary>
    /// <exception cref="InvalidCursorException">The text was not made by a query of this text over this set.</exception>
    public static IReadOnlyList<object?> Read<T>(DocumentSet set, Query<T> query, string cursor)
        where T : Document
    {
        if (!Base64Url.IsValid(cursor))
        {
            throw new InvalidCursorException();
        }

        var bytes = Base64Url.DecodeFromChars(cursor);
        var payload = bytes.AsSpan(Math.Min(ChecksumLength, bytes.Length));
        if (payload.IsEmpty
            || !bytes.AsSpan(0, ChecksumLength).SequenceEqual(Checksum(set, query, payload))
            || Base64Url.EncodeToString(bytes) != cursor)
        {
            throw new InvalidCursorException();
        }

        return [.. JsonSerializer.Deserialize<JsonElement[]>(payload)!.Select(StoredValue.OfElement)];
    }

    /// <summary>The order of the query with the id, which always decides last.</summary>
    public static IReadOnlyList<FieldPath> OrderOf<T>(Query<T> query)
        where T : Document =>
        query.Order.Contains(FieldPath.Id)
            ? [.. query.Order.TakeWhile(field => field != FieldPath.Id), FieldPath.Id]
            : [.. query.Order, FieldPath.Id];

    private static byte[] Checksum<T>(DocumentSet set, Query<T> query, ReadOnlySpan<byte> payload)
        where T : Document
    {
        byte[] covered = [.. Encoding.UTF8.GetBytes($"{set.Name}: {QueryText.Of(query)}\n"), .. payload];
        return SHA256.HashData(covered)[..ChecksumLength];
    }
}
