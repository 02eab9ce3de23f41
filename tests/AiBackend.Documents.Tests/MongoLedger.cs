namespace AiBackend.Documents.Tests;

/// <summary>Counts its entries: a commit adds one to the count and writes the entry with that number, both or neither.</summary>
internal sealed record Account : TenantDocument
{
    public int Entries { get; init; }
}

internal sealed record Entry : TenantDocument
{
    public required string AccountId { get; init; }

    public required int Number { get; init; }
}

internal static class Ledger
{
    public const string Client = "cli_1";

    public static DocumentCatalog Catalog { get; } = new(
    [
        new DocumentSet<Account>("accounts"),
        new DocumentSet<Entry>("entries").Unique("number", e => e.AccountId, e => e.Number),
    ]);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static Task OpenAccountAsync(this IDocumentStore store, string id) => store.CommitAsync(
        async transaction =>
        {
            await transaction.InsertAsync(new Account { Id = id, ClientId = Client });
            return true;
        },
        Ct);

    public static Task<int> EnterAsync(this IDocumentStore store, string accountId, string entryId) => store.CommitAsync(
        async transaction =>
        {
            var account = await transaction.UpdateAsync<Account>(accountId, found => found with { Entries = found.Entries + 1 });
            await transaction.InsertAsync(new Entry { Id = entryId, ClientId = Client, AccountId = accountId, Number = account!.Entries });
            return account.Entries;
        },
        Ct);

    /// <summary>The ids of the entries; fails when their numbers have a gap or the account counts differently.</summary>
    public static async Task<IReadOnlyList<string>> EntriesAsync(this IDocumentStore store, string accountId)
    {
        var account = await store.FindAsync<Account>(accountId, Ct);
        var entries = await store.ListAsync(Query.Of<Entry>().Equal(e => e.AccountId, accountId).Ascending(e => e.Number), Ct);
        Assert.Equal(Enumerable.Range(1, account!.Entries), entries.Select(entry => entry.Number));
        Assert.Equal(account.Entries + 1, account.Version);
        return [.. entries.Select(entry => entry.Id)];
    }
}
