using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Numerics.Tensors;
using System.Security.Authentication;
using System.Text.Json;
using AiBackend.Events;

namespace AiBackend.DataStores.VectorStores;

/// <summary>Requests to vector stores, whose addresses clients chose: guarded, limited in time and size, with errors in words.</summary>
internal sealed class VectorHttp(DataOptions options, TimeProvider clock) : IDisposable
{
    private const int LongestWords = 300;
    private const long MostBytes = 32 * 1024 * 1024;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly Lazy<HttpClient> http = new(() => new HttpClient(new NetworkGuard(options.AllowPrivateNetworks).CreateHandler())
    {
        Timeout = Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = MostBytes,
    });

    /// <summary>Asks and reads the answer.</summary>
    /// <param name="target">The store.</param>
    /// <param name="path">Below its root, escaped.</param>
    /// <param name="body">Posted as JSON; null: a GET.</param>
    /// <param name="sign">Adds the key.</param>
    /// <param name="wordsOf">Finds the store's own words in an answer that refuses.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="ConnectionException">There was no good answer.</exception>
    public async Task<JsonElement> AskAsync(
        VectorTarget target,
        string path,
        byte[]? body,
        Action<HttpRequestHeaders, string> sign,
        Func<JsonElement, string?> wordsOf,
        CancellationToken ct)
    {
        using var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, $"{target.Url.TrimEnd('/')}/{path}");
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        }

        if (target.ApiKey is { } key)
        {
            sign(request.Headers, key);
        }

        using var timeout = new CancellationTokenSource(Limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, timeout.Token);
        try
        {
            using var response = await http.Value.SendAsync(request, HttpCompletionOption.ResponseContentRead, either.Token);
            var answer = await ReadAsync(response, either.Token);
            return response.IsSuccessStatusCode
                ? answer ?? throw new ConnectionException(ConnectionFault.Failed, "The vector store did not answer with JSON: check that url is the root of its API.")
                : throw Refused(target, response.StatusCode, answer is { } element ? wordsOf(element) : null);
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
        {
            ct.ThrowIfCancellationRequested();
            throw Explain(error);
        }
    }

    /// <summary>The cosine of two vectors; null when they have no common length or one is nothing.</summary>
    public static double? Cosine(float[] query, JsonElement vector)
    {
        if (vector.ValueKind != JsonValueKind.Array || vector.GetArrayLength() != query.Length)
        {
            return null;
        }

        var values = vector.EnumerateArray().Select(value => value.ValueKind == JsonValueKind.Number ? value.GetSingle() : float.NaN).ToArray();
        var cosine = TensorPrimitives.CosineSimilarity(query, values);
        return float.IsFinite(cosine) ? cosine : null;
    }

    public void Dispose()
    {
        if (http.IsValueCreated)
        {
            http.Value.Dispose();
        }
    }

    private static async Task<JsonElement?> ReadAsync(HttpResponseMessage response, CancellationToken ct)
    {
        try
        {
            using var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(ct));
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static ConnectionException Refused(VectorTarget target, HttpStatusCode status, string? words)
    {
        var said = words is null ? string.Empty : $" It says: {words[..Math.Min(words.Length, LongestWords)]}";
        return (int)status switch
        {
            401 or 403 => new(ConnectionFault.BadCredentials, $"The vector store does not accept the api_key.{said}"),
            404 => new(ConnectionFault.UnknownDatabase, $"The vector store has no collection {target.Collection}, or url is not the root of its API.{said}"),
            >= 300 and < 400 => new(ConnectionFault.Failed, "The vector store answers with a redirect, which is not followed: give the address that it leads to."),
            429 or >= 500 => new(ConnectionFault.Failed, $"The vector store answered {(int)status}.{said}"),
            _ => new(ConnectionFault.Unfit, $"The vector store refuses the request ({(int)status}).{said}"),
        };
    }

    private static ConnectionException Explain(Exception error) => error switch
    {
        OperationCanceledException => new(ConnectionFault.TimedOut, $"The vector store did not answer within {Limit.TotalSeconds} s.", error),
        { InnerException: AddressRefusedException } => new(
            ConnectionFault.NotAllowed, "The vector store's host is not a public address; the operator can allow such ones (DATA_ALLOW_PRIVATE_NETWORKS).", error),
        { InnerException: AuthenticationException } => new(
            ConnectionFault.Tls, "The vector store's certificate is not valid, or it does not speak TLS: check url.", error),
        { InnerException: SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } } => new(
            ConnectionFault.UnknownHost, "The vector store's host is not known: check url.", error),
        HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } => new(
            ConnectionFault.Failed, $"The vector store's answer is longer than {MostBytes / 1024 / 1024} MiB.", error),
        _ => new(ConnectionFault.Unreachable, "The vector store does not answer: check url, and that it runs.", error),
    };
}
