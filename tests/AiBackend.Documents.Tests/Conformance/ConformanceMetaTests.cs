using System.Reflection;

namespace AiBackend.Documents.Tests.Conformance;

/// <summary>No adapter leaves a suite out.</summary>
public sealed class ConformanceMetaTests
{
    private static readonly Type[] Types = typeof(ConformanceMetaTests).Assembly.GetTypes();

    public static TheoryData<Type, Type> SuitesOfAdapters =>
        new(from adapter in Adapters() from suite in Suites() select (adapter, suite));

    [Theory]
    [MemberData(nameof(SuitesOfAdapters))]
    public async Task Every_adapter_runs_every_suite(Type adapter, Type suite)
    {
        var runs = Types.Where(type => !type.IsAbstract && type.IsSubclassOf(suite)).ToList();
        var fixtures = Types.Where(type => !type.IsAbstract && type.IsSubclassOf(typeof(StoreFixture)));
        var isRun = false;
        foreach (var fixture in fixtures)
        {
            await using var made = (StoreFixture)Activator.CreateInstance(fixture)!;
            isRun |= made.StoreType == adapter
                && runs.Exists(run => run.GetInterfaces().Contains(typeof(IClassFixture<>).MakeGenericType(fixture)));
        }

        Assert.True(isRun, $"{adapter.Name} does not run {suite.Name}.");
    }

    [Fact]
    public void Both_adapters_are_looked_at() => Assert.Equal(["MongoDocumentStore", "SqliteDocumentStore"], Adapters().Select(type => type.Name).Order());

    private static IEnumerable<Type> Suites() => Types.Where(type => type.IsAbstract && type.IsSubclassOf(typeof(StoreTests)));

    private static IEnumerable<Type> Adapters() => Directory.GetFiles(AppContext.BaseDirectory, "AiBackend.Documents.*.dll")
        .Select(path => Assembly.Load(Path.GetFileNameWithoutExtension(path)))
        .SelectMany(assembly => assembly.GetTypes())
        .Where(type => !type.IsAbstract && type.IsAssignableTo(typeof(IDocumentStore)));
}
