using System.ComponentModel.DataAnnotations;
using AiBackend.Documents;
using AiBackend.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AiBackend.Clients;

/// <summary>What is set of a user type.</summary>
internal sealed record UserTypeForm
{
    /// <summary>The client's own name for it; unique per client.</summary>
    [Name(100)]
    public required string TypeId { get; init; }

    [Name(200)]
    public required string Name { get; init; }

    [StringLength(2_000)]
    public string? Description { get; init; }

    [FreeObject]
    public RawJson Metadata { get; init; } = RawJson.EmptyObject;

    public static UserTypeForm Of(UserType type) => new()
    {
        TypeId = type.TypeId,
        Name = type.Name,
        Description = type.Description,
        Metadata = type.Metadata,
    };
}

/// <summary>A user type, as it is answered.</summary>
internal sealed record UserTypeResponse(
    string Id,
    string ClientId,
    string TypeId,
    string Name,
    string? Description,
    RawJson Metadata,
    long Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt) : IVersioned
{
    public static UserTypeResponse From(UserType type) => new(
        type.Id, type.ClientId, type.TypeId, type.Name, type.Description, type.Metadata, type.Version, type.CreatedAt, type.UpdatedAt);
}

/// <summary>The kinds of people that a client's chats know.</summary>
internal static class UserTypeEndpoints
{
    public static void MapUserTypes(this IEndpointRouteBuilder api)
    {
        var types = api.MapGroup($"{ClientRoute.Pattern}/user-types").WithTags("User types").RequireScope(Scopes.ClientAdmin);
        types.MapPost("", CreateAsync).WithName("CreateUserType").WithSummary("Adds a user type");
        types.MapGet("", ListAsync).WithName("ListUserTypes").WithSummary("Lists a client's user types");
        types.MapGet("/{type}", GetAsync).WithName("GetUserType").WithSummary("Reads a user type");
        types.MapPatch("/{type}", UpdateAsync).WithName("UpdateUserType").WithSummary("Changes a user type");
        types.MapDelete("/{type}", DeleteAsync).WithName("DeleteUserType").WithSummary("Deletes a user type");
    }

    private static async Task<Created<UserTypeResponse>> CreateAsync(
        ClientRoute route, Body<UserTypeForm> body, UserTypes types, RequestCommits commits, CancellationToken ct)
    {
        var type = await types.CreateAsync(commits, route, body.Value, ct);
        return TypedResults.Created($"/api/v1/clients/{type.ClientId}/user-types/{type.Id}", type);
    }

    private static async Task<Ok<PageResponse<UserTypeResponse>>> ListAsync(ClientRoute route, PageRequest page, CancellationToken ct) =>
        TypedResults.Ok(PageResponse.From(
            await route.Caller.Documents.PageAsync(page.Sort(Query.Of<UserType>()), page.Cursor, page.Limit, ct), UserTypeResponse.From));

    private static async Task<Ok<UserTypeResponse>> GetAsync(ClientRoute route, string type, CancellationToken ct) =>
        TypedResults.Ok(UserTypeResponse.From(
            await route.Caller.Documents.FindAsync<UserType>(type, ct) ?? throw ApiException.NotFound()));

    private static async Task<Ok<UserTypeResponse>> UpdateAsync(
        ClientRoute route, string type, MergePatch<UserTypeForm> patch, IfMatch ifMatch, UserTypes types, CancellationToken ct) =>
        TypedResults.Ok(await types.UpdateAsync(route, type, patch, ifMatch, ct));

    private static async Task<NoContent> DeleteAsync(
        ClientRoute route, string type, IfMatch ifMatch, UserTypes types, CancellationToken ct)
    {
        await types.DeleteAsync(route, type, ifMatch, ct);
        return TypedResults.NoContent();
    }
}
