using System.Text.Json;

namespace AiBackend.Semantics.Cube;

/// <summary>Reads what Cube's <c>/meta</c> answers (with <c>extended=true</c> the joins too). What is hidden from users is left out.</summary>
internal static class CubeMetaJson
{
    /// <exception cref="FormatException">It is not what Cube answers.</exception>
    public static CubeMeta Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("cubes", out var cubes) || cubes.ValueKind != JsonValueKind.Array)
        {
            throw new FormatException("There is no list of cubes.");
        }

        return new CubeMeta([.. cubes.EnumerateArray().Where(IsShown).Select(Cube)]);
    }

    private static CubeInfo Cube(JsonElement cube)
    {
        var name = Text(cube, "name") ?? throw new FormatException("There is a cube without a name.");
        return new CubeInfo(
            name,
            Text(cube, "title") ?? name,
            Text(cube, "description"),
            Text(cube, "type") == "view",
            cube.TryGetProperty("connectedComponent", out var component) && component.TryGetInt32(out var number) ? number : null,
            [.. Entries(cube, "measures").Where(IsShown).Select(Member)],
            [.. Entries(cube, "dimensions").Where(IsShown).Select(Member)],
            [.. Entries(cube, "segments").Where(IsShown).Select(Member)])
        {
            Joins = [.. Entries(cube, "joins").Select(join => Text(join, "name")).OfType<string>()],
            ToMany = Entries(cube, "joins").All(join => Text(join, "relationship") is not null)
                ? [.. Entries(cube, "joins").Where(join => Text(join, "relationship") is "hasMany" or "has_many" or "one_to_many").Select(join => Text(join, "name")).OfType<string>()]
                : null,
        };
    }

    private static CubeMember Member(JsonElement member)
    {
        var name = Text(member, "name") ?? throw new FormatException("There is a member without a name.");
        return new CubeMember(
            name,
            Text(member, "title") ?? name,
            Text(member, "shortTitle") ?? Text(member, "title") ?? name,
            Text(member, "description"),
            Text(member, "type") ?? string.Empty,
            Text(member, "aggType"),
            Text(member, "format"),
            member.TryGetProperty("primaryKey", out var key) && key.ValueKind == JsonValueKind.True);
    }

    private static IEnumerable<JsonElement> Entries(JsonElement cube, string name) =>
        cube.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Where(entry => entry.ValueKind == JsonValueKind.Object)
            : [];

    private static bool IsShown(JsonElement entry) =>
        entry.ValueKind == JsonValueKind.Object
        && !IsFalse(entry, "public") && !IsFalse(entry, "isVisible");

    private static bool IsFalse(JsonElement entry, string name) => entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.False;

    // A format may be an object (links); only plain ones are of use here.
    private static string? Text(JsonElement entry, string name) =>
        entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;
}
