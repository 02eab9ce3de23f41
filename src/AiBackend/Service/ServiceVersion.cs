using System.Reflection;

namespace AiBackend.Service;

/// <summary>The version of this build, as <c>Directory.Build.props</c> says it.</summary>
internal static class ServiceVersion
{
    public static string Value { get; } =
        typeof(ServiceVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]
        ?? "unknown";
}
