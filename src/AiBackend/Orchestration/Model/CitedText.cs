using System.Globalization;
using System.Text;

namespace AiBackend.Orchestration.Model;

/// <summary>
/// Checks the citations in a model's text while it streams. A marker, <c>[2]</c> or <c>[1, 3]</c>, that names no source is taken
/// out, with the space before it; the others are numbered anew in the order of their first appearance, so that <c>[n]</c> is the
/// nth cited source. Whatever might still become a marker is held back, so the pieces given out add up exactly to the text, however
/// the model's own pieces were cut.
/// </summary>
/// <remarks>
/// Brackets between backticks are code and left alone. White space around the whole text is dropped.
/// </remarks>
internal sealed class CitedText(int sourceCount)
{
    /// <summary>No marker is longer; a longer run of numbers in brackets is text.</summary>
    private const int LongestMarker = 40;

    private readonly StringBuilder text = new();
    private readonly StringBuilder space = new();
    private readonly StringBuilder marker = new();
    private readonly List<int> cited = [];
    private int given;
    private int backticks;
    private int openBackticks;
    private bool followsRemoval;

    /// <summary>The checked text so far, without what is held back.</summary>
    public string Text => text.ToString();

    /// <summary>The numbers of the cited sources, from 1, as the model was told them; <c>[n]</c> in the text stands for the nth.</summary>
    public IReadOnlyList<int> Cited => cited;

    /// <summary>Takes the next piece and gives what is certain by now; maybe nothing.</summary>
    public string Push(string piece)
    {
        foreach (var unit in piece)
        {
            Take(unit);
        }

        return Given();
    }

    /// <summary>Ends the text and gives the rest of it.</summary>
    public string Finish()
    {
        while (marker.Length > 0 && marker[^1] == ' ')
        {
            marker.Length--;
        }

        ReleaseMarker();
        space.Clear();
        return Given();
    }

    private string Given()
    {
        var piece = text.ToString(given, text.Length - given);
        given = text.Length;
        return piece;
    }

    private void Take(char unit)
    {
        if (marker.Length > 0)
        {
            if (unit == ']' && marker.Length < LongestMarker && TryReadMarker())
            {
                return;
            }

            if ((char.IsAsciiDigit(unit) || unit is ',' or ' ' or '[') && marker.Length < LongestMarker)
            {
                marker.Append(unit);
                return;
            }

            ReleaseMarker();
        }

        TrackCode(unit);
        if (char.IsWhiteSpace(unit))
        {
            if (followsRemoval)
            {
                // "wool [9] socks" becomes "wool socks": of the spaces around the marker one is kept.
                DropBlanks();
            }

            if (!followsRemoval || !EndsLine() || unit is '\n')
            {
                space.Append(unit);
            }
        }
        else if (unit == '[' && openBackticks == 0)
        {
            marker.Append(unit);
            return;
        }
        else
        {
            if (followsRemoval && unit is '.' or ',' or ';' or ':' or '!' or '?' or ')')
            {
                DropBlanks();
            }

            ReleaseSpace();
            text.Append(unit);
        }

        followsRemoval = false;
    }

    private bool TryReadMarker()
    {
        // Only the innermost bracket can be a marker. What stands before it stays held back when it goes: "[[9]1]" must not
        // leave "[1]" unchecked.
        var held = marker.ToString();
        var start = held.LastIndexOf('[');
        List<int> numbers = [];
        foreach (var entry in held[(start + 1)..].Split(','))
        {
            var digits = entry.Trim(' ');
            if (digits.Length is 0 or > 3 || !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                return false;
            }

            numbers.Add(number);
        }

        marker.Length = start;
        var known = numbers.Where(number => number >= 1 && number <= sourceCount).Select(Place).Distinct().ToList();
        if (known.Count == 0)
        {
            followsRemoval = start == 0;
            return true;
        }

        ReleaseMarker();
        ReleaseSpace();
        text.Append('[').AppendJoin(", ", known).Append(']');
        followsRemoval = false;
        return true;
    }

    private int Place(int number)
    {
        var place = cited.IndexOf(number);
        if (place < 0)
        {
            cited.Add(number);
            place = cited.Count - 1;
        }

        return place + 1;
    }

    /// <summary>A run of backticks opens code, one of the same length closes it; a single line break ends code between one or two.</summary>
    private void TrackCode(char unit)
    {
        if (unit == '`')
        {
            backticks++;
            return;
        }

        if (backticks > 0)
        {
            openBackticks = openBackticks == 0 ? backticks : openBackticks == backticks ? 0 : openBackticks;
            backticks = 0;
        }

        if (unit == '\n' && openBackticks is 1 or 2)
        {
            openBackticks = 0;
        }
    }

    private bool EndsLine() => space.Length > 0 ? space[^1] == '\n' : text.Length == 0;

    private void DropBlanks()
    {
        while (space.Length > 0 && space[^1] is (' ' or '\t'))
        {
            space.Length--;
        }
    }

    private void ReleaseMarker()
    {
        if (marker.Length > 0)
        {
            ReleaseSpace();
            text.Append(marker);
            marker.Clear();
            followsRemoval = false;
        }
    }

    private void ReleaseSpace()
    {
        if (text.Length > 0)
        {
            text.Append(space);
        }

        space.Clear();
    }
}
