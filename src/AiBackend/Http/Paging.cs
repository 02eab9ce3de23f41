using System.Globalization;
using System.Reflection;
using AiBackend.Documents;
using Microsoft.AspNetCore.Http.Metadata;

namespace AiBackend.Http;

/// <summary>Which part of a list is asked for: <c>limit</c>, <c>cursor</c> and <c>order</c> of the query.</summary>
/// <param name="Limit">1 to 200; 50 when not given.</param>
/// <param name="Cursor">Where to go on; null for the beginning.</param>
/// <param name="IsAscending">Oldest first; by default the newest come first.</param>
internal sealed record PageRequest(int Limit, string? Cursor, bool IsAscending)
    : IBindableFromHttpContext<PageRequest>, IEndpointParameterMetadataProvider
{
    public const int DefaultLimit = 50;
    public const int MaxLimit = 200;

    /// <summary>The query in the order of creation that was asked for (ids sort by it).</summary>
    public Query<T> Sort<T>(Query<T> query)
        where T : Document =>
        IsAscending ? query.Ascending() : query.Descending();

    public static ValueTask<PageRequest?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var query = context.Request.Query;
        var limit = DefaultLimit;
        if (query.TryGetValue("limit", out var text)
            && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= MaxLimit))
        {
            throw ApiException.Invalid("limit", $"A whole number from 1 to {MaxLimit} is expected.");
        }

        var order = query["order"];
        if (order.Count > 0 && order.ToString() is not ("asc" or "desc"))
        {
            throw ApiException.Invalid("order", "One of asc, desc is expected.");
        }

        var cursor = query["cursor"].ToString();
        return ValueTask.FromResult<PageRequest?>(new PageRequest(limit, cursor.Length == 0 ? null : cursor, order.ToString() == "asc"));
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
    {
        builder.Metadata.Add(new QueryParameterMetadata("limit", $"How many at most: 1 to {MaxLimit}, {DefaultLimit} by default.", typeof(int)));
        builder.Metadata.Add(new QueryParameterMetadata("cursor", "The next_cursor of the page before.", typeof(string)));
        builder.Metadata.Add(new QueryParameterMetadata("order", "desc (newest first, the default) or asc.", typeof(string)));
    }
}

/// <summary>One page of a list.</summary>
/// <param name="Data">The entries.</param>
/// <param name="NextCursor">Asks for the next page; null when this is the last.</param>
internal sealed record PageResponse<T>(IReadOnlyList<T> Data, string? NextCursor);

/// <summary>Makes pages.</summary>
internal static class PageResponse
{
    /// <summary>The stored page, each document as its GET answers it.</summary>
    public static PageResponse<TResponse> From<T, TResponse>(Page<T> page, Func<T, TResponse> map)
    {
        var data = new TResponse[page.Items.Count];
        for (var i = 0; i < data.Length; i++)
        {
            data[i] = map(page.Items[i]);
        }

        return new PageResponse<TResponse>(data, page.NextCursor);
    }
}
