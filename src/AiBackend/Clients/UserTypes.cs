using AiBackend.Documents;
using AiBackend.Http;

namespace AiBackend.Clients;

/// <summary>Makes, changes and deletes user types.</summary>
internal sealed class UserTypes(AuditLog audit, Ids ids, TimeProvider clock)
{
    private const string Taken = "The client has a user type with the same type_id.";

    public async Task<UserTypeResponse> CreateAsync(RequestCommits commits, ClientRoute route, UserTypeForm form, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var type = new UserType
        {
            Id = ids.New("uty"),
            ClientId = route.Client.Id,
            TypeId = form.TypeId,
            Name = form.Name,
            Description = form.Description,
            Metadata = form.Metadata,
            CreatedAt = now,
            UpdatedAt = now,
        };
        try
        {
            return await commits.CommitAsync(
                route.Caller,
                StatusCodes.Status201Created,
                async transaction =>
                {
                    await transaction.InsertAsync(type);
                    await audit.AppendAsync(transaction.AcrossTenants, route.By, type.ClientId, "user_type.created", type.Id);
                    return UserTypeResponse.From(type with { Version = 1 });
                },
                ct);
        }
        catch (DuplicateKeyException)
        {
            throw ApiException.Conflict(Taken);
        }
    }

    public async Task<UserTypeResponse> UpdateAsync(
        ClientRoute route, string id, MergePatch<UserTypeForm> patch, IfMatch ifMatch, CancellationToken ct)
    {
        try
        {
            return await route.Caller.Documents.CommitAsync(
                async transaction =>
                {
                    UserType? before = null;
                    var stored = await transaction.UpdateAsync<UserType>(id, current => Changed(before = current, patch, ifMatch))
                        ?? throw ApiException.NotFound();
                    if (!ReferenceEquals(stored, before))
                    {
                        await audit.AppendAsync(transaction.AcrossTenants, route.By, route.Client.Id, "user_type.updated", id);
                    }

                    return UserTypeResponse.From(stored);
                },
                ct);
        }
        catch (DuplicateKeyException)
        {
            throw ApiException.Conflict(Taken);
        }
    }

    public Task DeleteAsync(ClientRoute route, string id, IfMatch ifMatch, CancellationToken ct) =>
        route.Caller.Documents.CommitAsync(
            async transaction =>
            {
                var found = await transaction.FindAsync<UserType>(id) ?? throw ApiException.NotFound();
                ifMatch.Require(found.Version);
                await transaction.DeleteAsync<UserType>(id);
                await audit.AppendAsync(transaction.AcrossTenants, route.By, route.Client.Id, "user_type.deleted", id);
            },
            ct);

    private UserType Changed(UserType current, MergePatch<UserTypeForm> patch, IfMatch ifMatch)
    {
        ifMatch.Require(current.Version);
        if (!patch.Changes(UserTypeForm.Of(current), out var form))
        {
            return current;
        }

        return current with
        {
            TypeId = form.TypeId,
            Name = form.Name,
            Description = form.Description,
            Metadata = form.Metadata,
            UpdatedAt = clock.GetUtcNow(),
        };
    }
}
