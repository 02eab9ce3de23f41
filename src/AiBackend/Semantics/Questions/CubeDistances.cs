using AiBackend.Semantics.Cube;

namespace AiBackend.Semantics.Questions;

/// <summary>How many joins lie between two cubes.</summary>
internal sealed class CubeDistances
{
    private const int Unknown = 2;

    private readonly Dictionary<string, CubeInfo> cubes;
    private readonly Dictionary<string, HashSet<string>> joins = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Ways> known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> toOne = new(StringComparer.Ordinal);
    private readonly bool areJoinsTold;
    private readonly bool areDirectionsTold;

    public CubeDistances(IReadOnlyList<CubeInfo> cubes)
    {
        this.cubes = cubes.DistinctBy(cube => cube.Name, StringComparer.Ordinal).ToDictionary(cube => cube.Name, StringComparer.Ordinal);
        foreach (var (one, other) in cubes.SelectMany(cube => cube.Joins.Select(join => (cube.Name, join))))
        {
            Of(one).Add(other);
            Of(other).Add(one);
        }

        areJoinsTold = joins.Count > 0;
        areDirectionsTold = areJoinsTold && cubes.All(cube => cube.ToMany is not null);
    }

    /// <summary>Null when they cannot be joined.</summary>
    public int? Between(CubeInfo one, CubeInfo other)
    {
        if (one.Name == other.Name)
        {
            return 0;
        }

        if (one.IsView || other.IsView || one.ConnectedComponent != other.ConnectedComponent)
        {
            return null;
        }

        // A server that does not tell the joins says only that there are some.
        return WaysFrom(one).Joins.TryGetValue(other.Name, out var distance) ? distance : one.ConnectedComponent is not null || !areJoinsTold ? Unknown : null;
    }

    /// <summary>Whether there are several shortest ways, of which the server would take one unasked: "by country" of orders whose customer and shop each have one.</summary>
    public bool IsReachedInSeveralWays(CubeInfo one, CubeInfo other) => WaysFrom(one).Several.Contains(other.Name);

    /// <summary>Whether a row of one cube may have several of the other, as far as the server tells of joins.</summary>
    public bool IsToMany(CubeInfo one, CubeInfo other)
    {
        if (!areDirectionsTold)
        {
            return false;
        }

        lock (known)
        {
            if (!toOne.TryGetValue(one.Name, out var reached))
            {
                toOne.Add(one.Name, reached = ToOneFrom(one.Name));
            }

            return !reached.Contains(other.Name);
        }
    }

    /// <summary>Whether a cube lies on a shortest way between two others.</summary>
    public bool IsBetween(CubeInfo one, CubeInfo cube, CubeInfo other) =>
        Between(one, cube) is { } here && Between(cube, other) is { } there && Between(one, other) == here + there;

    private Ways WaysFrom(CubeInfo start)
    {
        lock (known)
        {
            if (!known.TryGetValue(start.Name, out var ways))
            {
                known.Add(start.Name, ways = From(start.Name));
            }

            return ways;
        }
    }

    private Ways From(string start)
    {
        var ways = new Ways(new Dictionary<string, int>(StringComparer.Ordinal) { [start] = 0 }, new HashSet<string>(StringComparer.Ordinal));
        var waiting = new Queue<string>([start]);
        while (waiting.TryDequeue(out var cube))
        {
            var joinsToNext = ways.Joins[cube] + 1;
            foreach (var next in Of(cube).Where(cubes.ContainsKey))
            {
                var isFirst = ways.Joins.TryAdd(next, joinsToNext);
                if (isFirst)
                {
                    waiting.Enqueue(next);
                }

                // All that are nearer have been left before, so that what is said of them is final.
                if (ways.Joins[next] == joinsToNext && (!isFirst || ways.Several.Contains(cube)))
                {
                    ways.Several.Add(next);
                }
            }
        }

        return ways;
    }

    // Those of which a row has one at most, over any number of joins; itself too.
    private HashSet<string> ToOneFrom(string start)
    {
        var reached = new HashSet<string>(StringComparer.Ordinal) { start };
        var waiting = new Queue<string>([start]);
        while (waiting.TryDequeue(out var name))
        {
            if (cubes.TryGetValue(name, out var cube))
            {
                foreach (var next in cube.Joins.Except(cube.ToMany!).Where(reached.Add))
                {
                    waiting.Enqueue(next);
                }
            }
        }

        return reached;
    }

    private HashSet<string> Of(string cube)
    {
        if (!joins.TryGetValue(cube, out var neighbours))
        {
            joins.Add(cube, neighbours = new HashSet<string>(StringComparer.Ordinal));
        }

        return neighbours;
    }

    /// <summary>What is reached from a cube.</summary>
    /// <param name="Joins">The fewest joins to each.</param>
    /// <param name="Several">Those that are reached by so few in several ways.</param>
    private sealed record Ways(Dictionary<string, int> Joins, HashSet<string> Several);
}
