using AiBackend.DataStores;
using AiBackend.Events;

namespace AiBackend.Semantics;

/// <summary>HTTP to git and semantic servers: to public addresses alone where a client named them, unless the operator allows others.</summary>
internal sealed class SemanticHttp(DataOptions options) : IDisposable
{
    private readonly Lazy<HttpClient> operators = new(() => Make(allowsPrivateNetworks: true));
    private readonly Lazy<HttpClient> clients = new(() => Make(options.AllowPrivateNetworks));

    /// <param name="isOperators">Whether the operator registered the address.</param>
    public HttpClient For(bool isOperators) => (isOperators ? operators : clients).Value;

    public void Dispose()
    {
        foreach (var made in new[] { operators, clients }.Where(http => http.IsValueCreated))
        {
            made.Value.Dispose();
        }
    }

    private static HttpClient Make(bool allowsPrivateNetworks) =>
        new(new NetworkGuard(allowsPrivateNetworks).CreateHandler()) { Timeout = Timeout.InfiniteTimeSpan };
}
