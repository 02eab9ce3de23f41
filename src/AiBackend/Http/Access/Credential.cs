using System.Reflection;

namespace AiBackend.Http;

/// <summary>The key that a request came with.</summary>
/// <param name="KeyId">The client's key (<c>key_…</c>); null for the admin key.</param>
/// <param name="ClientId">The client of the key, or the one that the admin key acts for; null when it acts for none.</param>
/// <param name="Scopes">What a client's key may do.</param>
internal sealed record Credential(string? KeyId, string? ClientId, IReadOnlyList<string> Scopes) : IBindableFromHttpContext<Credential>
{
    /// <summary>The address that the request came from; null when it has none.</summary>
    public string? RemoteAddress { get; init; }

    /// <summary>Whether this is the admin key.</summary>
    public bool IsAdmin => KeyId is null;

    /// <summary>Whether the key may do what the scope stands for.</summary>
    public bool Allows(string scope)
    {
        if (IsAdmin)
        {
            return true;
        }

        for (var i = 0; i < Scopes.Count; i++)
        {
            if (Scopes[i] == scope)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Refuses (403) a key that may not do what the scope stands for.</summary>
    public void Require(string scope)
    {
        if (!Allows(scope))
        {
            throw ApiException.Forbidden($"The key needs the scope {scope}.");
        }
    }

    public static ValueTask<Credential?> BindAsync(HttpContext context, ParameterInfo parameter) =>
        ValueTask.FromResult<Credential?>(Of(context));

    /// <summary>The credential that the request was let in with.</summary>
    public static Credential Of(HttpContext http) =>
        http.Features.Get<Credential>() ?? throw new InvalidOperationException("The route is keyless, so there is no caller.");
}
