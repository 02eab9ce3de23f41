using AiBackend.Documents;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace AiBackend.Jobs;

internal static class JobsRegistration
{
    /// <summary>Adds background jobs and what all work shares.</summary>
    public static IServiceCollection AddJobs(this IServiceCollection services)
    {
        AddShared(services);
        services.AddSingleton<DocumentSet>(JobDocuments.Jobs);
        services.AddSingleton<JobQueue>();
        services.AddHostedService<ExpirySweeper>();
        return services.AddWork<Job, JobWork>((options, jobs) =>
        {
            options.Name = "jobs";
            options.Concurrency = jobs.Workers;
            options.Lease = TimeSpan.FromSeconds(30);
        });
    }

    /// <summary>Adds a type of work and the loop that does it.</summary>
    public static IServiceCollection AddWork<T, THandler>(this IServiceCollection services, Action<WorkOptions<T>> configure)
        where T : LeasedDocument
        where THandler : class, IWorkHandler<T> =>
        services.AddWork<T, THandler>((options, _) => configure(options));

    /// <summary>As above, with the settings of all background work at hand.</summary>
    public static IServiceCollection AddWork<T, THandler>(
        this IServiceCollection services, Action<WorkOptions<T>, JobsOptions> configure)
        where T : LeasedDocument
        where THandler : class, IWorkHandler<T>
    {
        AddShared(services);
        services.AddSingleton(provider =>
        {
            var options = new WorkOptions<T>();
            configure(options, provider.GetRequiredService<IOptions<JobsOptions>>().Value);
            return options;
        });
        services.AddSingleton<IWorkHandler<T>, THandler>();
        return services.AddHostedService<WorkLoop<T>>();
    }

    /// <summary>Adds a kind of background job.</summary>
    public static IServiceCollection AddJobHandler<T>(this IServiceCollection services)
        where T : class, IJobHandler =>
        services.AddSingleton<IJobHandler, T>();

    private static void AddShared(IServiceCollection services)
    {
        services.TryAddSingleton<WorkCancellation>();
        services.TryAddSingleton<WorkHealth>();
    }
}
