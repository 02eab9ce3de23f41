namespace AiBackend.Http;

/// <summary>Who may use a route. Every route under <c>/api/v1</c> declares one.</summary>
/// <param name="Kind">Whose key is asked for.</param>
/// <param name="Scope">What a client's key must be allowed to do; the admin key may do everything.</param>
internal sealed record Access(AccessKind Kind, string? Scope = null)
{
    /// <summary>What holds for a route that has forgotten to declare: the most narrow.</summary>
    public static Access Undeclared { get; } = new(AccessKind.Admin);
}

/// <summary>Whose key a route asks for.</summary>
internal enum AccessKind
{
    /// <summary>Nobody's.</summary>
    Keyless,

    /// <summary>A client's, with the scope if one is named, or the admin's.</summary>
    Key,

    /// <summary>The admin's.</summary>
    Admin,
}

/// <summary>The route works on one client's data: an admin must say whose (<c>X-Client-Id</c>).</summary>
internal sealed record TenantRoute;

/// <summary>Declares the access of routes.</summary>
internal static class AccessExtensions
{
    /// <summary>For keys with this scope (see <see cref="Scopes"/>), and the admin key.</summary>
    public static TBuilder RequireScope<TBuilder>(this TBuilder builder, string scope)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new Access(AccessKind.Key, scope));

    /// <summary>For any valid key; the handler asks for the scope that the thing itself needs (<see cref="Caller.Require"/>).</summary>
    public static TBuilder RequireAnyKey<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new Access(AccessKind.Key));

    /// <summary>For the admin key alone.</summary>
    public static TBuilder RequireAdmin<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new Access(AccessKind.Admin));

    /// <summary>For everybody; the route finds out by other means who is there, if it needs to.</summary>
    public static TBuilder AllowKeyless<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new Access(AccessKind.Keyless));
}
