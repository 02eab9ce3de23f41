using System.Buffers;
using LibGit2Sharp;

namespace AiBackend.Semantics.Repositories;

/// <summary>
/// Git's smart protocol over our own HTTP: so the address of each connection is checked and pinned, redirects are ours to judge, reading
/// ends when it is told to, and neither address nor token are known to the library.
/// </summary>
internal sealed class GitTransport : RpcSmartSubtransport
{
    /// <summary>The address by which the library knows the remote of the operation on this thread.</summary>
    public const string Address = Scheme + "://remote";

    private const string Scheme = "ai-backend";

    // The library calls back on the thread that called it.
    [ThreadStatic]
    private static GitConnection? current;

    private static readonly Lazy<bool> Registered = new(Register);

    /// <summary>Does work whose remote, <see cref="Address"/>, is at the other end of the connection.</summary>
    public static T Over<T>(GitConnection connection, Func<T> work)
    {
        _ = Registered.Value;
        current = connection;
        try
        {
            return work();
        }
        finally
        {
            current = null;
        }
    }

    /// <summary>Sets the library up; nothing of the machine's own configuration of git counts. Safe to repeat.</summary>
    public static void Prepare() => _ = Registered.Value;

    protected override SmartSubtransportStream Action(string url, GitSmartSubtransportAction action) =>
        new Exchange(this, current ?? throw new InvalidOperationException("No connection is open on this thread."), action);

    private static bool Register()
    {
        foreach (var level in new[] { ConfigurationLevel.ProgramData, ConfigurationLevel.System, ConfigurationLevel.Xdg, ConfigurationLevel.Global })
        {
            GlobalSettings.SetConfigSearchPaths(level, "/dev/null");
        }

        // The operator says which folders are used (DATA_ALLOWED_PATHS); nothing that a repository configures is run.
        GlobalSettings.SetOwnerValidation(false);
        GlobalSettings.RegisterSmartSubtransport<GitTransport>(Scheme);
        return true;
    }

    private sealed class Exchange(GitTransport transport, GitConnection connection, GitSmartSubtransportAction action)
        : SmartSubtransportStream(transport)
    {
        private readonly ArrayBufferWriter<byte> request = new();
        private GitResponse? response;

        public override int Write(Stream dataStream, long length)
        {
            dataStream.ReadExactly(request.GetSpan((int)length)[..(int)length]);
            request.Advance((int)length);
            return 0;
        }

        public override int Read(Stream dataStream, long length, out long bytesRead)
        {
            response ??= connection.Open(action, request.WrittenMemory);
            var buffer = new byte[Math.Min(length, 1 << 16)];
            var count = response.Read(buffer);
            dataStream.Write(buffer, 0, count);
            bytesRead = count;
            return 0;
        }

        protected override void Free()
        {
            response?.Dispose();
            base.Free();
        }
    }
}
