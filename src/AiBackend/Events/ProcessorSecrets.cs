using AiBackend.Http;

namespace AiBackend.Events;

/// <summary>Seals and opens what a processor keeps secret: its signing secrets and the values of its headers.</summary>
internal sealed class ProcessorSecrets(SecretBox box)
{
    /// <summary>Seals a signing secret.</summary>
    public SigningSecret SealSigning(string processorId, string secret) => new(box.Seal(Signing(processorId), secret), ExpiresAt: null);

    /// <summary>The secrets that sign at this time, newest first.</summary>
    public IEnumerable<string> OpenSigning(EventProcessor processor, DateTimeOffset now) =>
        from secret in processor.Secrets
        where secret.ExpiresAt is null || secret.ExpiresAt > now
        select box.Open(Signing(processor.Id), secret.SealedValue);

    /// <summary>Seals the value of a header.</summary>
    public SecretHeader SealHeader(string processorId, string name, string value) =>
        new(name, box.Seal(Header(processorId), value));

    /// <summary>The headers with their values.</summary>
    public IEnumerable<(string Name, string Value)> OpenHeaders(EventProcessor processor) =>
        processor.Target.Headers.Select(header => (header.Name, box.Open(Header(processor.Id), header.SealedValue)));

    private static string Signing(string processorId) => $"signing:{processorId}";

    private static string Header(string processorId) => $"header:{processorId}";
}
