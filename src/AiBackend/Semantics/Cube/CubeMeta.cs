namespace AiBackend.Semantics.Cube;

/// <summary>What a Cube server answers about a client's models.</summary>
internal sealed record CubeMeta(IReadOnlyList<CubeInfo> Cubes)
{
    private readonly Lazy<Dictionary<string, (CubeInfo Cube, CubeMember Member, CubeMemberKind Kind)>> members = new(() => Index(Cubes));

    /// <summary>A member by its full name, as it is written in the models; null when there is none of that name.</summary>
    public (CubeInfo Cube, CubeMember Member, CubeMemberKind Kind)? Find(string name) => members.Value.TryGetValue(name, out var found) ? found : null;

    private static Dictionary<string, (CubeInfo Cube, CubeMember Member, CubeMemberKind Kind)> Index(IReadOnlyList<CubeInfo> cubes)
    {
        var index = new Dictionary<string, (CubeInfo Cube, CubeMember Member, CubeMemberKind Kind)>(StringComparer.Ordinal);
        foreach (var cube in cubes)
        {
            Add(cube.Measures, CubeMemberKind.Measure);
            Add(cube.Dimensions, CubeMemberKind.Dimension);
            Add(cube.Segments, CubeMemberKind.Segment);

            void Add(IReadOnlyList<CubeMember> added, CubeMemberKind kind)
            {
                foreach (var member in added)
                {
                    index.TryAdd(member.Name, (cube, member, kind));
                }
            }
        }

        return index;
    }
}

/// <summary>What a member of a cube is.</summary>
internal enum CubeMemberKind
{
    Measure,
    Dimension,
    Segment,
}

/// <summary>A cube or view.</summary>
/// <param name="Name">As members begin.</param>
/// <param name="Title">For people.</param>
/// <param name="ConnectedComponent">Cubes of the same number can be joined; null for views.</param>
internal sealed record CubeInfo(
    string Name,
    string Title,
    string? Description,
    bool IsView,
    int? ConnectedComponent,
    IReadOnlyList<CubeMember> Measures,
    IReadOnlyList<CubeMember> Dimensions,
    IReadOnlyList<CubeMember> Segments)
{
    /// <summary>The cubes that it joins directly; empty for views, and where the server does not tell.</summary>
    public IReadOnlyList<string> Joins { get; init; } = [];

    /// <summary>Of <see cref="Joins"/> those of which one row has many; null where the server does not tell.</summary>
    public IReadOnlyList<string>? ToMany { get; init; }
}

/// <summary>A measure, dimension or segment.</summary>
/// <param name="Name">In full: <c>orders.count</c>.</param>
/// <param name="Title">For people, with the cube's.</param>
/// <param name="ShortTitle">For people, without the cube's.</param>
/// <param name="Type"><c>string</c>, <c>number</c>, <c>time</c>, <c>boolean</c> or <c>geo</c>; empty for a segment.</param>
/// <param name="AggType">How a measure aggregates (<c>count</c>, <c>sum</c>, …); null for others.</param>
/// <param name="Format">Such as <c>currency</c> or <c>percent</c>.</param>
internal sealed record CubeMember(
    string Name, string Title, string ShortTitle, string? Description, string Type, string? AggType, string? Format, bool IsPrimaryKey);
