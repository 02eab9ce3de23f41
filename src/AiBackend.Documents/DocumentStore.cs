namespace AiBackend.Documents;

/// <summary>
/// The door to storage for features. Tenant documents are reached by naming the client (<see cref="For"/>); what has to
/// look over all of them, such as a worker that claims, says so (<see cref="AcrossTenants"/>).
/// </summary>
public sealed class DocumentStore(IDocumentStore adapter)
{
    /// <summary>Documents of every client, and those that belong to none.</summary>
    public IDocumentStore AcrossTenants => adapter;

    /// <summary>Where commits are announced.</summary>
    public CommitSignals Signals => adapter.Signals;

    /// <summary>The documents of one client.</summary>
    public TenantDocuments For(string clientId) => new(adapter, clientId);
}
