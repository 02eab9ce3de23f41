using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;

namespace AiBackend.Mcp;

/// <summary>The addresses of resources.</summary>
/// <param name="Kind"><c>collections</c> or <c>documents</c>.</param>
/// <param name="Id">Which.</param>
/// <param name="Cursor">Where a collection's list goes on; null for its beginning.</param>
/// <param name="From">The passage from which a document is read, from 1.</param>
internal sealed record ResourceUri(string Kind, string Id, string? Cursor, int From)
{
    public const string Collections = "collections";
    public const string Documents = "documents";
    public const string CollectionTemplate = $"{Scheme}://{Collections}/{{collection_id}}{{?cursor}}";
    public const string DocumentTemplate = $"{Scheme}://{Documents}/{{document_id}}{{?from}}";

    private const string Scheme = "aibackend";

    public static string OfCollection(string id, string? cursor = null) =>
        $"{Scheme}://{Collections}/{id}{(cursor is null ? null : $"?cursor={Uri.EscapeDataString(cursor)}")}";

    public static string OfDocument(string id, int from = 1) =>
        from == 1 ? $"{Scheme}://{Documents}/{id}" : string.Create(CultureInfo.InvariantCulture, $"{Scheme}://{Documents}/{id}?from={from}");

    /// <returns>Null when there can be nothing at this address.</returns>
    public static ResourceUri? Parse(string? text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri)
            || uri.Scheme != Scheme
            || uri.Host is not (Collections or Documents)
            || uri.Segments is not ["/", { Length: > 0 } id])
        {
            return null;
        }

        var query = QueryHelpers.ParseQuery(uri.Query);
        var from = 1;
        return query.TryGetValue("from", out var first) && !(int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out from) && from >= 1)
            ? null
            : new ResourceUri(uri.Host, Uri.UnescapeDataString(id), query.TryGetValue("cursor", out var cursor) ? cursor.ToString() : null, from);
    }
}
