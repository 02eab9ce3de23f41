using System.Security.Cryptography;

namespace AiBackend.Jobs;

/// <summary>This process as the owner of leases: no other process, and no earlier one of the same id, has the same name.</summary>
internal static class WorkerName
{
    public static string Value { get; } =
        $"{Environment.MachineName}:{Environment.ProcessId}:{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
}
