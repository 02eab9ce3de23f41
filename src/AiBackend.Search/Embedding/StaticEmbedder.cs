using System.Buffers;
using System.Numerics.Tensors;

namespace AiBackend.Search.Embedding;

/// <summary>
/// The built-in English embedding model: a table from word to vector, a text's vector being the sum of its words' vectors scaled
/// to length 1. It needs neither a runtime nor a network and may be used by any number of threads at once.
/// </summary>
/// <remarks>
/// Its cosines run low: unrelated texts have about .08 (95th percentile .33), close paraphrases .7 to .9. The weaknesses are
/// listed in <c>Models/static-en/MODEL.md</c>.
/// </remarks>
public sealed class StaticEmbedder
{
    /// <summary>The name under which the built-in model's vectors are stored and compared.</summary>
    public const string ModelName = "ai-backend-embed";

    private readonly StaticModel model;

    private StaticEmbedder(StaticModel model) => this.model = model;

    /// <summary>Where the model that comes with this assembly lies.</summary>
    public static string BuiltInPath => Path.Combine(AppContext.BaseDirectory, "Models", "static-en", "model.bin");

    /// <summary>The length of every vector.</summary>
    public int Dimensions => model.Dimensions;

    /// <summary>Reads the model that comes with this assembly.</summary>
    /// <exception cref="FileNotFoundException">The application was copied without its <c>Models</c> folder.</exception>
    /// <exception cref="InvalidDataException">The file is not a model, or it is damaged.</exception>
    public static StaticEmbedder LoadBuiltIn() => Load(BuiltInPath);

    /// <summary>Reads a model file into memory (about 16 MB for the built-in one).</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is not a model of a known version, or it is cut or damaged.</exception>
    public static StaticEmbedder Load(string path) => new(StaticModel.Read(File.ReadAllBytes(path)));

    /// <summary>The text's vector, of length 1; all zeros when the text holds no word.</summary>
    public float[] Embed(string text)
    {
        var vector = new float[Dimensions];
        Embed(text, vector);
        return vector;
    }

    /// <summary>Writes the text's vector into the first <see cref="Dimensions"/> places of <paramref name="destination"/>.</summary>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public void Embed(ReadOnlySpan<char> text, Span<float> destination)
    {
        destination = Fitting(destination);
        var length = Sum(text, destination);
        if (length > 0)
        {
            TensorPrimitives.Divide(destination, length, destination);
        }
    }

    /// <summary>How many words the model sees in the text: runs of letters and digits, "re-opened" and "don't" being one each.</summary>
    public int CountTokens(ReadOnlySpan<char> text)
    {
        var folded = Fold(text, out var rented);
        var (count, at) = (0, 0);
        while (WordRuns.Next(folded, ref at, out _))
        {
            count++;
        }

        Return(rented);
        return count;
    }

    /// <summary>
    /// Writes the plain sum of the words' vectors and returns its length, which for a single word says how much the word counts:
    /// near 0 for "the", about 1 for a telling word.
    /// </summary>
    internal float Sum(ReadOnlySpan<char> text, Span<float> destination)
    {
        destination = Fitting(destination);
        destination.Clear();
        var folded = Fold(text, out var rented);
        var pass = new EmbeddingPass(model, destination);
        var at = 0;
        while (WordRuns.Next(folded, ref at, out var run))
        {
            pass.AddRun(run);
        }

        Return(rented);
        return TensorPrimitives.Norm<float>(destination);
    }

    private Span<float> Fitting(Span<float> destination) => destination.Length >= Dimensions
        ? destination[..Dimensions]
        : throw new ArgumentException($"The destination holds {destination.Length} places; a vector needs {Dimensions}.", nameof(destination));

    /// <summary>Rule 1: accents, ligatures and typographic marks give way to plain characters. ASCII, the usual case, stays in place.</summary>
    private ReadOnlySpan<char> Fold(ReadOnlySpan<char> text, out char[]? rented)
    {
        rented = null;
        var first = text.IndexOfAnyExceptInRange('\0', '\x7f');
        if (first < 0)
        {
            return text;
        }

        rented = ArrayPool<char>.Shared.Rent(text.Length + 64);
        text[..first].CopyTo(rented);
        var length = first;
        foreach (var unit in text[first..])
        {
            var isFolded = model.TryFold(unit, out var replacement);
            var added = isFolded ? replacement.Length : 1;
            if (length + added > rented.Length)
            {
                var wider = ArrayPool<char>.Shared.Rent(rented.Length * 2);
                rented.AsSpan(0, length).CopyTo(wider);
                ArrayPool<char>.Shared.Return(rented);
                rented = wider;
            }

            if (isFolded)
            {
                replacement.CopyTo(rented.AsSpan(length));
            }
            else
            {
                rented[length] = unit;
            }

            length += added;
        }

        return rented.AsSpan(0, length);
    }

    private static void Return(char[]? rented)
    {
        if (rented is not null)
        {
            ArrayPool<char>.Shared.Return(rented);
        }
    }
}
