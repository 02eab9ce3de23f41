using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using AiBackend.Clients;
using AiBackend.Http;

namespace AiBackend.DataStores.Servers;

/// <summary>What an admin says of a database server.</summary>
internal sealed record ServerForm : IValidatableObject
{
    private static readonly string[] ServerFields = ["host", "port", "database", "username", "password", "tls"];
    private static readonly string[] ServerRequired = ["host", "username"];

    /// <summary>None of the vector stores.</summary>
    public required StoreKind Kind { get; init; }

    [Name(200)]
    public string? Name { get; init; }

    public required ServerConfigForm Config { get; init; }

    /// <summary>For which client; null: for all.</summary>
    public string? ClientId { get; init; }

    /// <summary>Whether databases of this kind are made here: one default for all clients, and one for each client.</summary>
    [NotCleared]
    public bool IsDefault { get; init; }

    public static ServerForm Of(DatabaseServer server) => new()
    {
        Kind = server.Kind,
        Name = server.Name,
        Config = ServerConfigForm.Of(server),
        ClientId = server.ClientId,
        IsDefault = server.DefaultFor is not null,
    };

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Kind.IsVector())
        {
            return [new ValidationResult("Databases are not made in vector stores.", [nameof(Kind)])];
        }

        if (Config is null)
        {
            return [];
        }

        var (fields, required) = Kind.IsServer() ? (ServerFields, ServerRequired) : Kind.IsFile() ? (["path"], ["path"]) : (new[] { "uri" }, new[] { "uri" });
        return StoreFields.Check(
            Kind,
            fields,
            required,
            [
                ("host", Config.Host is not null),
                ("port", Config.Port is not null),
                ("database", Config.Database is not null),
                ("username", Config.Username is not null),
                ("password", Config.Password is not null),
                ("tls", Config.Tls is not null),
                ("path", Config.Path is not null),
                ("uri", Config.Uri is not null),
            ]).Concat(PathErrors());
    }

    private IEnumerable<ValidationResult> PathErrors()
    {
        if (Config.Path is { } path && !Path.IsPathFullyQualified(path))
        {
            yield return new ValidationResult("The full path of a folder is expected.", ["config.path"]);
        }
    }
}

/// <summary>
/// Where a server is. postgres, mysql and clickhouse take host, port, database (the one to connect to), username, password and tls; sqlite and
/// duckdb path, a folder; mongodb uri.
/// </summary>
internal sealed record ServerConfigForm
{
    [Name(253)]
    [HostName]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Host { get; init; }

    /// <summary>By default the kind's usual one.</summary>
    [Range(1, 65_535)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Port { get; init; }

    /// <summary>The database that the user connects to; by default the kind's usual one.</summary>
    [Name(255)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Database { get; init; }

    /// <summary>A user who may make databases and users.</summary>
    [Name(255)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Username { get; init; }

    /// <summary>Never shown: answers have <c>***</c> in its place, which, sent back, keeps what is there.</summary>
    [StringLength(4_096, MinimumLength = 1)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Password { get; init; }

    /// <summary>disable by default.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TlsMode? Tls { get; init; }

    /// <summary>The folder in which files are made, by its full path.</summary>
    [Name(4_000)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Path { get; init; }

    /// <summary>A connection string; never shown.</summary>
    [StringLength(8_192, MinimumLength = 1)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Uri { get; init; }

    /// <summary>The one secret that the kind has; null without.</summary>
    public string? SecretOf(StoreKind kind) => kind.IsServer() ? Password : kind == StoreKind.Mongodb ? Uri : null;

    /// <summary>As a server shows it: its secret hidden.</summary>
    public static ServerConfigForm Of(DatabaseServer server)
    {
        var (config, hidden) = (server.Config, server.Secret is null ? null : SealedSecrets.Mask);
        return new ServerConfigForm
        {
            Host = config.Host,
            Port = config.Port,
            Database = config.Database,
            Username = config.Username,
            Password = server.Kind.IsServer() ? hidden : null,
            Tls = config.Tls,
            Path = config.Path,
            Uri = server.Kind == StoreKind.Mongodb ? hidden : null,
        };
    }

    /// <summary>As it is stored: without the secret, with what is usual in the place of what is not said.</summary>
    public ServerConfig ToConfig(StoreKind kind)
    {
        TlsMode? tls = kind.IsServer() ? Tls ?? TlsMode.Disable : null;
        return new ServerConfig
        {
            Host = Host,
            Port = tls is { } mode ? Port ?? kind.UsualPort(mode) : null,
            Database = Database,
            Username = Username,
            Tls = tls,
            Path = Path,
        };
    }
}

/// <summary>A database server, as it is answered.</summary>
/// <param name="Config">Without secrets.</param>
/// <param name="ClientId">For whom; null for all clients.</param>
internal sealed record ServerResponse(
    string Id,
    StoreKind Kind,
    string? Name,
    ServerConfigForm Config,
    string? ClientId,
    bool IsDefault,
    long Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt) : IVersioned
{
    public static ServerResponse From(DatabaseServer server) => new(
        server.Id,
        server.Kind,
        server.Name,
        ServerConfigForm.Of(server),
        server.ClientId,
        server.DefaultFor is not null,
        server.Version,
        server.CreatedAt,
        server.UpdatedAt);
}
