using AiBackend.Documents;
using Microsoft.Extensions.Options;

namespace AiBackend.Jobs;

/// <summary>Removes documents whose time has passed, such as idempotency records after a day.</summary>
internal sealed class ExpirySweeper(DocumentStore store, IOptions<JobsOptions> jobs, TimeProvider clock, ILogger<ExpirySweeper> logger)
    : Sweeper(TimeSpan.FromMinutes(5), jobs, clock, logger)
{
    public override async Task<long> SweepAsync(CancellationToken ct) => await store.AcrossTenants.RemoveExpiredAsync(Clock.GetUtcNow(), ct);
}
