using System.Data.Common;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using MySqlConnector;

namespace AiBackend.DataStores.Mysql;

/// <summary>Reads MySQL and MariaDB.</summary>
internal sealed class MysqlConnector(DataGuard guard, DataOptions options) : SqlConnector(options), IDisposable
{
    private const int UsualPort = 3306;

    private readonly SourceCache<MySqlDataSource> sources = new();

    public override StoreKind Kind => StoreKind.Mysql;

    protected override bool ComparesRows => false;

    public void Dispose() => sources.Dispose();

    protected override async Task<DbConnection> ConnectAsync(ConnectionTarget target, CancellationToken ct) =>
        await FirstAsync(target, await guard.ResolveAsync(target, ct), async address =>
        {
            var connection = Source(target, address).CreateConnection();
            try
            {
                await connection.OpenAsync(ct);
                await connection.ExecuteAsync(Begin(connection.ServerVersion), ct);
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
            MySqlException { ErrorCode: > 0 and not MySqlErrorCode.UnableToConnectToHost } refused => Explain(refused, target),
            MySqlProtocolException => ConnectionProblem.NotSpoken(target, "MySQL", error),
            _ when ConnectionProblem.OfNetwork(error, target, "MySQL") is { } network => network,

            // For these the driver has a text only.
            MySqlException when error.Message.Contains("SSL", StringComparison.Ordinal) => ConnectionProblem.TlsRefused(target, error),
            MySqlException when error.Message.Contains("Timeout", StringComparison.Ordinal) => ConnectionProblem.ConnectTimedOut(target, error),
            MySqlException { ErrorCode: MySqlErrorCode.UnableToConnectToHost } => ConnectionProblem.Unreachable(target, "MySQL", error),
            MySqlException => ConnectionProblem.NotSpoken(target, "MySQL", error),
            _ => null,
        };
    }

    protected override async Task<ConnectionReport> TestAsync(DbConnection connection, ConnectionTarget target, CancellationToken ct)
    {
        var names = await connection.QueryAsync("SELECT schema_name FROM information_schema.schemata", reader => reader.GetString(0), ct);
        return target.Schemas.FirstOrDefault(schema => !names.Contains(schema)) is { } missing
            ? throw ConnectionProblem.UnknownSchema(missing)
            : new ConnectionReport(VersionOf(connection.ServerVersion));
    }

    protected override Task<DatabaseSchema> ReadSchemaAsync(DbConnection connection, ConnectionTarget target, CancellationToken ct) =>
        MysqlSchema.ReadAsync((MySqlConnection)connection, target, ct);

    protected override string Quote(string identifier) => $"`{identifier.Replace("`", "``", StringComparison.Ordinal)}`";

    protected override string AsText(string quoted) => $"CAST({quoted} AS CHAR)";

    protected override string AsText(ColumnSchema column, string quoted) => MysqlTypes.AsText(column.Type, quoted);

    protected override string AsKey(ColumnSchema column, string quoted) => MysqlTypes.AsKey(column.Type, quoted);

    protected override string AsParameter(ColumnSchema column, int number) => MysqlTypes.AsParameter(column.Type, $"@p{number}");

    protected override void AddParameter(DbCommand command, ColumnSchema column, int number, string text) =>
        command.Parameters.Add(new MySqlParameter($"@p{number}", text));

    protected override string? ToText(ColumnSchema column, string value) => column.Kind switch
    {
        ColumnKind.Boolean => value == "0" ? "false" : "true",

        // A day that there is not stands for none.
        ColumnKind.Date or ColumnKind.Time when value.StartsWith("0000-00-00", StringComparison.Ordinal) => null,
        _ => base.ToText(column, value),
    };

    // MariaDB goes by an old number of MySQL's first.
    private static string VersionOf(string version) => IsMariaDb(version)
        ? $"MariaDB {(version.StartsWith("5.5.5-", StringComparison.Ordinal) ? version[6..] : version)}"
        : $"MySQL {version}";

    private static bool IsMariaDb(string version) => version.Contains("MariaDB", StringComparison.OrdinalIgnoreCase);

    private ConnectionException Explain(MySqlException refused, ConnectionTarget target) => refused.Number switch
    {
        1045 or 1698 => target.Tls == TlsMode.Disable // access denied
            ? ConnectionProblem.BadCredentialsOrTls(target, refused)
            : ConnectionProblem.BadCredentials(target, refused),
        1049 => ConnectionProblem.UnknownDatabase(target, refused),
        1044 or 1130 or 1142 or 1143 or 1227 or 1370 => ConnectionProblem.NoRights(target, refused.Message, refused), // of database, host, table, column, act, routine
        3159 => ConnectionProblem.TlsRequired(target, refused),
        1969 or 3024 or 1317 => ConnectionProblem.StatementTimedOut(Options.StatementLimit, refused), // MariaDB's, MySQL's, interrupted
        1040 or 1053 or 1203 or 1226 => ConnectionProblem.Busy(target, refused), // full, stopping, too many of the user
        1146 or 1054 => ConnectionProblem.Changed(refused.Message), // no such table, column
        _ => ConnectionProblem.Failed(target, refused.Message, refused),
    };

    // Without a mode of the server's own, so that quoting, grouping and padding are as expected.
    private string Begin(string version)
    {
        var milliseconds = Options.StatementLimit.TotalMilliseconds;
        var limit = IsMariaDb(version)
            ? $"max_statement_time = {(milliseconds / 1_000).ToString(CultureInfo.InvariantCulture)}"
            : $"max_execution_time = {((long)milliseconds).ToString(CultureInfo.InvariantCulture)}";
        return $"SET SESSION TRANSACTION READ ONLY; SET SESSION sql_mode = '', time_zone = '+00:00', {limit}";
    }

    private MySqlDataSource Source(ConnectionTarget target, IPAddress address) => sources.Get(target, address, () =>
    {
        var builder = new MySqlDataSourceBuilder(new MySqlConnectionStringBuilder
        {
            Server = address.ToString(),
            Port = (uint)(target.Port ?? UsualPort),
            Database = target.Database ?? string.Empty,
            UserID = target.Username ?? string.Empty,
            Password = target.Password ?? string.Empty,
            SslMode = target.Tls == TlsMode.Disable ? MySqlSslMode.Disabled : MySqlSslMode.Required,
            ConnectionProtocol = MySqlConnectionProtocol.Tcp,

            // Later than the limit that is kept around it: the driver's own reads like a server that is not there.
            ConnectionTimeout = (uint)Math.Ceiling(Options.ConnectLimit.TotalSeconds) + 5,
            DefaultCommandTimeout = 0,
            CancellationTimeout = 1,
            MaximumPoolSize = 8,
            ConnectionIdleTimeout = 10,
            AllowLoadLocalInfile = false,
            ServerRedirectionMode = MySqlServerRedirectionMode.Disabled,

            // For the passwords of MySQL 8, which otherwise need encryption: who turned that off has no secret line anyway.
            AllowPublicKeyRetrieval = target.Tls == TlsMode.Disable,
            AllowUserVariables = false,
            AllowZeroDateTime = true,
            GuidFormat = MySqlGuidFormat.None,
            AutoEnlist = false,
            ApplicationName = "ai-backend",
        }.ConnectionString);
        if (target.Tls == TlsMode.Verify)
        {
            // The driver knows the address only; the certificate must be the host's.
            builder.UseRemoteCertificateValidationCallback((_, certificate, _, errors) =>
                (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None
                && certificate is X509Certificate2 known && known.MatchesHostname(target.Host!, allowWildcards: true, allowCommonName: false));
        }

        return builder.Build();
    });
}
