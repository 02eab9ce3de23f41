using System.Numerics.Tensors;
using AiBackend.Search.Chunking;
using AiBackend.Search.Embedding;
using AiBackend.Search.Text;

namespace AiBackend.Search.Answering;

/// <summary>A passage that was found for a question.</summary>
/// <param name="Title">The title of its document; it says what the sentences are about.</param>
/// <param name="Text">The passage.</param>
public sealed record SourcePassage(string? Title, string Text);

/// <summary>A sentence that may answer the question.</summary>
/// <param name="PassageIndex">Which of the given passages it is from.</param>
/// <param name="Range">Its place in the passage's text.</param>
/// <param name="Score">
/// 0..1, comparable between questions: below .25 the sentence hardly speaks of what was asked, above .5 it most likely answers it.
/// </param>
/// <param name="Coverage">0..1: the share of the question's telling words that the sentence holds itself, in these or like words.</param>
public sealed record RankedSentence(int PassageIndex, TextRange Range, double Score, double Coverage);

/// <summary>
/// Judges how well each sentence of some passages fits a question. It has no state and may be used by any number of threads.
/// </summary>
/// <remarks>
/// The score is a logistic regression over six signs, fitted on questions within and beyond the scope of a small shop's texts:
/// the question's words in the sentence, the same with its surroundings, both cosines, and whether a time or price is asked and told.
/// Words count by their rarity in the index and by the model's importance; like words match by their vectors.
/// </remarks>
public sealed class SentenceRanker(StaticEmbedder embedder)
{
    /// <summary>The cosine of two words from which on they are taken to be alike, and how fast likeness grows from there.</summary>
    private const float LikeFrom = 0.2f;
    private const float LikeSpan = 0.5f;
    private const float LikeMost = 0.85f;

    /// <summary>What a word counts that is said not in the sentence but around it.</summary>
    private const float Surroundings = 0.7f;

    /// <summary>The sentences of all passages, best first; headings are no answers, and a sentence that recurs counts once.</summary>
    /// <param name="question">The question as it was asked.</param>
    /// <param name="passages">The passages, best first.</param>
    /// <param name="termWeights">The question's terms by rarity, from <see cref="Index.ClientIndex.WeighTerms"/>; null: all alike.</param>
    public IReadOnlyList<RankedSentence> Rank(
        string question, IReadOnlyList<SourcePassage> passages, IReadOnlyDictionary<string, double>? termWeights = null)
    {
        var asked = new Question(question, embedder, termWeights);
        if (asked.Terms.Count == 0)
        {
            return [];
        }

        HashSet<string> seen = new(StringComparer.Ordinal);
        return
        [
            .. passages
                .SelectMany((passage, i) => Measure(asked, passage, i))
                .OrderByDescending(sentence => sentence.Score)
                .Where(sentence => seen.Add(passages[sentence.PassageIndex].Text.Substring(sentence.Range.Start, sentence.Range.Length))),
        ];
    }

    private static List<RankedSentence> Measure(Question asked, SourcePassage passage, int passageIndex)
    {
        var sentences = SentenceSplitter.Parse(passage.Text);
        var matches = sentences.ConvertAll(sentence => asked.Match(sentence.Range.Of(passage.Text)));
        var around = asked.Match(passage.Title);
        foreach (var sentence in matches)
        {
            TensorPrimitives.Max(around, sentence, around);
        }

        TensorPrimitives.Multiply(around, Surroundings, around);
        var passageCosine = asked.Cosine($"{passage.Title} {passage.Text}");
        List<RankedSentence> ranked = [];
        for (var i = 0; i < sentences.Count; i++)
        {
            if (sentences[i].IsHeading)
            {
                continue;
            }

            var text = sentences[i].Range.Of(passage.Text);
            var coverage = asked.Cover(matches[i]);
            TensorPrimitives.Max(matches[i], around, matches[i]);
            var signs = new AnswerSigns
            {
                Coverage = coverage,
                CoverageWithSurroundings = asked.Cover(matches[i]),
                Cosine = Math.Max(0, asked.Cosine(text)),
                PassageCosine = Math.Max(0, passageCosine),
                AsksForKind = asked.Kind is not null,
                TellsKind = asked.Kind?.IsIn(text) == true,
            };
            ranked.Add(new RankedSentence(passageIndex, sentences[i].Range, signs.Probability(), coverage));
        }

        return ranked;
    }

    /// <summary>A question, read once for all sentences.</summary>
    private sealed class Question
    {
        private readonly StaticEmbedder embedder;
        private readonly WordReader reader;
        private readonly float[] vector;
        private readonly float[] sentenceVector;
        private readonly float[] weights;

        public Question(string text, StaticEmbedder embedder, IReadOnlyDictionary<string, double>? termWeights)
        {
            this.embedder = embedder;
            reader = new WordReader(embedder);
            Kind = AnswerKind.Of(text);
            Terms = [.. reader.Read(AnswerKind.WithoutQuestionWords(text)).DistinctBy(word => word.Stem)];
            weights = [.. Terms.Select(word => word.Importance * (float)Math.Sqrt(termWeights?.GetValueOrDefault(word.Stem, 1) ?? 1))];
            vector = new float[embedder.Dimensions];
            sentenceVector = new float[embedder.Dimensions];
            foreach (var word in Terms)
            {
                TensorPrimitives.MultiplyAdd(word.Unit, word.Importance, vector, vector);
            }

            var length = TensorPrimitives.Norm<float>(vector);
            if (length > 0)
            {
                TensorPrimitives.Divide(vector, length, vector);
            }
        }

        public List<TellingWord> Terms { get; }

        public AnswerKind? Kind { get; }

        /// <returns>Per term how well the text's most like word matches it.</returns>
        public float[] Match(ReadOnlySpan<char> text)
        {
            var words = reader.Read(text);
            var matches = new float[Terms.Count];
            for (var i = 0; i < matches.Length; i++)
            {
                foreach (var word in words)
                {
                    matches[i] = Math.Max(matches[i], word.Stem == Terms[i].Stem ? 1 : Likeness(Terms[i].Unit, word.Unit));
                }
            }

            return matches;
        }

        public float Cover(ReadOnlySpan<float> matches)
        {
            var total = TensorPrimitives.Sum<float>(weights);
            return total > 0 ? TensorPrimitives.Dot(matches, weights) / total : 0;
        }

        public float Cosine(ReadOnlySpan<char> text)
        {
            embedder.Embed(text, sentenceVector);
            return TensorPrimitives.Dot<float>(vector, sentenceVector);
        }

        private static float Likeness(float[] left, float[] right) =>
            Math.Clamp((TensorPrimitives.Dot<float>(left, right) - LikeFrom) / LikeSpan, 0, LikeMost);
    }
}
