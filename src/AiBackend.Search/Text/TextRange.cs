namespace AiBackend.Search.Text;

/// <summary>A part of a text, counted in UTF-16 units from the text's beginning.</summary>
public readonly record struct TextRange(int Start, int Length)
{
    /// <summary>The first unit behind the part.</summary>
    public int End => Start + Length;

    /// <summary>The part itself.</summary>
    public ReadOnlySpan<char> Of(ReadOnlySpan<char> text) => text.Slice(Start, Length);
}
