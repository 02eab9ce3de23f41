using System.Security.Cryptography;
using System.Text;
using AiBackend.DataStores;
using AiBackend.DataStores.Provisioning;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AiBackend.Tests.DataStores;

/// <summary>Against a scripted server: what is asked of ClickHouse, not what it does then.</summary>
public sealed class ClickHouseProvisioningTests
{
    private static readonly DatabaseNames Names = DatabaseNames.Of("dst_00000000000000000000000000");
    private static readonly NewPasswords Passwords = new("owner-password", "reader-password");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_database_and_its_users_are_made_by_statements_that_hold_no_password()
    {
        await using var server = await Server.StartAsync();
        using var maker = new ClickHouseMaker();

        await RunAsync(maker.Create(server.Target, Names, Passwords));

        Assert.Equal(
            [
                "CREATE DATABASE `aib_00000000000000000000000000`",
                $"CREATE USER `aib_00000000000000000000000000_o` IDENTIFIED WITH sha256_hash BY '{HashOf("owner-password")}' DEFAULT DATABASE `aib_00000000000000000000000000`",
                $"CREATE USER `aib_00000000000000000000000000_r` IDENTIFIED WITH sha256_hash BY '{HashOf("reader-password")}' DEFAULT DATABASE `aib_00000000000000000000000000`",
                "GRANT SHOW, SELECT, INSERT, ALTER, CREATE TABLE, CREATE VIEW, CREATE DICTIONARY, DROP TABLE, DROP VIEW, DROP DICTIONARY, TRUNCATE, OPTIMIZE, dictGet ON `aib_00000000000000000000000000`.* TO `aib_00000000000000000000000000_o`",
                "GRANT SHOW, SELECT, dictGet ON `aib_00000000000000000000000000`.* TO `aib_00000000000000000000000000_r`",
            ],
            server.Statements);
        Assert.All(server.Logins, login => Assert.Equal("admin:pa55", login));
    }

    [Fact]
    public async Task Passwords_are_changed_and_all_is_dropped()
    {
        await using var server = await Server.StartAsync();
        using var maker = new ClickHouseMaker();

        await RunAsync(maker.Rotate(server.Target, Names, "new-owner", "new-reader"));
        await RunAsync(maker.Rotate(server.Target, Names, owner: null, "new-reader"));
        await RunAsync(maker.Drop(server.Target, Names));

        Assert.Equal(
            [
                $"ALTER USER `aib_00000000000000000000000000_r` IDENTIFIED WITH sha256_hash BY '{HashOf("new-reader")}'",
                $"ALTER USER `aib_00000000000000000000000000_o` IDENTIFIED WITH sha256_hash BY '{HashOf("new-owner")}'",
                $"ALTER USER `aib_00000000000000000000000000_r` IDENTIFIED WITH sha256_hash BY '{HashOf("new-reader")}'",
                "DROP USER IF EXISTS `aib_00000000000000000000000000_o`, `aib_00000000000000000000000000_r`",
                "DROP DATABASE IF EXISTS `aib_00000000000000000000000000` SYNC",
            ],
            server.Statements);
    }

    [Fact]
    public async Task A_statement_that_is_refused_fails_with_the_servers_words()
    {
        await using var server = await Server.StartAsync();
        server.Refuses = true;
        using var maker = new ClickHouseMaker();

        var error = await Assert.ThrowsAsync<HttpRequestException>(() => RunAsync(maker.Create(server.Target, Names, Passwords)));

        Assert.Contains("Not enough privileges", error.Message, StringComparison.Ordinal);
        Assert.Single(server.Statements);
    }

    private static string HashOf(string password) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(password)));

    private static async Task RunAsync(IReadOnlyList<MakingStep> steps)
    {
        foreach (var step in steps)
        {
            await step.RunAsync(Ct);
        }
    }

    private sealed class Server : IAsyncDisposable
    {
        private readonly WebApplication app;

        private Server()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
            app = builder.Build();
            app.Run(AnswerAsync);
        }

        public List<string> Statements { get; } = [];

        public List<string> Logins { get; } = [];

        public bool Refuses { get; set; }

        public ConnectionTarget Target => new()
        {
            Kind = StoreKind.Clickhouse,
            Host = "127.0.0.1",
            Port = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port,
            Username = "admin",
            Password = "pa55",
        };

        public static async Task<Server> StartAsync()
        {
            var server = new Server();
            await server.app.StartAsync(Ct);
            return server;
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();

        private async Task AnswerAsync(HttpContext http)
        {
            using var reader = new StreamReader(http.Request.Body);
            Statements.Add(await reader.ReadToEndAsync(Ct));
            Logins.Add($"{http.Request.Headers["X-ClickHouse-User"]}:{http.Request.Headers["X-ClickHouse-Key"]}");
            if (Refuses)
            {
                http.Response.StatusCode = 500;
                await http.Response.WriteAsync("Code: 497. DB::Exception: admin: Not enough privileges.", Ct);
            }
        }
    }
}
