using AiBackend.Documents;
using AiBackend.Http;

namespace AiBackend.Clients;

/// <summary>Where a client's chats come from.</summary>
internal sealed class Channels(ClientDirectory directory, SecretBox box, AuditLog audit, Ids ids, TimeProvider clock)
{
    private const string Taken = "The client has a channel of this type with the same external_id.";

    /// <summary>The id of the <c>api</c> channel that the client was born with; it cannot be deleted.</summary>
    public static string DefaultId(string clientId) => Ids.Follow("chn", clientId);

    /// <summary>The <c>api</c> channel that the client was born with; null when there is no such client.</summary>
    public ValueTask<Channel?> DefaultAsync(string clientId, CancellationToken ct) =>
        directory.FindChannelAsync(clientId, DefaultId(clientId), ct);

    /// <summary>The client's channel, or null.</summary>
    public ValueTask<Channel?> FindAsync(string clientId, string channelId, CancellationToken ct) =>
        directory.FindChannelAsync(clientId, channelId, ct);

    /// <summary>Adds a channel.</summary>
    public async Task<ChannelResponse> CreateAsync(RequestCommits commits, ClientRoute route, ChannelForm form, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var channel = Filled(
            new Channel
            {
                Id = ids.New("chn"),
                ClientId = route.Client.Id,
                Type = form.Type,
                Name = form.Name,
                CreatedAt = now,
                UpdatedAt = now,
            },
            form);
        try
        {
            return await commits.CommitAsync(
                route.Caller,
                StatusCodes.Status201Created,
                async transaction =>
                {
                    await transaction.InsertAsync(channel);
                    await audit.AppendAsync(transaction.AcrossTenants, route.By, channel.ClientId, "channel.created", channel.Id);
                    return ChannelResponse.From(channel with { Version = 1 });
                },
                ct);
        }
        catch (DuplicateKeyException)
        {
            throw ApiException.Conflict(Taken);
        }
    }

    /// <summary>Changes what the patch names. The type stays: sessions were made under it.</summary>
    public async Task<ChannelResponse> UpdateAsync(
        ClientRoute route, string channelId, MergePatch<ChannelForm> patch, IfMatch ifMatch, CancellationToken ct)
    {
        try
        {
            var updated = await route.Caller.Documents.CommitAsync(
                async transaction =>
                {
                    Channel? before = null;
                    var stored = await transaction.UpdateAsync<Channel>(channelId, current => Changed(before = current, patch, ifMatch))
                        ?? throw ApiException.NotFound();
                    if (!ReferenceEquals(stored, before))
                    {
                        await audit.AppendAsync(transaction.AcrossTenants, route.By, route.Client.Id, "channel.updated", channelId);
                    }

                    return stored;
                },
                ct);
            directory.Forget(channelId);
            return ChannelResponse.From(updated);
        }
        catch (DuplicateKeyException)
        {
            throw ApiException.Conflict(Taken);
        }
    }

    /// <summary>Deletes a channel; its sessions stay.</summary>
    public async Task DeleteAsync(ClientRoute route, string channelId, IfMatch ifMatch, CancellationToken ct)
    {
        await route.Caller.Documents.CommitAsync(
            async transaction =>
            {
                var found = await transaction.FindAsync<Channel>(channelId) ?? throw ApiException.NotFound();
                ifMatch.Require(found.Version);
                if (channelId == DefaultId(route.Client.Id))
                {
                    throw ApiException.Conflict("The channel that a client was born with stays; set is_active to false instead.");
                }

                await transaction.DeleteAsync<Channel>(channelId);
                await audit.AppendAsync(transaction.AcrossTenants, route.By, route.Client.Id, "channel.deleted", channelId);
            },
            ct);
        directory.Forget(channelId);
    }

    private Channel Changed(Channel current, MergePatch<ChannelForm> patch, IfMatch ifMatch)
    {
        ifMatch.Require(current.Version);
        if (!patch.Changes(ChannelForm.Of(current), out var form))
        {
            return current;
        }

        return form.Type == current.Type
            ? Filled(current, form) with { UpdatedAt = clock.GetUtcNow() }
            : throw ApiException.Invalid("type", "The type of a channel cannot be changed.");
    }

    private Channel Filled(Channel channel, ChannelForm form) => channel with
    {
        Name = form.Name,
        ExternalId = form.ExternalId,
        Config = form.Config,
        Secrets = SealedSecrets.Seal(box, form.Secrets, channel.Secrets, name => Channel.SecretPurpose(channel.Id, name)),
        IsActive = form.IsActive,
    };
}
