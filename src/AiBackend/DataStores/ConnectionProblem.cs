using System.Net.Sockets;
using System.Security.Authentication;

namespace AiBackend.DataStores;

/// <summary>The words for what goes wrong with any database. They name the part of the settings to look at, and hold no secret.</summary>
internal static class ConnectionProblem
{
    public static ConnectionException Unreachable(ConnectionTarget target, string server, Exception? inner) => new(
        ConnectionFault.Unreachable,
        $"Nobody answers at {Address(target)}: check host, port and firewall, and that {server} runs there.",
        inner);

    public static ConnectionException NotSpoken(ConnectionTarget target, string server, Exception? inner) => new(
        ConnectionFault.Unreachable,
        $"{Address(target)} broke the connection off: check that it is the port of {server}, and the tls setting.",
        inner);

    public static ConnectionException ConnectTimedOut(ConnectionTarget target, Exception? inner) => new(
        ConnectionFault.TimedOut,
        $"{Address(target)} did not answer in time: check host, port and firewall.",
        inner);

    public static ConnectionException StatementTimedOut(TimeSpan limit, Exception? inner) => new(
        ConnectionFault.TimedOut,
        $"The database took longer than {limit.TotalSeconds:0} seconds to answer, and the statement was ended.",
        inner);

    public static ConnectionException Busy(ConnectionTarget target, Exception? inner) => new(
        ConnectionFault.Unreachable,
        $"{Address(target)} takes no more connections now: it is starting, stopping or full.",
        inner);

    public static ConnectionException BadCredentials(ConnectionTarget target, Exception? inner) => new(
        ConnectionFault.BadCredentials,
        $"The server refuses the user {Name(target.Username)}: check username and password.",
        inner);

    /// <summary>For servers that refuse a user who must come encrypted with the words for a wrong password.</summary>
    public static ConnectionException BadCredentialsOrTls(ConnectionTarget target, Exception? inner) => new(
        ConnectionFault.BadCredentials,
        $"The server refuses the user {Name(target.Username)}: check username and password, and whether this user must connect encrypted (tls).",
        inner);

    public static ConnectionException UnknownDatabase(ConnectionTarget target, Exception? inner) => new(
        ConnectionFault.UnknownDatabase,
        $"The server has no database {Name(target.Database)}: check the database's name, also its case.",
        inner);

    public static ConnectionException UnknownSchema(string schema) => new(
        ConnectionFault.UnknownDatabase,
        $"There is no schema {Name(schema)}, or the user may not use it: check schemas, and the user's rights.");

    public static ConnectionException NoRights(ConnectionTarget target, string words, Exception? inner) => new(
        ConnectionFault.NoRights,
        $"The user {Name(target.Username)} lacks a right. The server says: {Clean(target, words)}",
        inner);

    public static ConnectionException TlsRefused(ConnectionTarget target, Exception? inner) => new(
        ConnectionFault.Tls,
        $"{Address(target)} does not take encrypted connections: set tls to disable, or turn TLS on at the server.",
        inner);

    public static ConnectionException TlsRequired(ConnectionTarget target, Exception? inner) => new(
        ConnectionFault.Tls,
        $"{Address(target)} takes this user only over an encrypted connection: set tls to require or verify.",
        inner);

    public static ConnectionException TlsInvalid(ConnectionTarget target, Exception? inner) => new(
        ConnectionFault.Tls,
        target.Tls == TlsMode.Verify
            ? $"The certificate of {Address(target)} is not valid for that name or not from a known authority: mend it, or set tls to require."
            : $"The encrypted connection to {Address(target)} could not be made: check the server's TLS settings.",
        inner);

    public static ConnectionException FileMissing(Exception? inner) => new(
        ConnectionFault.Unreachable, "The file is not there, or it may not be read: check the path and its rights.", inner);

    public static ConnectionException FileBusy(Exception? inner) => new(
        ConnectionFault.Unreachable, "Another program holds the file: it can be read when that is done.", inner);

    public static ConnectionException NotADatabase(string kind, Exception? inner) => new(
        ConnectionFault.UnknownDatabase, $"The file is not a {kind} database, or it is encrypted or damaged.", inner);

    public static ConnectionException Changed(string what) => new(
        ConnectionFault.Failed, $"The database has changed since its schema was read: {what}");

    public static ConnectionException TooMuch() => new(
        ConnectionFault.Failed, "The database holds more tables and columns than can be read: name the schemas to look at.");

    public static ConnectionException Unordered(string table) => new(
        ConnectionFault.Failed, $"The rows of {table} cannot be read in pages: the columns that order them do not tell them apart.");

    public static ConnectionException Failed(ConnectionTarget target, string words, Exception? inner) => new(
        ConnectionFault.Failed, $"The database says: {Clean(target, words)}", inner);

    /// <summary>What the network says, whichever driver passes it on; null when it says nothing.</summary>
    public static ConnectionException? OfNetwork(Exception error, ConnectionTarget target, string server)
    {
        for (var cause = error; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case AuthenticationException:
                    return TlsInvalid(target, error);
                case SocketException { SocketErrorCode: SocketError.TimedOut } or TimeoutException:
                    return ConnectTimedOut(target, error);
                case SocketException
                {
                    SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown
                }:
                    return NotSpoken(target, server, error);
                case SocketException:
                    return Unreachable(target, server, error);
                case IOException { InnerException: null }:
                    return NotSpoken(target, server, error);
                default:
                    continue;
            }
        }

        return null;
    }

    private static string Address(ConnectionTarget target) => target.Port is { } port ? $"{target.Host}:{port}" : target.Host ?? "the server";

    private static string Name(string? name) => $"\"{name}\"";

    // Servers quote what they were sent; one that repeats the password must not make it readable.
    private static string Clean(ConnectionTarget target, string words)
    {
        var clean = string.IsNullOrEmpty(target.Password) ? words : words.Replace(target.Password, "***", StringComparison.Ordinal);
        clean = clean.ReplaceLineEndings(" ").Trim();
        return clean.Length > 300 ? clean[..300] + "…" : clean;
    }
}
