using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace AiBackend.Search.Embedding;

/// <summary>
/// The tables of a static model file, as laid out in <c>Models/static-en/MODEL.md</c>. Rows 0 to V-1 are words, the B rows after
/// them are n-gram buckets.
/// </summary>
internal sealed class StaticModel
{
    private const int HeaderLength = 64;

    private readonly byte[] file;
    private readonly int rowsAt;

    private readonly char[] wordText;
    private readonly int[] wordStart;
    private readonly int[] slots;

    /// <summary>Per UTF-16 unit: 1 + its entry in the fold table, 0 where it stays as it is.</summary>
    private readonly ushort[] foldEntry;
    private readonly int[] foldStart;
    private readonly char[] foldText;

    private StaticModel(byte[] file, Header header)
    {
        this.file = file;
        Dimensions = header.Dimensions;
        WordCount = header.Words;
        BucketCount = header.Buckets;
        ShortestGram = header.ShortestGram;
        LongestGram = header.LongestGram;

        var at = HeaderLength;
        var starts = MemoryMarshal.Cast<byte, uint>(Take((WordCount + 1L) * 4));
        var utf8 = Take(header.WordTextLength);
        var scales = MemoryMarshal.Cast<byte, float>(Take(WordCount * 4L));
        var weights = MemoryMarshal.Cast<byte, float>(Take(WordCount * 4L));
        var bucketScales = MemoryMarshal.Cast<byte, float>(Take(BucketCount * 4L));
        rowsAt = at;
        Take((WordCount + (long)BucketCount) * Dimensions);
        var folded = MemoryMarshal.Cast<byte, char>(Take(header.FoldEntries * 2L));
        var foldLengths = Take(header.FoldEntries);
        // The replacements may begin at an odd address, hence the copy byte by byte.
        foldText = new char[header.FoldTextLength];
        Take(header.FoldTextLength * 2L).CopyTo(MemoryMarshal.AsBytes(foldText.AsSpan()));

        RowScales = new float[WordCount + BucketCount];
        System.Numerics.Tensors.TensorPrimitives.Multiply(scales, weights, RowScales);
        bucketScales.CopyTo(RowScales.AsSpan(WordCount));

        (wordText, wordStart) = DecodeWords(utf8, starts);
        slots = HashWords(wordText, wordStart);

        foldEntry = new ushort[char.MaxValue + 1];
        foldStart = new int[folded.Length + 1];
        for (var i = 0; i < folded.Length; i++)
        {
            foldEntry[folded[i]] = (ushort)(i + 1);
            foldStart[i + 1] = foldStart[i] + foldLengths[i];
        }

        if (foldStart[^1] != foldText.Length)
        {
            throw new InvalidDataException("The model file is damaged: the fold table's lengths do not add up.");
        }

        ReadOnlySpan<byte> Take(long length)
        {
            var part = file.AsSpan(at, (int)length);
            at += (int)length;
            return part;
        }
    }

    public int Dimensions { get; }

    public int WordCount { get; }

    public int BucketCount { get; }

    public int ShortestGram { get; }

    public int LongestGram { get; }

    /// <summary>What a row is multiplied with, importance included.</summary>
    public float[] RowScales { get; }

    /// <exception cref="InvalidDataException">The file is not a version 1 static model, or it was cut or altered.</exception>
    public static StaticModel Read(byte[] file)
    {
        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException("The model file is little-endian and is read in place.");
        }

