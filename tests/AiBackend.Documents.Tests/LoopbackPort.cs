using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace AiBackend.Documents.Tests;

/// <summary>Ports of loopback for servers that must be told one.</summary>
internal static class LoopbackPort
{
    /// <summary>
    /// One that nobody listens at. It is of those that systems do not hand out for outgoing connections and for servers on port 0, so that none of these
    /// takes it before it is used.
    /// </summary>
    public static int Free()
    {
        while (true)
        {
            var port = RandomNumberGenerator.GetInt32(12_000, 32_000);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken.
            }
        }
    }
}
