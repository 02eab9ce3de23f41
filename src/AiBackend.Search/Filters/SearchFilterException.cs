namespace AiBackend.Search.Filters;

/// <summary>A filter that does not follow the language. The message is meant for whoever wrote the filter.</summary>
public sealed class SearchFilterException(string path, string reason) : Exception($"{path}: {reason}")
{
    /// <summary>Where in the filter, such as <c>filter.$and[1].price.$gte</c>.</summary>
    public string Path { get; } = path;

    /// <summary>What is wrong there.</summary>
    public string Reason { get; } = reason;
}
