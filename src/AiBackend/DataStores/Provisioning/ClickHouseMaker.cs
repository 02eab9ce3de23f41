using System.Security.Cryptography;
using System.Text;
using AiBackend.Events;

namespace AiBackend.DataStores.Provisioning;

/// <summary>Makes databases in ClickHouse, over its HTTP interface. Passwords are sent as hashes.</summary>
internal sealed class ClickHouseMaker : IDatabaseMaker, IDisposable
{
    private const int LongestError = 300;
    private static readonly TimeSpan StatementLimit = TimeSpan.FromSeconds(30);

    // The address is the operator's, so nothing is guarded but redirects.
    private readonly Lazy<HttpClient> http = new(() => new HttpClient(new NetworkGuard(allowsPrivateNetworks: true).CreateHandler()) { Timeout = StatementLimit });

    private readonly Lazy<HttpClient> httpUnverified = new(() =>
    {
        var handler = new NetworkGuard(allowsPrivateNetworks: true).CreateHandler();
#pragma warning disable CA5359 // tls: require means just that: encrypted, to whatever certificate.
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        return new HttpClient(handler) { Timeout = StatementLimit };
    });

    public StoreKind Kind => StoreKind.Clickhouse;

    public bool HasLogins => true;

    public StoreConfig ConfigOf(ConnectionTarget server, DatabaseNames names) => new()
    {
        Host = server.Host,
        Port = server.Port,
        Database = names.Database,
        Username = names.Reader,
        Tls = server.Tls,
    };

    public IReadOnlyList<MakingStep> Create(ConnectionTarget server, DatabaseNames names, NewPasswords passwords)
    {
        var (database, owner, reader) = (Quoted(names.Database), Quoted(names.Owner), Quoted(names.Reader));
        return
        [
            Step("database", server, $"CREATE DATABASE {database}"),
            Step("owner", server, $"CREATE USER {owner} IDENTIFIED WITH sha256_hash BY '{HashOf(passwords.Owner)}' DEFAULT DATABASE {database}"),
            Step("reader", server, $"CREATE USER {reader} IDENTIFIED WITH sha256_hash BY '{HashOf(passwords.Reader)}' DEFAULT DATABASE {database}"),
            Step(
                "owner's rights",
                server,
                $"GRANT SHOW, SELECT, INSERT, ALTER, CREATE TABLE, CREATE VIEW, CREATE DICTIONARY, DROP TABLE, DROP VIEW, DROP DICTIONARY, TRUNCATE, OPTIMIZE, dictGet ON {database}.* TO {owner}"),
            Step("reader's rights", server, $"GRANT SHOW, SELECT, dictGet ON {database}.* TO {reader}"),
        ];
    }

    public IReadOnlyList<MakingStep> Rotate(ConnectionTarget server, DatabaseNames names, string? owner, string reader)
    {
        var change = Step("reader's password", server, $"ALTER USER {Quoted(names.Reader)} IDENTIFIED WITH sha256_hash BY '{HashOf(reader)}'");
        return owner is null
            ? [change]
            : [change, Step("owner's password", server, $"ALTER USER {Quoted(names.Owner)} IDENTIFIED WITH sha256_hash BY '{HashOf(owner)}'")];
    }

    public IReadOnlyList<MakingStep> Drop(ConnectionTarget server, DatabaseNames names) =>
    [
        Step("users", server, $"DROP USER IF EXISTS {Quoted(names.Owner)}, {Quoted(names.Reader)}"),
        Step("database", server, $"DROP DATABASE IF EXISTS {Quoted(names.Database)} SYNC"),
    ];

    public void Dispose()
    {
        foreach (var made in new[] { http, httpUnverified }.Where(lazy => lazy.IsValueCreated))
        {
            made.Value.Dispose();
        }
    }

    private MakingStep Step(string name, ConnectionTarget server, string statement) => new(
        name,
        async ct =>
        {
            var address = new UriBuilder(server.Tls == TlsMode.Disable ? "http" : "https", server.Host, server.Port ?? Kind.UsualPort(server.Tls));
            using var request = new HttpRequestMessage(HttpMethod.Post, address.Uri) { Content = new StringContent(statement, Encoding.UTF8) };
            request.Headers.TryAddWithoutValidation("X-ClickHouse-User", server.Username);
            if (server.Password is { } password)
            {
                request.Headers.TryAddWithoutValidation("X-ClickHouse-Key", password);
            }

            var client = server.Tls == TlsMode.Require ? httpUnverified.Value : http.Value;
            using var response = await client.SendAsync(request, ct);
            if (!response.IsSuccessStatusCode)
            {
                // Its words repeat no more of a statement than where it cannot be read.
                var words = await response.Content.ReadAsStringAsync(ct);
                throw new HttpRequestException($"ClickHouse answered {(int)response.StatusCode}: {words[..Math.Min(words.Length, LongestError)]}");
            }
        });

    private static string HashOf(string password) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(password)));

    private static string Quoted(string name) => $"`{name}`";
}
