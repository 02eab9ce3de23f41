using System.Text;

namespace AiBackend.Knowledge.Extraction;

/// <summary>Builds text that keeps the structure of its source: see <see cref="ExtractedText.Text"/> for the form.</summary>
internal sealed class StructuredText
{
    private readonly StringBuilder text = new();
    private string mark = string.Empty;
    private int breaks = 2;
    private int headingLevel;
    private int headingStart;
    private bool spaceBefore;

    /// <summary>The highest-ranking heading, of several the first.</summary>
    public string? FirstHeading { get; private set; }

    /// <summary>Whether text is taken with its own spaces and lines, as in program listings.</summary>
    public bool IsVerbatim { get; set; }

    private int FirstHeadingLevel { get; set; } = int.MaxValue;

    /// <summary>The text with runs of white space as one space, none at the ends.</summary>
    public static string Collapse(string words) => string.Join(' ', words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    /// <summary>Adds words of a line.</summary>
    public void Inline(string words)
    {
        foreach (var unit in words)
        {
            if (char.IsWhiteSpace(unit) || unit == '\u00AD')
            {
                // A soft hyphen is invisible unless a line ends there.
                spaceBefore |= unit != '\u00AD';
                continue;
            }

            Begin();
            text.Append(unit);
        }
    }

    /// <summary>Adds text as it is.</summary>
    public void Verbatim(string lines)
    {
        var trimmed = text.Length == 0 || breaks > 0 ? lines.TrimStart('\n', '\r') : lines;
        if (trimmed.Length > 0)
        {
            spaceBefore = false;
            Begin();
            text.Append(trimmed);
        }
    }

    /// <summary>What follows begins a line.</summary>
    public void Line()
    {
        if (headingLevel > 0)
        {
            spaceBefore = true;
        }
        else
        {
            Break(1);
        }
    }

    /// <summary>What follows begins a paragraph.</summary>
    public void Block()
    {
        if (headingLevel > 0)
        {
            spaceBefore = true;
        }
        else
        {
            Break(2);
        }
    }

    /// <summary>Stands before the next words of this line, if there are any.</summary>
    public void Mark(string before) => mark = before;

    /// <summary>Ends a cell of a table row.</summary>
    public void EndCell()
    {
        if (headingLevel > 0)
        {
            return;
        }

        spaceBefore = true;
        Begin();
        text.Append('|');
        spaceBefore = true;
    }

    /// <summary>What follows is a heading.</summary>
    public void StartHeading(int level)
    {
        Block();
        headingLevel = level;
        mark = $"{new string('#', level)} ";
        headingStart = -1;
    }

    /// <summary>The heading ends here.</summary>
    public void EndHeading()
    {
        if (headingLevel > 0 && headingStart >= 0 && headingLevel < FirstHeadingLevel)
        {
            (FirstHeading, FirstHeadingLevel) = (text.ToString(headingStart, text.Length - headingStart), headingLevel);
        }

        headingLevel = 0;
        Block();
    }

    /// <inheritdoc />
    public override string ToString() => text.ToString().Trim();

    private void Break(int count)
    {
        mark = string.Empty;
        spaceBefore = false;
        breaks = Math.Max(breaks, count);
    }

    private void Begin()
    {
        if (breaks > 0 || mark.Length > 0)
        {
            if (text.Length > 0)
            {
                while (text[^1] is ' ' or '\n')
                {
                    text.Length--;
                }

                text.Append('\n', Math.Max(breaks, 1));
            }

            text.Append(mark);
            if (headingLevel > 0)
            {
                headingStart = text.Length;
            }
        }
        else if (spaceBefore && text.Length > 0)
        {
            text.Append(' ');
        }

        (mark, breaks, spaceBefore) = (string.Empty, 0, false);
    }
}
