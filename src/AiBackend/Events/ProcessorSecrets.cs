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

    /// <summary>The processor with its secrets under the current key; an equal one when they are that already.</summary>
    public static EventProcessor Reseal(SecretBox box, EventProcessor processor)
    {
        SigningSecret[] secrets =
        [
            .. processor.Secrets.Select(secret => secret with { SealedValue = box.Reseal(Signing(processor.Id), secret.SealedValue) }),
        ];
        SecretHeader[] headers =
        [
            .. processor.Target.Headers.Select(header => header with { SealedValue = box.Reseal(Header(processor.Id), header.SealedValue) }),
        ];
        return secrets.SequenceEqual(processor.Secrets) && headers.SequenceEqual(processor.Target.Headers)
            ? processor
            : processor with { Secrets = secrets, Target = processor.Target with { Headers = headers } };
    }

    private static string Signing(string processorId) => $"signing:{processorId}";

    private static string Header(string processorId) => $"header:{processorId}";
}
