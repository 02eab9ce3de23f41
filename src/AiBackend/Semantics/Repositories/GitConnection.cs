using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using AiBackend.Events;
using LibGit2Sharp;

namespace AiBackend.Semantics.Repositories;

/// <summary>Talks to a git server over HTTP for one operation. Blocks: it is used on a thread of the operation's own.</summary>
/// <param name="http">Does not follow redirects.</param>
/// <param name="url">The repository.</param>
/// <param name="login">Username and token, if any.</param>
/// <param name="ct">Ends the exchange under way.</param>
internal sealed class GitConnection(HttpClient http, Uri url, (string Username, string Token)? login, GitOptions options, CancellationToken ct)
{
    private const int MaxRedirects = 3;

    private Uri repository = url;
    private PushWords words = new();
    private long received;

    /// <summary>Why the last exchange failed; the library only knows that it did.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>What the server said to people during the last exchange.</summary>
    public string ServerWords => words.Text;

    /// <summary>Sends what the library has to say, if anything, and opens the answer.</summary>
    public GitResponse Open(GitSmartSubtransportAction action, ReadOnlyMemory<byte> request)
    {
        try
        {
            words = new PushWords();
            var response = SendAsync(action, request).GetAwaiter().GetResult();
            return new GitResponse(this, response, action == GitSmartSubtransportAction.ReceivePack ? words : null);
        }
        catch (Exception error)
        {
            Failure = Named(error);
            throw;
        }
    }

    /// <summary>Reads on in an answer.</summary>
    public async Task<int> ReadAsync(Stream answer, byte[] buffer)
    {
        try
        {
            using var idle = CancellationTokenSource.CreateLinkedTokenSource(ct);
            idle.CancelAfter(options.IdleLimit);
            var count = await answer.ReadAsync(buffer, idle.Token);
            received += count;
            return received <= options.MaxBytes
                ? count
                : throw new GitException(GitFault.TooLarge, $"The repository is larger than the {options.MaxBytes >> 20} MiB that are taken.");
        }
        catch (Exception error)
        {
            Failure = Named(error);
            throw;
        }
    }

    private async Task<HttpResponseMessage> SendAsync(GitSmartSubtransportAction action, ReadOnlyMemory<byte> request)
    {
        var service = action is GitSmartSubtransportAction.UploadPackList or GitSmartSubtransportAction.UploadPack
            ? "git-upload-pack"
            : "git-receive-pack";
        var isList = action is GitSmartSubtransportAction.UploadPackList or GitSmartSubtransportAction.ReceivePackList;
        for (var redirects = 0; ; redirects++)
        {
            var path = isList ? $"/info/refs?service={service}" : $"/{service}";
            var response = await SendOnceAsync(new Uri(repository.AbsoluteUri.TrimEnd('/') + path), isList ? default(ReadOnlyMemory<byte>?) : request, service);
            if (isList && (int)response.StatusCode is >= 300 and < 400 && redirects < MaxRedirects
                && Redirected(response.Headers.Location, path) is { } next)
            {
                response.Dispose();
                repository = next;
                continue;
            }

            try
            {
                Require(response, $"application/x-{service}-{(isList ? "advertisement" : "result")}");
                return response;
            }
            catch (GitException)
            {
                response.Dispose();
                throw;
            }
        }
    }

    private async Task<HttpResponseMessage> SendOnceAsync(Uri address, ReadOnlyMemory<byte>? body, string service)
    {
        using var message = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, address);
        message.Headers.UserAgent.Add(new ProductInfoHeaderValue("git", "2.0"));
        message.Headers.CacheControl = new CacheControlHeaderValue { NoCache = true };
        if (login is { } known)
        {
            message.Headers.Authorization = new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{known.Username}:{known.Token}")));
        }

