using AiBackend.Documents;
using AiBackend.Http;

namespace AiBackend.Events;

/// <summary>Makes the data of events.</summary>
internal static class EventData
{
    /// <summary>The resource under its name, written as its GET answers it: <c>{"message": {…}}</c>.</summary>
    /// <param name="name">The kind of resource, as in <c>message</c>.</param>
    /// <param name="resource">What the resource's GET would return now.</param>
    public static RawJson Of<T>(string name, T resource) =>
        RawJson.Of(new Dictionary<string, T>(StringComparer.Ordinal) { [name] = resource }, WireJson.Options);
}
