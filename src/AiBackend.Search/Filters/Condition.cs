using System.Text.Json;

namespace AiBackend.Search.Filters;

/// <returns>The field's value; null where it is absent.</returns>
internal delegate JsonElement? FieldLookup(string path);

/// <summary>A node of a filter.</summary>
internal abstract record Condition
{
    public abstract bool Holds(FieldLookup fields);
}

internal sealed record AllOf(IReadOnlyList<Condition> Parts) : Condition
{
    public override bool Holds(FieldLookup fields)
    {
        foreach (var part in Parts)
        {
            if (!part.Holds(fields))
            {
                return false;
            }
        }

        return true;
    }
}

internal sealed record AnyOf(IReadOnlyList<Condition> Parts) : Condition
{
    public override bool Holds(FieldLookup fields)
    {
        foreach (var part in Parts)
        {
            if (part.Holds(fields))
            {
                return true;
            }
        }

        return false;
    }
}

internal sealed record Not(Condition Part) : Condition
{
    public override bool Holds(FieldLookup fields) => !Part.Holds(fields);
}

internal sealed record Exists(string Field, bool Expected) : Condition
{
    public override bool Holds(FieldLookup fields) => fields(Field) is not null == Expected;
}

/// <summary>The field, or one of its entries where it is a list, equals one of the values.</summary>
internal sealed record EqualsOneOf(string Field, IReadOnlyList<FilterValue> Values) : Condition
{
    public override bool Holds(FieldLookup fields)
    {
        if (fields(Field) is not { } value)
        {
            return Fits(FilterValue.Null);
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            return FilterValue.TryRead(value, out var single) && Fits(single);
        }

        foreach (var entry in value.EnumerateArray())
        {
            if (FilterValue.TryRead(entry, out var read) && Fits(read))
            {
                return true;
            }
        }

        return false;
    }

    private bool Fits(FilterValue found)
    {
        foreach (var value in Values)
        {
            if (value.Equals(found))
            {
                return true;
            }
        }

        return false;
    }
}

internal enum Bound
{
    Above,
    AtLeast,
    Below,
    AtMost,
}

/// <summary>The field, or one of its entries where it is a list, lies on the right side of a value.</summary>
internal sealed record Compares(string Field, Bound Bound, FilterValue Value) : Condition
{
    public override bool Holds(FieldLookup fields)
    {
        if (fields(Field) is not { } value)
        {
            return false;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            return Fits(value);
        }

        foreach (var entry in value.EnumerateArray())
        {
            if (Fits(entry))
            {
                return true;
            }
        }

        return false;
    }

    private bool Fits(JsonElement element) =>
        FilterValue.TryRead(element, out var read) && read.CompareWith(Value) is { } order && Bound switch
        {
            Bound.Above => order > 0,
            Bound.AtLeast => order >= 0,
            Bound.Below => order < 0,
            _ => order <= 0,
        };
}
