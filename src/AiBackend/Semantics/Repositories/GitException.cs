namespace AiBackend.Semantics.Repositories;

/// <summary>A repository cannot be used as it is. The text is for whoever set it up and holds no secret.</summary>
/// <param name="fault">What is wrong.</param>
/// <param name="detail">What to set right, with git's own reason where there is one.</param>
internal sealed class GitException(GitFault fault, string detail, Exception? inner = null) : Exception(detail, inner)
{
    public GitFault Fault { get; } = fault;
}

/// <summary>Why git fails.</summary>
internal enum GitFault
{
    /// <summary>The address or path may not be used, by the operator's settings.</summary>
    NotAllowed,

    /// <summary>The host is not known.</summary>
    UnknownHost,

    /// <summary>Nobody answers there, or no encrypted connection can be made.</summary>
    Unreachable,

    /// <summary>It took too long.</summary>
    TimedOut,

    /// <summary>The username or token is wrong, or one is needed.</summary>
    BadCredentials,

    /// <summary>The token may not do this.</summary>
    NoRights,

    /// <summary>There is no git repository there.</summary>
    NotARepository,

    /// <summary>The repository has other branches, but not this one.</summary>
    UnknownBranch,

    /// <summary>The repository, a file or the number of files is larger than is taken.</summary>
    TooLarge,

    /// <summary>The server refused the push: a protected branch or a hook.</summary>
    Rejected,

    /// <summary>Others pushed faster, every time.</summary>
    Busy,

    /// <summary>Anything else.</summary>
    Failed,
}
