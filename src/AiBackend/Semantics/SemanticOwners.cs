using AiBackend.Clients;
using AiBackend.Documents;
using AiBackend.Http;

namespace AiBackend.Semantics;

/// <summary>Who owns a repository or server that is registered, and who is told of it.</summary>
internal sealed class SemanticOwners(ClientDirectory clients, AuditLog audit)
{
    /// <summary>The client that a new one belongs to; null: the operator.</summary>
    /// <param name="named">The <c>client_id</c> of the form.</param>
    /// <exception cref="ApiException">422: the caller may not register it for that client, or there is none.</exception>
    public async Task<string?> OwnerOfNewAsync(Owner owner, string? named, CancellationToken ct)
    {
        if (owner.ClientId is not null)
        {
            return named is null || named == owner.ClientId
                ? owner.ClientId
                : throw ApiException.Invalid("client_id", "A client registers for itself only; leave client_id away.");
        }

        return named is null || (Ids.IsId("cli", named) && await clients.FindAsync(named, ct) is not null)
            ? named
            : throw ApiException.Invalid("client_id", "There is no such client.");
    }

    /// <summary>Notes an act in the client's audit log; what is shared belongs to no client's.</summary>
    public ValueTask NoteAsync(ITransaction transaction, Owner owner, string? clientId, string action, string id) => clientId is null
        ? ValueTask.CompletedTask
        : audit.AppendAsync(transaction, owner.By, clientId, action, id);

    /// <summary>What is stored of a secret that was given.</summary>
    /// <param name="given">What was sent; <see cref="SealedSecrets.Mask"/> keeps what is there.</param>
    /// <param name="stored">What is there, sealed.</param>
    /// <param name="field">The field's name.</param>
    public static string? Seal(SecretBox box, string purpose, string? given, string? stored, string field) => given switch
    {
        null => null,
        SealedSecrets.Mask => stored ?? throw ApiException.Invalid(field, "*** stands for a secret that is kept already; there is none."),
        _ => box.Seal(purpose, given),
    };
}
