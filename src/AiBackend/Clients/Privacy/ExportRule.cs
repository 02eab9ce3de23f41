using AiBackend.Documents;

namespace AiBackend.Clients.Privacy;

/// <summary>
/// How a set of documents appears when all that is held of a client is taken out. Every set of <see cref="TenantDocument"/>s has one:
/// a feature registers them with its documents.
/// </summary>
/// <param name="DocumentType">The documents of the set.</param>
internal abstract record ExportRule(Type DocumentType)
{
    /// <summary>It does not appear.</summary>
    /// <param name="Reason">Why nothing is lost by it.</param>
    internal sealed record LeftOut(Type DocumentType, string Reason) : ExportRule(DocumentType);

    /// <summary>Each document is a line.</summary>
    /// <param name="Name">The <c>type</c> of its lines.</param>
    /// <param name="ReadAsync">Reads a page, each document in the form in which it is shown.</param>
    internal sealed record Written(Type DocumentType, string Name, ReadPage ReadAsync) : ExportRule(DocumentType);
}

/// <summary>Reads the page at a cursor; null is the first.</summary>
internal delegate Task<Page<object>> ReadPage(TenantDocuments documents, string? cursor, CancellationToken ct);

internal static class ExportRegistration
{
    private const int DocumentsPerPage = 50;

    /// <summary>Has the documents of a set written with the client's export.</summary>
    /// <param name="name">The <c>type</c> of the lines.</param>
    /// <param name="order">An order that an index of the set gives within a client, over fields that do not change.</param>
    /// <param name="show">The form in which a GET shows the document: no secrets.</param>
    /// <param name="perPage">How many are held at once: less than the default for large ones.</param>
    public static IServiceCollection AddExport<T, TShown>(
        this IServiceCollection services,
        string name,
        Func<Query<T>, Query<T>> order,
        Func<T, TShown> show,
        int perPage = DocumentsPerPage)
        where T : TenantDocument
        where TShown : class =>
        services.AddSingleton<ExportRule>(new ExportRule.Written(
            typeof(T),
            name,
            async (documents, cursor, ct) =>
            {
                var page = await documents.PageAsync(order(Query.Of<T>()), cursor, perPage, ct);
                return new Page<object>([.. page.Items.Select(show)], page.NextCursor);
            }));

    /// <summary>Says why a set is left out of the client's export.</summary>
    public static IServiceCollection LeaveOutOfExport<T>(this IServiceCollection services, string reason)
        where T : TenantDocument =>
        services.AddSingleton<ExportRule>(new ExportRule.LeftOut(typeof(T), reason));
}
