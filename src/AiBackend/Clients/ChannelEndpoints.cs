using AiBackend.Documents;
using AiBackend.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AiBackend.Clients;

/// <summary>What is set of a channel.</summary>
internal sealed record ChannelForm
{
    public required ChannelType Type { get; init; }

    [Name(200)]
    public required string Name { get; init; }

    /// <summary>What the other side calls the channel; unique per client and type.</summary>
    [Name(200)]
    public string? ExternalId { get; init; }

    [FreeObject]
    public RawJson Config { get; init; } = RawJson.EmptyObject;

    /// <summary>Kept sealed and never shown: answers have <c>***</c> in their place, which, sent back, keeps what is there.</summary>
    [Entries(32)]
    [SecretTexts]
    public IReadOnlyDictionary<string, string> Secrets { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether messages can be posted and sessions opened in it.</summary>
    [NotCleared]
    public bool IsActive { get; init; } = true;

    public static ChannelForm Of(Channel channel) => new()
    {
        Type = channel.Type,
        Name = channel.Name,
        ExternalId = channel.ExternalId,
        Config = channel.Config,
        Secrets = SealedSecrets.Hidden(channel.Secrets),
        IsActive = channel.IsActive,
    };
}

/// <summary>A channel, as it is answered.</summary>
internal sealed record ChannelResponse(
    string Id,
    string ClientId,
    ChannelType Type,
    string Name,
    string? ExternalId,
    RawJson Config,
    IReadOnlyDictionary<string, string> Secrets,
    bool IsActive,
    long Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt) : IVersioned
{
    public static ChannelResponse From(Channel channel) => new(
        channel.Id,
        channel.ClientId,
        channel.Type,
        channel.Name,
        channel.ExternalId,
        channel.Config,
        SealedSecrets.Hidden(channel.Secrets),
        channel.IsActive,
        channel.Version,
        channel.CreatedAt,
        channel.UpdatedAt);
}

/// <summary>Where a client's chats come from.</summary>
internal static class ChannelEndpoints
{
    public static void MapChannels(this IEndpointRouteBuilder api)
    {
        var channels = api.MapGroup($"{ClientRoute.Pattern}/channels").WithTags("Channels").RequireScope(Scopes.ClientAdmin);
        channels.MapPost("", CreateAsync).WithName("CreateChannel").WithSummary("Adds a channel");
        channels.MapGet("", ListAsync).WithName("ListChannels").WithSummary("Lists a client's channels");
        channels.MapGet("/{channel}", GetAsync).WithName("GetChannel").WithSummary("Reads a channel");
        channels.MapPatch("/{channel}", UpdateAsync).WithName("UpdateChannel").WithSummary("Changes a channel");
        channels.MapDelete("/{channel}", DeleteAsync).WithName("DeleteChannel").WithSummary("Deletes a channel");
    }

    private static async Task<Created<ChannelResponse>> CreateAsync(
        ClientRoute route, Body<ChannelForm> body, Channels channels, RequestCommits commits, CancellationToken ct)
    {
        var channel = await channels.CreateAsync(commits, route, body.Value, ct);
        return TypedResults.Created($"/api/v1/clients/{channel.ClientId}/channels/{channel.Id}", channel);
    }

    private static async Task<Ok<PageResponse<ChannelResponse>>> ListAsync(ClientRoute route, PageRequest page, CancellationToken ct) =>
        TypedResults.Ok(PageResponse.From(
            await route.Caller.Documents.PageAsync(page.Sort(Query.Of<Channel>()), page.Cursor, page.Limit, ct), ChannelResponse.From));

    private static async Task<Ok<ChannelResponse>> GetAsync(ClientRoute route, string channel, CancellationToken ct) =>
        TypedResults.Ok(ChannelResponse.From(
            await route.Caller.Documents.FindAsync<Channel>(channel, ct) ?? throw ApiException.NotFound()));

    private static async Task<Ok<ChannelResponse>> UpdateAsync(
        ClientRoute route, string channel, MergePatch<ChannelForm> patch, IfMatch ifMatch, Channels channels, CancellationToken ct) =>
        TypedResults.Ok(await channels.UpdateAsync(route, channel, patch, ifMatch, ct));

    private static async Task<NoContent> DeleteAsync(
        ClientRoute route, string channel, IfMatch ifMatch, Channels channels, CancellationToken ct)
    {
        await channels.DeleteAsync(route, channel, ifMatch, ct);
        return TypedResults.NoContent();
    }
}
