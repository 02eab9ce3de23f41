namespace AiBackend.Semantics.Cube;

/// <summary>What a Cube server answers about a client's models.</summary>
internal sealed record CubeMeta(IReadOnlyList<CubeInfo> Cubes);

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
    IReadOnlyList<CubeMember> Segments);

/// <summary>A measure, dimension or segment.</summary>
/// <param name="Name">In full: <c>orders.count</c>.</param>
/// <param name="Title">For people, with the cube's.</param>
/// <param name="ShortTitle">For people, without the cube's.</param>
/// <param name="Type"><c>string</c>, <c>number</c>, <c>time</c>, <c>boolean</c> or <c>geo</c>; empty for a segment.</param>
/// <param name="AggType">How a measure aggregates (<c>count</c>, <c>sum</c>, …); null for others.</param>
/// <param name="Format">Such as <c>currency</c> or <c>percent</c>.</param>
internal sealed record CubeMember(
    string Name, string Title, string ShortTitle, string? Description, string Type, string? AggType, string? Format, bool IsPrimaryKey);
