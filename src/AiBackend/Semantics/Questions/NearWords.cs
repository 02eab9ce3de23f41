using System.Numerics.Tensors;

namespace AiBackend.Semantics.Questions;

/// <summary>Finds the one name that means about the same as a word. Where two names are about as near, none is.</summary>
internal sealed class NearWords(IEnumerable<string> names, Func<string, float[]> embed)
{
    /// <summary>Unrelated words have about .1 (95th percentile .33).</summary>
    private const float LeastCosine = 0.62f;

    private const float LeastMargin = 0.12f;
    private const int ShortestWord = 4;

    private readonly Lazy<(string Name, float[] Vector)[]> vectors = new(() => [.. names.Where(name => name.Length >= ShortestWord).Select(name => (name, embed(name)))]);

    /// <returns>The name and how sure it is, 0 to 1; null when no name is near.</returns>
    public (string? Name, double Score) Find(string word)
    {
        if (word.Length < ShortestWord || !word.All(char.IsLetter))
        {
            return default;
        }

        var asked = embed(word);
        var (best, second, name) = (0f, 0f, (string?)null);
        foreach (var (candidate, vector) in vectors.Value)
        {
            var cosine = TensorPrimitives.Dot<float>(asked, vector);
            if (cosine > best)
            {
                (second, best, name) = (best, cosine, candidate);
            }
            else if (cosine > second)
            {
                second = cosine;
            }
        }

        return best >= LeastCosine && best - second >= LeastMargin ? (name, 0.7 + (0.15 * (best - LeastCosine) / (1 - LeastCosine))) : default;
    }
}