        if (body is { } content)
        {
            message.Content = new ReadOnlyMemoryContent(content);
            message.Content.Headers.ContentType = new MediaTypeHeaderValue($"application/x-{service}-request");
            message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue($"application/x-{service}-result"));
        }

        using var idle = CancellationTokenSource.CreateLinkedTokenSource(ct);
        idle.CancelAfter(options.IdleLimit);
        return await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, idle.Token);
    }

    // As git does by default: only for the first request, and here only to the same host, which may begin to ask for encryption.
    private Uri? Redirected(Uri? location, string path)
    {
        if (location is null || !Uri.TryCreate(repository, location, out var target))
        {
            return null;
        }

        var text = target.AbsoluteUri;
        return target.IdnHost == repository.IdnHost
            && text.EndsWith(path, StringComparison.Ordinal)
            && ((target.Scheme == repository.Scheme && target.Port == repository.Port)
                || (target.Scheme == Uri.UriSchemeHttps && target.IsDefaultPort && repository.IsDefaultPort))
            ? new Uri(text[..^path.Length])
            : null;
    }

    private void Require(HttpResponseMessage response, string mediaType)
    {
        var host = repository.Authority;
        var status = (int)response.StatusCode;
        if (status == 200 && response.Content.Headers.ContentType?.MediaType == mediaType)
        {
            return;
        }

        throw status switch
        {
            200 => new GitException(GitFault.NotARepository, $"{host} answers, but not as a git repository: check the address."),
            401 when login is null => new GitException(GitFault.BadCredentials, $"{host} wants a token for this repository."),
            401 => new GitException(GitFault.BadCredentials, $"{host} does not take the token: check it, its expiry and the username."),
            403 => new GitException(GitFault.NoRights, $"{host} refuses: the token may not do this in the repository."),
            404 or 410 => new GitException(
                GitFault.NotARepository, $"{host} knows no such repository, or hides it from this token: check the address and the token's rights."),
            >= 300 and < 400 => new GitException(
                GitFault.NotARepository, $"{host} refers to another address, which is not followed: give the repository's own."),
            413 => new GitException(GitFault.TooLarge, $"{host} finds the push too large."),
            _ => new GitException(GitFault.Unreachable, $"{host} answers with status {status}."),
        };
    }

    private Exception Named(Exception error)
    {
        ct.ThrowIfCancellationRequested();
        var host = repository.Authority;
        return error switch
        {
            GitException => error,
            OperationCanceledException => new GitException(GitFault.TimedOut, $"{host} took too long to answer.", error),
            _ when Cause<AddressRefusedException>(error) is { } => new GitException(
                GitFault.NotAllowed,
                $"The host {repository.Host} is not a public address; the operator can allow such ones (DATA_ALLOW_PRIVATE_NETWORKS).",
                error),
            _ when Cause<AuthenticationException>(error) is { } => new GitException(
                GitFault.Unreachable, $"No encrypted connection to {host} could be made: its certificate is not valid, or it speaks no TLS.", error),
            _ when Cause<SocketException>(error) is { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } =>
                new GitException(GitFault.UnknownHost, $"The host {repository.Host} is not known: check its name.", error),
            HttpRequestException or IOException or SocketException => new GitException(
                GitFault.Unreachable, $"{host} cannot be reached, or broke the connection off.", error),
            _ => error,
        };
    }

    private static T? Cause<T>(Exception error)
        where T : Exception
    {
        for (var at = error; at is not null; at = at.InnerException)
        {
            if (at is T found)
            {
                return found;
            }
        }

        return null;
    }
}

/// <summary>An answer of a git server while it is read.</summary>
/// <param name="words">Takes down what is said to people; null where nothing is.</param>
internal sealed class GitResponse(GitConnection connection, HttpResponseMessage response, PushWords? words) : IDisposable
{
    private Stream? body;

    /// <summary>The next bytes; 0 at the end.</summary>
    public int Read(byte[] buffer)
    {
        body ??= response.Content.ReadAsStream();
        var count = connection.ReadAsync(body, buffer).GetAwaiter().GetResult();
        words?.Add(buffer.AsSpan(0, count));
        return count;
    }

    public void Dispose() => response.Dispose();
}
