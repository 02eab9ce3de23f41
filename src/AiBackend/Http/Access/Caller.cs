using System.Reflection;
using AiBackend.Documents;
using Microsoft.AspNetCore.Http.Metadata;

namespace AiBackend.Http;

/// <summary>
/// For whom a request is made: one client, by its own key or by the admin key with <c>X-Client-Id</c>. A route that takes it
/// refuses an admin who names no client (400 <c>client_required</c>).
/// </summary>
internal sealed class Caller(Credential credential, string clientId, TenantDocuments documents)
    : IBindableFromHttpContext<Caller>, IEndpointParameterMetadataProvider
{
    /// <summary>The client (<c>cli_…</c>).</summary>
    public string ClientId { get; } = clientId;

    /// <summary>The key; null for the admin key.</summary>
    public string? KeyId => credential.KeyId;

    public bool IsAdmin => credential.IsAdmin;

    public IReadOnlyList<string> Scopes => credential.Scopes;

    /// <summary>The client's documents.</summary>
    public TenantDocuments Documents { get; } = documents;

    /// <inheritdoc cref="Credential.Allows" />
    public bool MayUse(string scope) => credential.Allows(scope);

    /// <inheritdoc cref="Credential.Require" />
    public void Require(string scope) => credential.Require(scope);

    /// <summary>The caller of an admin route that acts on this client.</summary>
    public static Caller For(Credential credential, string clientId, DocumentStore store) =>
        new(credential, clientId, store.For(clientId));

    public static ValueTask<Caller?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var credential = Credential.Of(context);
        var clientId = credential.ClientId ?? throw ClientRequired();
        return ValueTask.FromResult<Caller?>(For(credential, clientId, context.RequestServices.GetRequiredService<DocumentStore>()));
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) => builder.Metadata.Add(new TenantRoute());

    public static ApiException ClientRequired() => new(
        StatusCodes.Status400BadRequest, "client_required", "An admin key must say for which client it acts: X-Client-Id: cli_….");
}
