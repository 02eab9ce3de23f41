using System.Reflection;

namespace AiBackend.Documents.Tests.Conformance;

public sealed class ConformanceMetaTests
{
    private static readonly Type[] Types = typeof(ConformanceMetaTests).Assembly.GetTypes();

    public static TheoryData<Type, Type> SuitesOfAdapters =>
        new(from adapter in Adapters() from suite in Suites() select (adapter, suite));

    [Theory]
    [MemberData(nameof(SuitesOfAdapters))]
    public void Every_adapter_runs_every_suite(Type adapter, Type suite)
    {
        var fixtures = Types.Where(type =>
            !type.IsAbstract && type.IsSubclassOf(typeof(StoreFixture)) && ((StoreFixture)Activator.CreateInstance(type)!).StoreType == adapter);
        var runs = Types.Where(type => !type.IsAbstract && type.IsSubclassOf(suite));

        Assert.Contains(runs, run => fixtures.Any(fixture => run.GetInterfaces().Contains(typeof(IClassFixture<>).MakeGenericType(fixture))));
    }

    private static IEnumerable<Type> Suites() => Types.Where(type => type.IsAbstract && type.IsSubclassOf(typeof(StoreTests)));

    private static IEnumerable<Type> Adapters() => Directory.GetFiles(AppContext.BaseDirectory, "AiBackend.Documents.*.dll")
        .Select(path => Assembly.Load(Path.GetFileNameWithoutExtension(path)))
        .SelectMany(assembly => assembly.GetTypes())
        .Where(type => !type.IsAbstract && type.IsAssignableTo(typeof(IDocumentStore)));
}
