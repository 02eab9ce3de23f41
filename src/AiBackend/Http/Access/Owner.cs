using System.Reflection;
using Microsoft.AspNetCore.Http.Metadata;

namespace AiBackend.Http;

/// <summary>The route works on what clients have and what the operator shares with them: an admin may say for which client it acts (<c>X-Client-Id</c>).</summary>
internal sealed record OwnerRoute;

/// <summary>
/// For whom a request is made on such a route: a client, by its own key or by the admin key with <c>X-Client-Id</c>, or the operator by the
/// admin key alone. A client sees its own and what is shared, and changes its own; the operator sees and changes all.
/// </summary>
internal sealed class Owner(Credential by) : IBindableFromHttpContext<Owner>, IEndpointParameterMetadataProvider
{
    /// <summary>Stands for the operator where an owner's id is wanted: what it owns is shared.</summary>
    public const string Operator = "operator";

    /// <summary>The key.</summary>
    public Credential By => by;

    /// <summary>The client; null for the operator.</summary>
    public string? ClientId => by.ClientId;

    /// <summary>Whether something is there for the caller.</summary>
    /// <param name="ownerId">Whose it is; null: shared.</param>
    public bool MaySee(string? ownerId) => ClientId is null || ownerId is null || ownerId == ClientId;

    /// <summary>Whether its settings, secrets apart, are for the caller in full.</summary>
    /// <param name="ownerId">Whose it is; null: shared.</param>
    public bool MayChange(string? ownerId) => by.IsAdmin || ownerId == ClientId;

    /// <summary>Refuses (403) to change what is shared.</summary>
    /// <param name="ownerId">Whose it is; null: shared.</param>
    public void RequireChange(string? ownerId)
    {
        if (!MayChange(ownerId))
        {
            throw ApiException.Forbidden("It is shared by all clients; only the admin key changes it.");
        }
    }

    public static ValueTask<Owner?> BindAsync(HttpContext context, ParameterInfo parameter) =>
        ValueTask.FromResult<Owner?>(new Owner(Credential.Of(context)));

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) => builder.Metadata.Add(new OwnerRoute());
}
