using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using MongoDB.Bson;
using MongoDB.Driver;
using MongoDB.Driver.Core.Configuration;
using MongoDB.Driver.Core.Events;

namespace AiBackend.DataStores.Mongodb;

/// <summary>
/// One server of those that a connection string names, the one that takes writes where there is a choice. The driver is told to keep to it:
/// other hosts, which a replica set would tell it of, are never connected to. It is given the checked address, but the name where the
/// certificate is looked at: no other server has one for that name.
/// </summary>
internal sealed class MongodbConnection : IDisposable
{
    private const string Server = "MongoDB";

    private readonly MongoClient client;

    private MongodbConnection(MongoClient client, ConnectionTarget place)
    {
        this.client = client;
        Place = place;
        Database = client.GetDatabase(place.Database);
    }

    /// <summary>The server, the user and the database, for words about them.</summary>
    public ConnectionTarget Place { get; }

    public IMongoDatabase Database { get; }

    /// <summary>The servers that a connection string means, those that its name is looked up for included.</summary>
    /// <exception cref="ConnectionException">It cannot be read, or has an option that may not be used; or its name has no servers.</exception>
    public static async Task<IReadOnlyList<ConnectionTarget>> ServersAsync(ConnectionTarget target, CancellationToken ct)
    {
        var url = await UrlAsync(target, ct);
        return [.. url.Servers.Select(server => PlaceOf(target, url, server))];
    }

    /// <exception cref="ConnectionException">No server can be used.</exception>
    public static async Task<MongodbConnection> OpenAsync(DataGuard guard, ConnectionTarget target, DataOptions options, CancellationToken ct)
    {
        var url = await UrlAsync(target, ct);
        RequireWhole(url);
        var servers = url.Servers.ToList();
        MongodbConnection? second = null;
        ConnectionException? fault = null;
        foreach (var server in servers)
        {
            var place = PlaceOf(target, url, server);
            try
            {
                var (connection, isFirst) = await OpenAsync(guard, place, url, options.ConnectLimit / servers.Count, ct);
                if (isFirst || servers.Count == 1)
                {
                    second?.Dispose();
                    return connection;
                }

                (second, var spare) = second is null ? (connection, null) : (second, connection);
                spare?.Dispose();
            }
            catch (ConnectionException error) when (
                error.Fault is ConnectionFault.Unreachable or ConnectionFault.TimedOut or ConnectionFault.UnknownHost)
            {
                fault ??= error;
            }
            catch (Exception)
            {
                second?.Dispose();
                throw;
            }
        }

        return second ?? throw fault!;
    }

    public void Dispose() => client.Dispose();

    /// <summary>What an error of the driver means; null when it is none of the database's.</summary>
    public static ConnectionException? Explain(Exception error, ConnectionTarget place, TimeSpan limit)
    {
        for (var cause = error; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case AuthenticationException:
                    return new ConnectionException(
                        ConnectionFault.Tls,
                        $"The certificate of {place.Host}:{place.Port} is not valid for that name or not from a known authority, or it speaks no TLS: "
                        + "mend it, or write tlsInsecure=true or tls=false into the connection string.",
                        error);
                case MongoExecutionTimeoutException:
                    return ConnectionProblem.StatementTimedOut(limit, error);
                case MongoCommandException refused:
                    return Explain(refused, place, limit);
            }
        }

