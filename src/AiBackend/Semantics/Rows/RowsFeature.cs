using AiBackend.Clients.Privacy;
using AiBackend.Jobs;
using AiBackend.Semantics.Layers;

namespace AiBackend.Semantics.Rows;

/// <summary>Documents that are made of rows.</summary>
internal static class RowsFeature
{
    public static IServiceCollection AddRowDocuments(this IServiceCollection services) => services
        .AddSingleton<Documents.DocumentSet>(RowSets.Entries)
        .AddSingleton<Documents.DocumentSet>(RowSets.Rows)
        .LeaveOutOfExport<RowEntry>("How far the rows of a table were read; the layers' settings and the documents are in the export.")
        .LeaveOutOfExport<IndexedRow>("Tells which row a document, which is in the export, was made of.")
        .AddSingleton<RowRemoval>()
        .AddSingleton<RowIndexer>()
        .AddSingleton<LayerStoreRemoval>(provider => provider.GetRequiredService<RowRemoval>().RemoveLaterAsync)
        .AddWork<RowEntry, RowRemoval>(options =>
        {
            options.Name = "row-removals";
            options.Concurrency = 2;
            options.ConcurrencyPerClient = 1;
            options.Lease = TimeSpan.FromSeconds(30);
        });
}
