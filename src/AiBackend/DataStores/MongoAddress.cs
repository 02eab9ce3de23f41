using MongoDB.Driver;

namespace AiBackend.DataStores;

/// <summary>Reads a MongoDB connection string that a client named.</summary>
internal static class MongoAddress
{
    // An allow list: there are options that send everything through another host, or sign in as the machine that the service runs on.
    private static readonly HashSet<string> Options = new(StringComparer.OrdinalIgnoreCase)
    {
        "appName", "authMechanism", "authSource", "connectTimeoutMS", "directConnection", "maxPoolSize", "minPoolSize", "readConcernLevel",
        "readPreference", "replicaSet", "retryReads", "retryWrites", "serverSelectionTimeoutMS", "socketTimeoutMS", "ssl", "tls",
        "tlsAllowInvalidCertificates", "tlsAllowInvalidHostnames", "tlsInsecure", "w",
    };

    private static readonly HashSet<string> Mechanisms = new(StringComparer.OrdinalIgnoreCase) { "DEFAULT", "PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256" };

    /// <summary>The hosts that it names; for <c>mongodb+srv</c> the name that is looked up.</summary>
    /// <exception cref="FormatException">It cannot be read, or has an option that may not be used. The text holds no secret.</exception>
    public static IReadOnlyList<string> HostsOf(string uri)
    {
        var question = uri.IndexOf('?', StringComparison.Ordinal);
        foreach (var option in question < 0 ? [] : uri[(question + 1)..].Split(['&', ';'], StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = option.Split('=', 2) is [var left, var right] ? (left, right) : (option, string.Empty);
            if (!Options.Contains(name))
            {
                throw new FormatException($"The option {name} may not be used here.");
            }

            if (name.Equals("authMechanism", StringComparison.OrdinalIgnoreCase) && !Mechanisms.Contains(value))
            {
                throw new FormatException("authMechanism may be SCRAM-SHA-256, SCRAM-SHA-1 or PLAIN.");
            }
        }

        try
        {
            return [.. MongoUrl.Create(uri).Servers.Select(server => server.Host)];
        }
        catch (Exception error) when (error is MongoConfigurationException or ArgumentException or FormatException)
        {
            throw new FormatException("A connection string is expected: mongodb://user:password@host/… or mongodb+srv://….");
        }
    }
}
