using System.Data.Common;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Npgsql;
using NpgsqlTypes;

namespace AiBackend.DataStores.Postgres;

/// <summary>
/// Reads PostgreSQL. All is asked within a read-only transaction with settings of its own, which holds behind poolers of connections too.
/// </summary>
internal sealed class PostgresConnector(DataGuard guard, DataOptions options) : SqlConnector(options), IDisposable
{
    private const int UsualPort = 5432;

    private readonly SourceCache<NpgsqlDataSource> sources = new();

    public override StoreKind Kind => StoreKind.Postgres;

    public void Dispose() => sources.Dispose();

    protected override async Task<DbConnection> ConnectAsync(ConnectionTarget target, CancellationToken ct) =>
        await FirstAsync(target, await guard.ResolveAsync(target, ct), async address =>
        {
            var connection = Source(target, address).CreateConnection();
            try
            {
                await connection.OpenAsync(ct);
                await connection.ExecuteAsync(Begin(), ct);
                return connection;
            }
            catch (Exception)
            {
                await connection.DisposeAsync();
                throw;
            }
        });

    protected override ConnectionException? Explain(Exception error, ConnectionTarget target)
    {
        target = target with { Port = target.Port ?? UsualPort };
        return error switch
        {
            PostgresException refused => Explain(refused, target),

            // For these the driver has a text only: the server wants a password, or said no to the request for TLS.
            NpgsqlException { InnerException: null } when string.IsNullOrEmpty(target.Password) && error.Message.Contains("password", StringComparison.Ordinal) =>
                ConnectionProblem.BadCredentials(target, error),
            NpgsqlException { InnerException: null } when error.Message.Contains("SSL", StringComparison.Ordinal) => ConnectionProblem.TlsRefused(target, error),
            NpgsqlException => ConnectionProblem.OfNetwork(error, target, "PostgreSQL") ?? ConnectionProblem.Failed(target, error.Message, error),
            _ => ConnectionProblem.OfNetwork(error, target, "PostgreSQL"),
        };
    }

    protected override async Task<ConnectionReport> TestAsync(DbConnection connection, ConnectionTarget target, CancellationToken ct)
    {
        var usable = await connection.QueryAsync(
            "SELECT nspname::text FROM pg_namespace WHERE has_schema_privilege(oid, 'USAGE')", reader => reader.GetString(0), ct);
        return target.Schemas.FirstOrDefault(schema => !usable.Contains(schema)) is { } missing
            ? throw ConnectionProblem.UnknownSchema(missing)
            : new ConnectionReport($"PostgreSQL {connection.ServerVersion}");
    }

    protected override Task<DatabaseSchema> ReadSchemaAsync(DbConnection connection, ConnectionTarget target, CancellationToken ct) =>
        PostgresSchema.ReadAsync((NpgsqlConnection)connection, target.Schemas, ct);

    protected override string Quote(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    protected override string AsText(string quoted) => $"{quoted}::text";

    // Money is written by the server's customs of the place.
    protected override string AsText(ColumnSchema column, string quoted) => IsMoney(column) ? $"{quoted}::numeric::text" : $"{quoted}::text";

    // The operators of a type that was added lie in a schema of its own, and need not agree with its order.
    protected override string AsKey(ColumnSchema column, string quoted) =>
        PostgresTypes.OfSystem(column.Type) is null ? $"({quoted}::text COLLATE \"C\")" : quoted;

    // Without a type of its own a parameter takes that of the column which it is compared with.
    protected override string AsParameter(ColumnSchema column, int number) => IsMoney(column) ? $"${number}::text::numeric::money" : $"${number}";

    protected override void AddParameter(DbCommand command, ColumnSchema column, int number, string text) =>
        command.Parameters.Add(new NpgsqlParameter { Value = text, NpgsqlDbType = IsMoney(column) ? NpgsqlDbType.Text : NpgsqlDbType.Unknown });

    private static bool IsMoney(ColumnSchema column) => column.Type == "money";

    private ConnectionException Explain(PostgresException refused, ConnectionTarget target) => refused.SqlState switch
    {
        PostgresErrorCodes.InvalidPassword => ConnectionProblem.BadCredentials(target, refused),

        // pg_hba.conf has no line for this user, database, address and encryption.
        PostgresErrorCodes.InvalidAuthorizationSpecification when refused.Routine == "ClientAuthentication" => target.Tls == TlsMode.Disable
            ? ConnectionProblem.TlsRequired(target, refused)
            : ConnectionProblem.NoRights(target, refused.MessageText, refused),
        PostgresErrorCodes.InvalidAuthorizationSpecification => ConnectionProblem.BadCredentials(target, refused),
        PostgresErrorCodes.InvalidCatalogName => ConnectionProblem.UnknownDatabase(target, refused),
        PostgresErrorCodes.InsufficientPrivilege => ConnectionProblem.NoRights(target, refused.MessageText, refused),
        PostgresErrorCodes.QueryCanceled => ConnectionProblem.StatementTimedOut(Options.StatementLimit, refused),
        PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.AdminShutdown =>
            ConnectionProblem.Busy(target, refused),
        PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn => ConnectionProblem.Changed(refused.MessageText),
        _ => ConnectionProblem.Failed(target, refused.MessageText, refused),
    };

    private string Begin() =>
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = pg_catalog; SET LOCAL TimeZone = 'UTC'; "
        + "SET LOCAL DateStyle = 'ISO'; SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1; "
        + $"SET LOCAL statement_timeout = {((long)Options.StatementLimit.TotalMilliseconds).ToString(CultureInfo.InvariantCulture)}";

    private NpgsqlDataSource Source(ConnectionTarget target, IPAddress address) => sources.Get(target, address, () =>
    {
        var builder = new NpgsqlDataSourceBuilder(new NpgsqlConnectionStringBuilder
        {
            Host = address.ToString(),
            Port = target.Port ?? UsualPort,
            Database = target.Database,
            Username = target.Username,
            SslMode = target.Tls switch
            {
                TlsMode.Disable => SslMode.Disable,
                TlsMode.Require => SslMode.Require,
                TlsMode.Verify => SslMode.VerifyFull,
                _ => throw new ArgumentOutOfRangeException(nameof(target)),
            },
            GssEncryptionMode = GssEncryptionMode.Disable,
            Timeout = (int)Math.Ceiling(Options.ConnectLimit.TotalSeconds),
            CommandTimeout = 0,
            CancellationTimeout = 500,
            MaxPoolSize = 8,
            ConnectionIdleLifetime = 10,
            ConnectionPruningInterval = 5,
            ApplicationName = "ai-backend",
            Enlist = false,
        }.ConnectionString);

        // Given this way, and when there is none too, so that the driver does not look for a password of the operator's own.
        builder.UsePasswordProvider(_ => target.Password ?? string.Empty, (_, _) => ValueTask.FromResult(target.Password ?? string.Empty));
        builder.UseSslClientAuthenticationOptionsCallback(tls =>
        {
            // The driver knows the address only. Nothing is fetched from where the server's certificate points to.
            tls.TargetHost = target.Host;
            tls.CertificateChainPolicy = new X509ChainPolicy { DisableCertificateDownloads = true, RevocationMode = X509RevocationMode.NoCheck };
        });
        return builder.Build();
    });
}
