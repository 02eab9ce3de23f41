namespace AiBackend.Semantics.Sync;

/// <summary>The job cannot succeed as things are; it is not tried again by itself.</summary>
/// <param name="code">A stable word.</param>
/// <param name="detail">What to set right, without secrets.</param>
internal sealed class SyncFailedException(string code, string detail) : Exception(detail)
{
    public string Code { get; } = code;
}
