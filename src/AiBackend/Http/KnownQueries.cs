using System.Collections.Frozen;
using System.Reflection;
using Microsoft.AspNetCore.Http.Metadata;

namespace AiBackend.Http;

/// <summary>The names that a route takes in its query.</summary>
internal sealed record KnownQuery(FrozenSet<string> Names)
{
    /// <summary>Collects the names from what the route's parameters say of themselves.</summary>
    public static void Collect(EndpointBuilder endpoint)
    {
        var path = (endpoint as RouteEndpointBuilder)?.RoutePattern.Parameters.Select(parameter => parameter.Name) ?? [];
        var names = endpoint.Metadata.OfType<QueryParameterMetadata>().Select(query => query.Name)
            .Concat(endpoint.Metadata.OfType<IParameterBindingMetadata>().Select(NameOf).OfType<string>())
            .Except(path, StringComparer.OrdinalIgnoreCase)
            .ToFrozenSet(StringComparer.Ordinal);
        endpoint.Metadata.Add(new KnownQuery(names));
    }

    // What the framework takes from the query: what is said to be, and texts and what is made of a text.
    private static string? NameOf(IParameterBindingMetadata parameter)
    {
        if (parameter.ParameterInfo.GetCustomAttributes().OfType<IFromQueryMetadata>().FirstOrDefault() is { } named)
        {
            return named.Name ?? parameter.Name;
        }

        return !parameter.HasBindAsync && (parameter.HasTryParse || parameter.ParameterInfo.ParameterType == typeof(string)) ? parameter.Name : null;
    }
}

/// <summary>Refuses (422) a query with a name that the route does not take: a filter that was misspelt would seem to be applied.</summary>
internal sealed class KnownQueries(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext http)
    {
        if (http.Request.QueryString.HasValue && http.GetEndpoint()?.Metadata.GetMetadata<KnownQuery>() is { } known)
        {
            foreach (var name in http.Request.Query.Keys)
            {
                if (!known.Names.Contains(name))
                {
                    throw ApiException.Invalid(name.Length == 0 ? "query" : name, "The address takes no such parameter.");
                }
            }
        }

        return next(http);
    }
}
