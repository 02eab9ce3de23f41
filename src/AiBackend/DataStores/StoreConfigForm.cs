using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using AiBackend.Clients;
using AiBackend.Http;

namespace AiBackend.DataStores;

/// <summary>
/// How a store is reached. Fields by kind: postgres, mysql and clickhouse take host, port, database, username, password, schemas and tls; sqlite
/// and duckdb path; mongodb uri and database; qdrant and weaviate url, api_key, collection and text_field. Others are refused.
/// </summary>
internal sealed record StoreConfigForm
{
    /// <summary>A name in ASCII or an address.</summary>
    [Name(253)]
    [HostName]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Host { get; init; }

    /// <summary>By default the kind's usual one.</summary>
    [Range(1, 65_535)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Port { get; init; }

    [Name(255)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Database { get; init; }

    [Name(255)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Username { get; init; }

    /// <summary>Never shown: answers have <c>***</c> in its place, which, sent back, keeps what is there.</summary>
    [StringLength(4_096, MinimumLength = 1)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Password { get; init; }

    /// <summary>The schemas that are looked at; empty: all but the system's.</summary>
    [Entries(100, MaxTextLength = 255)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Schemas { get; init; }

    /// <summary>disable by default.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TlsMode? Tls { get; init; }

    /// <summary>The file, by its full path, within a folder that the operator allows.</summary>
    [Name(4_096)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Path { get; init; }

    /// <summary>A connection string, mongodb://… or mongodb+srv://…; never shown, as it holds the password.</summary>
    [StringLength(8_192, MinimumLength = 1)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Uri { get; init; }

    /// <summary>The root of the vector store's API.</summary>
    [WebAddress(IsConnectedTo = true)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Url { get; init; }

    /// <summary>Never shown, as the password.</summary>
    [StringLength(4_096, MinimumLength = 1)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ApiKey { get; init; }

    /// <summary>The collection of the vector store; in Weaviate its class.</summary>
    [Name(255)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Collection { get; init; }

    /// <summary>The payload field or property that holds the text of a point.</summary>
    [Name(255)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TextField { get; init; }

    /// <summary>The one secret that the kind has; null without.</summary>
    public string? SecretOf(StoreKind kind) => kind switch
    {
        _ when kind.IsServer() => Password,
        _ when kind.IsVector() => ApiKey,
        StoreKind.Mongodb => Uri,
        _ => null,
    };

    /// <summary>As a store shows it: its secret hidden.</summary>
    public static StoreConfigForm Of(DataStore store)
    {
        var (config, hidden) = (store.Config, store.Secret is null ? null : SealedSecrets.Mask);
        return new StoreConfigForm
        {
            Host = config.Host,
            Port = config.Port,
            Database = config.Database,
            Username = config.Username,
            Password = store.Kind.IsServer() ? hidden : null,
            Schemas = store.Kind.IsServer() ? config.Schemas : null,
            Tls = config.Tls,
            Path = config.Path,
            Uri = store.Kind == StoreKind.Mongodb ? hidden : null,
            Url = config.Url,
            ApiKey = store.Kind.IsVector() ? hidden : null,
            Collection = config.Collection,
            TextField = config.TextField,
        };
    }

    /// <summary>As it is stored: without the secret, with what is usual in the place of what is not said.</summary>
    public StoreConfig ToConfig(StoreKind kind)
    {
        TlsMode? tls = kind.IsServer() ? Tls ?? TlsMode.Disable : null;
        return new StoreConfig
        {
            Host = Host,
            Port = tls is { } mode ? Port ?? kind.UsualPort(mode) : null,
            Database = Database,
            Username = Username,
            Schemas = Schemas ?? [],
            Tls = tls,
            Path = Path,
            Url = Url,
            Collection = Collection,
            TextField = TextField,
        };
    }
}

/// <summary>A host name in ASCII, or an IP address: nothing in which a driver finds a list, a port or a path.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class HostNameAttribute : ValidationAttribute
{
    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext) =>
        value is not string text || (System.Text.Ascii.IsValid(text) && Uri.CheckHostName(text) != UriHostNameType.Unknown)
            ? ValidationResult.Success
            : new ValidationResult("The name or address of one host is expected, without port; letters beyond ASCII are written as xn--….");
}
