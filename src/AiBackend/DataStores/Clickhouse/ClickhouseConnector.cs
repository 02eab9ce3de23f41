using System.Data.Common;
using System.Globalization;
using System.Net;
using System.Security.Authentication;
using ClickHouse.Driver;
using ClickHouse.Driver.ADO.Parameters;

namespace AiBackend.DataStores.Clickhouse;

/// <summary>Reads ClickHouse, over its HTTP interface.</summary>
internal sealed class ClickhouseConnector(DataGuard guard, DataOptions options) : SqlConnector(options), IDisposable
{
    private const string Server = "ClickHouse's HTTP interface";

    private readonly SourceCache<ClickhouseSource> sources = new();

    public override StoreKind Kind => StoreKind.Clickhouse;

    // It understands them, but its indexes do not.
    protected override bool ComparesRows => false;

    public static int PortOf(ConnectionTarget target) => target.Port ?? (target.Tls == TlsMode.Disable ? 8123 : 8443);

    public void Dispose() => sources.Dispose();

    protected override async Task<DbConnection> ConnectAsync(ConnectionTarget target, CancellationToken ct) =>
        await FirstAsync(target, await guard.ResolveAsync(target, ct), async address => await Source(target, address).ConnectAsync(ct));

    protected override ConnectionException? Explain(Exception error, ConnectionTarget target)
    {
        target = target with { Port = PortOf(target) };
        return error switch
        {
            // What has no code is not from a ClickHouse, or from its port for another protocol.
            ClickHouseServerException refused => refused.Message.StartsWith("Code:", StringComparison.Ordinal)
                ? Explain(refused, target)
                : ConnectionProblem.NotSpoken(target, Server, error),
            HttpRequestException { InnerException: AuthenticationException tls } =>
                tls is CertificateRefusedException or { InnerException: CertificateRefusedException }
                    ? ConnectionProblem.TlsInvalid(target, error)
                    : ConnectionProblem.TlsRefused(target, error),
            HttpRequestException when ConnectionProblem.OfNetwork(error, target, Server) is { } network => network,
            HttpRequestException or InvalidDataException or EndOfStreamException => ConnectionProblem.NotSpoken(target, Server, error),
            _ => ConnectionProblem.OfNetwork(error, target, Server),
        };
    }

    protected override async Task<ConnectionReport> TestAsync(DbConnection connection, ConnectionTarget target, CancellationToken ct)
    {
        var versions = await connection.QueryAsync("SELECT version()", reader => reader.GetString(0), ct);
        var databases = await connection.QueryAsync("SELECT name FROM system.databases", reader => reader.GetString(0), ct);
        return target.Schemas.FirstOrDefault(schema => !databases.Contains(schema)) is { } missing
            ? throw ConnectionProblem.UnknownSchema(missing)
            : new ConnectionReport($"ClickHouse {versions[0]}");
    }

    protected override Task<DatabaseSchema> ReadSchemaAsync(DbConnection connection, ConnectionTarget target, CancellationToken ct) =>
        ClickhouseSchema.ReadAsync(connection, target, ct);

    protected override string Quote(string identifier) =>
        $"`{identifier.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("`", @"\`", StringComparison.Ordinal)}`";

    protected override string AsText(string quoted) => $"toString({quoted})";

    protected override string AsText(ColumnSchema column, string quoted) => ClickhouseTypes.AsText(column.Type, quoted);

    protected override string AsKey(ColumnSchema column, string quoted) => ClickhouseTypes.AsKey(column.Type, quoted);

    protected override string AsParameter(ColumnSchema column, int number) =>
        ClickhouseTypes.AsParameter(column.Type, string.Create(CultureInfo.InvariantCulture, $"{{p{number}:String}}"));

    protected override void AddParameter(DbCommand command, ColumnSchema column, int number, string text) =>
        command.Parameters.Add(new ClickHouseDbParameter { ParameterName = $"p{number}", Value = text });

    private ConnectionException Explain(ClickHouseServerException refused, ConnectionTarget target) => refused.ErrorCode switch
    {
        192 or 193 or 194 or 516 => ConnectionProblem.BadCredentials(target, refused), // user, password, none given, any of them
        81 => ConnectionProblem.UnknownDatabase(target, refused),

        // To set, from this address, of a database, over limits, of a table.
        164 or 195 or 291 or 452 or 497 => ConnectionProblem.NoRights(target, Words(refused), refused),
        159 or 160 or 394 => ConnectionProblem.StatementTimedOut(Options.StatementLimit, refused), // time is up, will be, ended
        202 or 439 => ConnectionProblem.Busy(target, refused), // too many statements, no threads
        16 or 47 or 60 => ConnectionProblem.Changed(Words(refused)), // no such column, name, table
        _ => ConnectionProblem.Failed(target, Words(refused), refused),
    };

    // Without the code before and the version behind.
    private static string Words(ClickHouseServerException refused)
    {
        var text = refused.Message;
        var start = text.IndexOf("DB::Exception: ", StringComparison.Ordinal);
        var end = text.LastIndexOf(" (version ", StringComparison.Ordinal);
        return text[(start < 0 ? 0 : start + "DB::Exception: ".Length)..(end > start ? end : text.Length)];
    }

    private ClickhouseSource Source(ConnectionTarget target, IPAddress address) =>
        sources.Get(target, address, () => new ClickhouseSource(target, address, Options.StatementLimit));
}