        return ConnectionProblem.OfNetwork(error, place, Server) ?? error switch
        {
            MongoAuthenticationException => ConnectionProblem.BadCredentials(place, error),
            MongoConnectionException => ConnectionProblem.NotSpoken(place, Server, error),
            MongoException => ConnectionProblem.Failed(place, error.Message, error),
            FormatException => ConnectionProblem.NotSpoken(place, Server, error),
            _ => null,
        };
    }

    private static ConnectionException Explain(MongoCommandException refused, ConnectionTarget place, TimeSpan limit) => refused.Code switch
    {
        18 or 8000 => ConnectionProblem.BadCredentials(place, refused), // a server's, Atlas's
        13 when string.IsNullOrEmpty(place.Username) => new ConnectionException(
            ConnectionFault.BadCredentials, "The server wants a user: write one with a password into the connection string.", refused),
        13 => ConnectionProblem.NoRights(place, refused.ErrorMessage ?? refused.CodeName, refused),
        50 => ConnectionProblem.StatementTimedOut(limit, refused),
        91 or 189 or 11600 or 11602 or 13436 => ConnectionProblem.Busy(place, refused), // stopping, no primary, interrupted twice, starting
        26 => ConnectionProblem.Changed(refused.ErrorMessage ?? refused.CodeName), // no such collection
        _ => ConnectionProblem.Failed(place, refused.ErrorMessage ?? refused.CodeName, refused),
    };

    private static async Task<(MongodbConnection Connection, bool IsFirst)> OpenAsync(
        DataGuard guard, ConnectionTarget place, MongoUrl url, TimeSpan limit, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        stop.CancelAfter(limit);
        MongodbConnection? connection = null;
        try
        {
            var address = await AnsweringAsync(await guard.ResolveAsync(place, stop.Token), place.Port!.Value, stop.Token);
            var failed = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
            connection = new MongodbConnection(new MongoClient(Settings(url, place, address, limit, failed)), place);
            var asking = connection.Database.RunCommandAsync<BsonDocument>(new BsonDocument("hello", 1), cancellationToken: stop.Token);

            // By itself the driver would try again until its time is up.
            if (await Task.WhenAny(asking, failed.Task) == failed.Task)
            {
                await stop.CancelAsync();
                await asking.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                ct.ThrowIfCancellationRequested();
                throw Explain(await failed.Task, place, limit) ?? ConnectionProblem.NotSpoken(place, Server, await failed.Task);
            }

            var hello = await asking;
            var isFirst = hello.GetValue("isWritablePrimary", false).ToBoolean();
            return isFirst || hello.GetValue("secondary", false).ToBoolean() ? (connection, isFirst) : throw ConnectionProblem.Busy(place, inner: null);
        }
        catch (Exception error)
        {
            connection?.Dispose();
            ct.ThrowIfCancellationRequested();
            throw error switch
            {
                ConnectionException => error,
                _ when stop.IsCancellationRequested => ConnectionProblem.ConnectTimedOut(place, error),
                _ => Explain(error, place, limit) ?? error,
            };
        }
    }

    private static async Task<IPAddress> AnsweringAsync(IReadOnlyList<IPAddress> addresses, int port, CancellationToken ct)
    {
        foreach (var address in addresses)
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, port), ct);
                return address;
            }
            catch (SocketException) when (!address.Equals(addresses[^1]))
            {
                // The next one may.
            }
        }

        throw new SocketException((int)SocketError.HostNotFound);
    }

    private static MongoClientSettings Settings(
        MongoUrl url, ConnectionTarget place, IPAddress address, TimeSpan limit, TaskCompletionSource<Exception> failed)
    {
        var settings = MongoClientSettings.FromUrl(url);
        settings.Server = new MongoServerAddress(url.UseTls && !url.AllowInsecureTls ? place.Host : address.ToString(), place.Port!.Value);
        settings.ReplicaSetName = null;
        settings.DirectConnection = !url.LoadBalanced;
        settings.ReadPreference = ReadPreference.PrimaryPreferred;
        settings.ApplicationName ??= "ai-backend";
        settings.ConnectTimeout = limit;
        settings.ServerSelectionTimeout = limit;
        settings.MinConnectionPoolSize = 0;
        settings.MaxConnectionPoolSize = 8;
        settings.ServerMonitoringMode = MongoDB.Driver.Core.Servers.ServerMonitoringMode.Poll;

        // Asking for revoked certificates goes to addresses that the certificate names.
        settings.SslSettings = new SslSettings { CheckCertificateRevocation = false };
        settings.ClusterConfigurator = (ClusterBuilder builder) =>
            builder.Subscribe<ServerHeartbeatFailedEvent>(heartbeat => failed.TrySetResult(heartbeat.Exception));
        return settings;
    }

    private static async Task<MongoUrl> UrlAsync(ConnectionTarget target, CancellationToken ct)
    {
        try
        {
            MongoAddress.HostsOf(target.Uri ?? string.Empty);
            var url = MongoUrl.Create(target.Uri);
            return url.Scheme == ConnectionStringScheme.MongoDBPlusSrv ? await url.ResolveAsync(resolveHosts: true, ct) : url;
        }
        catch (FormatException error)
        {
            throw new ConnectionException(ConnectionFault.Failed, error.Message, error);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            throw new ConnectionException(
                ConnectionFault.UnknownHost,
                "The name in the connection string (mongodb+srv) has no record of servers: check it, or name the servers with mongodb://.",
                error);
        }
    }

    // What the driver says no to before it connects.
    private static void RequireWhole(MongoUrl url)
    {
        try
        {
            MongoClientSettings.FromUrl(url).Freeze();
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or MongoConfigurationException)
        {
            throw new ConnectionException(
                ConnectionFault.BadCredentials,
                "The user, the password and authMechanism of the connection string do not go together: check them.",
                error);
        }
    }

    private static ConnectionTarget PlaceOf(ConnectionTarget target, MongoUrl url, MongoServerAddress server) => target with
    {
        Host = server.Host,
        Port = server.Port,
        Username = url.Username,
        Password = url.Password,
        Database = target.Database is { Length: > 0 } named
            ? named
            : url.DatabaseName ?? throw new ConnectionException(
                ConnectionFault.UnknownDatabase, "Name the database: as database, or in the connection string after the host."),
    };
}
