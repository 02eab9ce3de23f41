using AiBackend.Documents;

namespace AiBackend.Clients;

/// <summary>Where a client's chats come from.</summary>
internal sealed class Channels(ClientDirectory directory)
{
    /// <summary>The id of the <c>api</c> channel that the client was born with; it cannot be deleted.</summary>
    public static string DefaultId(string clientId) => Ids.Follow("chn", clientId);

    /// <summary>The <c>api</c> channel that the client was born with; null when there is no such client.</summary>
    public ValueTask<Channel?> DefaultAsync(string clientId, CancellationToken ct) =>
        directory.FindChannelAsync(clientId, DefaultId(clientId), ct);

    /// <summary>The client's channel, or null.</summary>
    public ValueTask<Channel?> FindAsync(string clientId, string channelId, CancellationToken ct) =>
        directory.FindChannelAsync(clientId, channelId, ct);
}
