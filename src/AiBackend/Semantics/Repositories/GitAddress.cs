using System.Text;
using AiBackend.DataStores;

namespace AiBackend.Semantics.Repositories;

/// <summary>Which addresses of repositories are taken.</summary>
internal static class GitAddress
{
    private const int MaxLength = 2_048;

    /// <summary>What is wrong with an address by itself; null when nothing is.</summary>
    public static string? ErrorOf(string text)
    {
        if (text.Length > MaxLength || !Uri.TryCreate(text, UriKind.Absolute, out var url) || text.StartsWith('/'))
        {
            return "An address such as https://host/path.git or file:///path.git is expected.";
        }

        if (url.Scheme != Uri.UriSchemeHttps && url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeFile)
        {
            return "Only https:// and file:// are served; for ssh, give the repository's https address and a token.";
        }

        if (url.UserInfo.Length > 0 || text.Contains('@', StringComparison.Ordinal))
        {
            return "Username and token belong into credentials, not into the address.";
        }

        if (url.Query.Length > 0 || url.Fragment.Length > 0)
        {
            return "The address may have neither query nor fragment.";
        }

        if (url.LocalPath.Any(char.IsControl))
        {
            return "The address may hold no control characters.";
        }

        if (url.IsFile)
        {
            return url.Host.Length == 0 && Path.IsPathFullyQualified(url.LocalPath) ? null : "A full path is expected: file:///path.git.";
        }

        return url.Host.Length > 0 && Ascii.IsValid(url.Host) ? null : "The host must be in ASCII; other letters are written as xn--….";
    }

    /// <summary>Whether git would take it as the name of a branch.</summary>
    public static bool IsBranch(string name) =>
        name.Length > 0
        && name[0] != '-'
        && !name.Contains("..", StringComparison.Ordinal)
        && !name.Contains("@{", StringComparison.Ordinal)
        && !name.Any(letter => char.IsControl(letter) || " ~^:?*[\\".Contains(letter, StringComparison.Ordinal))
        && Array.TrueForAll(
            name.Split('/'), part => part.Length > 0 && part[0] != '.' && part[^1] != '.' && !part.EndsWith(".lock", StringComparison.Ordinal));

    /// <summary>Refuses what a client may not name; what the operator registers is not limited.</summary>
    /// <exception cref="GitException">It may not be used.</exception>
    public static async Task RequireAllowedAsync(Uri url, bool isOperators, DataOptions options, DataGuard guard, CancellationToken ct)
    {
        if (isOperators)
        {
            return;
        }

        try
        {
            if (url.IsFile)
            {
                guard.RequirePath(url.LocalPath);
                return;
            }

            if (url.Scheme == Uri.UriSchemeHttp && !options.AllowPrivateNetworks)
            {
                throw new GitException(GitFault.NotAllowed, "Repositories are reached by https.");
            }

            await guard.RequireHostAsync(url.IdnHost, ct);
        }
        catch (ConnectionException error) when (error.Fault is ConnectionFault.NotAllowed or ConnectionFault.UnknownHost)
        {
            throw new GitException(
                error.Fault == ConnectionFault.NotAllowed ? GitFault.NotAllowed : GitFault.UnknownHost, error.Message, error);
        }
    }
}