        return new StaticModel(file, Header.Read(file));
    }

    public ReadOnlySpan<sbyte> Row(int row) =>
        MemoryMarshal.Cast<byte, sbyte>(file.AsSpan(rowsAt + (row * Dimensions), Dimensions));

    /// <returns>The row of a word in lower case, or -1.</returns>
    public int Find(ReadOnlySpan<char> word)
    {
        for (var slot = Hash(word) & (uint)(slots.Length - 1); ; slot = (slot + 1) & (uint)(slots.Length - 1))
        {
            var row = slots[slot] - 1;
            if (row < 0 || word.SequenceEqual(wordText.AsSpan(wordStart[row], wordStart[row + 1] - wordStart[row])))
            {
                return row;
            }
        }
    }

    /// <summary>What the character is replaced by before anything else is done with a text; false where it stays.</summary>
    public bool TryFold(char unit, out ReadOnlySpan<char> replacement)
    {
        var entry = foldEntry[unit] - 1;
        replacement = entry < 0 ? default : foldText.AsSpan(foldStart[entry], foldStart[entry + 1] - foldStart[entry]);
        return entry >= 0;
    }

    private static (char[] Text, int[] Starts) DecodeWords(ReadOnlySpan<byte> utf8, ReadOnlySpan<uint> starts)
    {
        var text = new char[utf8.Length];
        var units = new int[starts.Length];
        for (var i = 0; i + 1 < starts.Length; i++)
        {
            if (starts[i + 1] < starts[i] || starts[i + 1] > utf8.Length)
            {
                throw new InvalidDataException($"The model file is damaged: word {i} ends outside the word text.");
            }

            units[i + 1] = units[i] + Encoding.UTF8.GetChars(utf8[(int)starts[i]..(int)starts[i + 1]], text.AsSpan(units[i]));
        }

        return (text, units);
    }

    private static int[] HashWords(char[] text, int[] starts)
    {
        var slots = new int[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)starts.Length * 2)];
        for (var row = 0; row + 1 < starts.Length; row++)
        {
            var slot = Hash(text.AsSpan(starts[row], starts[row + 1] - starts[row])) & (uint)(slots.Length - 1);
            while (slots[slot] != 0)
            {
                slot = (slot + 1) & (uint)(slots.Length - 1);
            }

            slots[slot] = row + 1;
        }

        return slots;
    }

    private static uint Hash(ReadOnlySpan<char> word)
    {
        var hash = (uint)word.Length;
        foreach (var unit in word)
        {
            hash = (hash ^ unit) * 0x9E3779B1;
        }

        return hash ^ (hash >> 15);
    }

    private readonly record struct Header(
        int Dimensions, int Words, int Buckets, int ShortestGram, int LongestGram, int WordTextLength, int FoldEntries, int FoldTextLength)
    {
        public static Header Read(ReadOnlySpan<byte> file)
        {
            if (file.Length < HeaderLength || !file.StartsWith("STATEMB1"u8))
            {
                throw new InvalidDataException("Not a static embedding model: the file does not begin with STATEMB1.");
            }

            if (Field(file, 8) is not 1 and var version)
            {
                throw new InvalidDataException($"The model file has version {version}; this reader knows version 1.");
            }

            var (dimensions, words, buckets) = (Field(file, 12), Field(file, 16), Field(file, 20));
            var (shortest, longest, textLength) = (Field(file, 24), Field(file, 28), Field(file, 32));
            var (foldEntries, foldTextLength) = (Field(file, 40), Field(file, 44));
            if (dimensions is 0 or > 65_536 || dimensions % 32 != 0 || buckets == 0 || shortest == 0 || longest < shortest
                || textLength % 4 != 0 || foldEntries >= char.MaxValue)
            {
                throw new InvalidDataException("The model file is damaged: its header holds impossible sizes.");
            }

            var expected = HeaderLength + (4 * (words + 1)) + textLength + (8 * words) + (4 * buckets)
                + ((words + buckets) * dimensions) + (3 * foldEntries) + (2 * foldTextLength);
            if (file.Length != expected)
            {
                throw new InvalidDataException($"The model file is {file.Length} bytes long; its header asks for {expected}.");
            }

            return new Header((int)dimensions, (int)words, (int)buckets, (int)shortest, (int)longest, (int)textLength,
                (int)foldEntries, (int)foldTextLength);
        }

        private static long Field(ReadOnlySpan<byte> file, int offset) =>
            BinaryPrimitives.ReadUInt32LittleEndian(file[offset..]);
    }
}
