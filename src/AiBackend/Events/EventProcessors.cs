using AiBackend.Clients;
using AiBackend.Documents;
using AiBackend.Http;

namespace AiBackend.Events;

/// <summary>Makes and changes processors, within the commits of their callers.</summary>
internal sealed class EventProcessors(
    NetworkGuard guard, ProcessorSecrets secrets, ProcessorSwitch processorSwitch, AuditLog audit, Ids ids, TimeProvider clock)
{
    /// <summary>The most processors that one client may have: each event's commit reads them all.</summary>
    public const int MaxPerClient = 50;

    /// <summary>The most secrets that sign at once, the newest ones.</summary>
    public const int MaxSecrets = 5;

    /// <summary>Refuses (422) an address in a private network.</summary>
    public async Task RequireAllowedAsync(string url, CancellationToken ct)
    {
        if (!await guard.AllowsAsync(new Uri(url), ct))
        {
            throw ApiException.Invalid(
                "config.url", "The address is in a private network. EVENTS_ALLOW_PRIVATE_NETWORKS=true would allow that.");
        }
    }

    public async ValueTask<ProcessorResponse> CreateAsync(TenantTransaction transaction, Credential by, ProcessorForm form)
    {
        var existing = await transaction.ListAsync(Query.Of<EventProcessor>().Ascending().Take(MaxPerClient));
        if (existing.Count == MaxPerClient)
        {
            throw new ApiException(
                StatusCodes.Status422UnprocessableEntity, "limit_reached", $"A client has at most {MaxPerClient} event processors.");
        }

        var id = ids.New("prc");
        var secret = WebhookSignature.NewSecret();
        var now = clock.GetUtcNow();
        var processor = new EventProcessor
        {
            Id = id,
            ClientId = transaction.ClientId,
            Name = form.Name,
            Description = form.Description,
            Target = TargetOf(id, form.Config, kept: []),
            EventTypes = form.EventTypes,
            IsActive = form.IsActive,
            Secrets = [secrets.SealSigning(id, secret)],
            CreatedAt = now,
            UpdatedAt = now,
        };
        await transaction.InsertAsync(processor);
        await NoteAsync(transaction, by, "processor.created", id);
        return ProcessorResponse.From(processor with { Version = 1 }, secret);
    }

    /// <summary>Applies a change to the form of the stored processor; turning it off cancels what waits for it.</summary>
    /// <param name="transaction">The commit of the change.</param>
    /// <param name="by">Who changes it.</param>
    /// <param name="id">The processor's id.</param>
    /// <param name="change">Gets the stored processor and returns its new form, or null when nothing changes; may refuse.</param>
    public async ValueTask<ProcessorResponse> ChangeAsync(
        TenantTransaction transaction, Credential by, string id, Func<EventProcessor, ProcessorForm?> change)
    {
        var (isChanged, turnsOff) = (false, false);
        var changed = await transaction.UpdateAsync<EventProcessor>(
            id,
            stored =>
            {
                if (change(stored) is not { } form)
                {
                    return stored;
                }

                isChanged = true;
                turnsOff = stored.IsActive && !form.IsActive;
                return stored with
                {
                    Name = form.Name,
                    Description = form.Description,
                    Target = TargetOf(id, form.Config, stored.Target.Headers),
                    EventTypes = form.EventTypes,
                    IsActive = stored.IsActive || form.IsActive,
                    DisabledReason = form.IsActive ? null : stored.DisabledReason,
                    UpdatedAt = clock.GetUtcNow(),
                };
            }) ?? throw ApiException.NotFound();
        if (!isChanged)
        {
            return ProcessorResponse.From(changed);
        }

        await NoteAsync(transaction, by, "processor.updated", id);
        return ProcessorResponse.From(
            turnsOff ? (await processorSwitch.DisableAsync(transaction, id, reason: null))! : changed);
    }

    public async ValueTask<ProcessorResponse> EnableAsync(TenantTransaction transaction, Credential by, string id)
    {
        var enabled = await transaction.UpdateAsync<EventProcessor>(
            id,
            stored => stored.IsActive
                ? stored
                : stored with { IsActive = true, DisabledReason = null, UpdatedAt = clock.GetUtcNow() }) ?? throw ApiException.NotFound();
        await NoteAsync(transaction, by, "processor.enabled", id);
        return ProcessorResponse.From(enabled);
    }

    public async ValueTask<ProcessorResponse> DisableAsync(TenantTransaction transaction, Credential by, string id)
    {
        var disabled = await processorSwitch.DisableAsync(transaction, id, reason: null) ?? throw ApiException.NotFound();
        await NoteAsync(transaction, by, "processor.disabled", id);
        return ProcessorResponse.From(disabled);
    }

    /// <summary>Makes a new secret; the ones before sign along for the overlap, if they would not have expired earlier.</summary>
    public async ValueTask<ProcessorResponse> RotateSecretAsync(
        TenantTransaction transaction, Credential by, string id, TimeSpan overlap)
    {
        var secret = WebhookSignature.NewSecret();
        var now = clock.GetUtcNow();
        var end = now + overlap;
        var rotated = await transaction.UpdateAsync<EventProcessor>(
            id,
            stored => stored with
            {
                Secrets =
                [
                    secrets.SealSigning(id, secret),
                    .. stored.Secrets
                        .Select(old => old with { ExpiresAt = old.ExpiresAt < end ? old.ExpiresAt : end })
                        .Where(old => old.ExpiresAt > now)
                        .Take(MaxSecrets - 1),
                ],
                UpdatedAt = now,
            }) ?? throw ApiException.NotFound();
        await NoteAsync(transaction, by, "processor.secret_rotated", id);
        return ProcessorResponse.From(rotated, secret);
    }

    public async ValueTask DeleteAsync(TenantTransaction transaction, Credential by, string id, IfMatch ifMatch)
    {
        var stored = await transaction.FindAsync<EventProcessor>(id) ?? throw ApiException.NotFound();
        ifMatch.Require(stored.Version);
        await transaction.DeleteAsync<EventProcessor>(id);
        await processorSwitch.CancelDeliveriesAsync(transaction, id);
        await NoteAsync(transaction, by, "processor.deleted", id);
    }

    private ValueTask NoteAsync(TenantTransaction transaction, Credential by, string action, string id) =>
        audit.AppendAsync(transaction.AcrossTenants, by, transaction.ClientId, action, id);

    private HttpTarget TargetOf(string id, HttpConfigForm config, IReadOnlyList<SecretHeader> kept) => new()
    {
        Url = config.Url,
        TimeoutSeconds = config.TimeoutSeconds,
        Headers = [.. config.Headers.Select(header => HeaderOf(id, header.Key, header.Value, kept))],
    };

    private SecretHeader HeaderOf(string id, string name, string value, IReadOnlyList<SecretHeader> kept)
    {
        if (value != SealedSecrets.Mask)
        {
            return secrets.SealHeader(id, name, value);
        }

        return kept.FirstOrDefault(header => header.Name == name)
            ?? throw ApiException.Invalid($"config.headers.{name}", "*** stands for a value that is kept already; there is none of this name.");
    }
}
