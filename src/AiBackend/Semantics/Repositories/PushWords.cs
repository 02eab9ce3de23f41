using System.Buffers;
using System.Globalization;
using System.Text;

namespace AiBackend.Semantics.Repositories;

/// <summary>Picks out of the answer to a push what the server, its hooks above all, says to people: the second band of git's side bands.</summary>
internal sealed class PushWords
{
    private const int MaxKept = 64 << 10;
    private const int MaxText = 2_000;
    private const byte People = 2;

    private readonly ArrayBufferWriter<byte> answer = new();

    /// <summary>The words, in one line.</summary>
    public string Text
    {
        get
        {
            var said = new StringBuilder();
            var rest = answer.WrittenSpan;
            while (rest.Length > 4 && int.TryParse(rest[..4], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var length))
            {
                length = Math.Max(length, 4);
                if (length > rest.Length)
                {
                    break;
                }

                if (length > 5 && rest[4] == People)
                {
                    said.Append(Encoding.UTF8.GetString(rest[5..length]));
                }

                rest = rest[length..];
            }

            var text = string.Join(' ', said.ToString().Split([' ', '\n', '\r', '\t', '\0', '\e'], StringSplitOptions.RemoveEmptyEntries));
            return text.Length <= MaxText ? text : text[..MaxText];
        }
    }

    /// <summary>Takes the next bytes of the answer.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (answer.WrittenCount < MaxKept)
        {
            answer.Write(bytes);
        }
    }
}
