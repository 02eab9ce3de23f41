using System.Text;
using AiBackend.Search.Chunking;
using CsCheck;

namespace AiBackend.Search.Tests.Chunking;

public sealed class ChunkerTests
{
    /// <summary>Texts that hit the rules: sentences, headings, breaks, long words, symbols, surrogates, Chinese and Japanese.</summary>
    private static readonly Gen<string> Texts = Gen.OneOf<string>(
            Gen.OneOf<string>(
                "The parcel is late. ", "Why? ", "e.g. ", "3.5 mm ", "\n\n", "\n", "\r\n", "# Heading\n", "## Sub heading\n\n", "- entry\n",
                "日本語の文です。", "。「", "😀", "\uD83D", "don't ", "c++ ", "re-opened ", "=====", "–", "a\u0301", "'", "-", " ", "x"),
            Gen.String[Gen.Char.AlphaNumeric, 0, 40],
            Gen.Char.Select(unit => unit.ToString()),
            Gen.Int[1, 200].Select(count => new string('w', count)),
            Gen.Int[1, 200].Select(count => new string('=', count)),
            Gen.Int[1, 200].Select(count => new string(' ', count)))
        .Array[0, 60]
        .Select(string.Concat);

    private static readonly Gen<(int Max, int Overlap)> Budgets =
        from max in Gen.Int[1, 60]
        from overlap in Gen.Int[0, max / 2]
        select (max, overlap);

    [Fact]
    public void Chunks_cover_the_text_in_order_and_hold_the_budget()
    {
        Gen.Select(Texts, Budgets).Sample(
            (text, budget) =>
            {
                var covered = 0;
                var previous = new TextChunk(-1, 0, "");
                foreach (var chunk in Chunker.Chunk(text, budget.Max, budget.Overlap))
                {
                    Assert.Equal(text.Substring(chunk.Start, chunk.Length), chunk.Text);
                    Assert.Equal(chunk.Text.Trim(), chunk.Text);
                    Assert.InRange(TokenBudget.Count(chunk.Text), 0, budget.Max);
                    Assert.True(chunk.Start > previous.Start && chunk.Start + chunk.Length > covered, "No progress.");
                    if (chunk.Start >= covered)
                    {
                        Assert.True(string.IsNullOrWhiteSpace(text[covered..chunk.Start]), "Text was left out.");
                    }
                    else
                    {
                        Assert.InRange(TokenBudget.Count(text.AsSpan(chunk.Start, covered - chunk.Start)), 0, budget.Overlap);
                    }

                    Assert.False(SplitsPair(text, chunk.Start) || SplitsPair(text, chunk.Start + chunk.Length), "A pair was cut.");
                    (covered, previous) = (chunk.Start + chunk.Length, chunk);
                }

                Assert.True(string.IsNullOrWhiteSpace(text[covered..]), "The end was left out.");
            },
            iter: 3_000);
    }

    [Fact]
    public void A_sentence_that_fits_is_never_cut()
    {
        Gen.Select(Texts, Gen.Int[8, 60]).Sample(
            (text, max) =>
            {
                var chunks = Chunker.Chunk(text, max, max / 4);
                foreach (var sentence in SentenceSplitter.Split(text).Where(range => TokenBudget.Count(range.Of(text)) <= max))
                {
                    Assert.Contains(chunks, chunk => chunk.Start <= sentence.Start && sentence.End <= chunk.Start + chunk.Length);
                }
            },
            iter: 1_000);
    }

    [Fact]
    public void Neighbours_share_whole_sentences_up_to_the_overlap()
    {
        var text = string.Join(' ', Enumerable.Range(0, 40).Select(i => $"Sentence number {i} has exactly eight words here."));

        var chunks = Chunker.Chunk(text, maxTokens: 64, overlapTokens: 16);

        Assert.Equal("Sentence number 0", chunks[0].Text[..17]);
        Assert.All(chunks.SkipLast(1), chunk => Assert.Equal(64, TokenBudget.Count(chunk.Text)));
        Assert.All(chunks.Zip(chunks.Skip(1)), pair =>
        {
            var shared = text[pair.Second.Start..(pair.First.Start + pair.First.Length)];
            Assert.Equal(16, TokenBudget.Count(shared));
            Assert.StartsWith("Sentence number", shared, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Without_overlap_nothing_is_repeated()
    {
        var text = string.Join(' ', Enumerable.Range(0, 40).Select(i => $"Sentence number {i} ends here."));

        var chunks = Chunker.Chunk(text, maxTokens: 32, overlapTokens: 0);

        Assert.Equal(text, string.Join(' ', chunks.Select(chunk => chunk.Text)));
    }

    [Fact]
    public void A_heading_begins_a_chunk_and_stays_with_what_it_heads()
    {
        var text = new StringBuilder();
        foreach (var name in (string[])["Returns", "Shipping", "Payment"])
        {
            text.Append($"## {name}\n\n").AppendJoin(' ', Enumerable.Repeat($"This is about {name} and no other thing.", 6)).Append("\n\n");
        }

        var chunks = Chunker.Chunk(text.ToString(), maxTokens: 60, overlapTokens: 8);

        Assert.Equal(["## Returns", "## Shipping", "## Payment"], chunks.Select(chunk => chunk.Text.Split('\n')[0]));
    }

    [Fact]
    public void A_paragraph_that_would_not_fit_begins_the_next_chunk()
    {
        var first = string.Join(' ', Enumerable.Repeat("The first paragraph speaks of returns.", 6));
        var second = string.Join(' ', Enumerable.Repeat("The second paragraph speaks of payment.", 6));

        var chunks = Chunker.Chunk($"{first}\n\n{second}", maxTokens: 50, overlapTokens: 0);

        Assert.Equal([first, second], chunks.Select(chunk => chunk.Text));
    }

    [Fact]
    public void A_short_text_is_one_chunk_and_a_blank_one_none()
    {
        Assert.Equal([new TextChunk(2, 5, "Hello")], Chunker.Chunk("  Hello\n"));
        Assert.Empty(Chunker.Chunk(" \n\t "));
        Assert.Empty(Chunker.Chunk(""));
    }

    [Fact]
    public void An_endless_word_is_cut_between_whole_characters()
    {
        var text = "x" + string.Concat(Enumerable.Repeat("😀", 1_000));

        var chunks = Chunker.Chunk(text, maxTokens: 10, overlapTokens: 0);

        Assert.True(chunks.Count > 10);
        Assert.All(chunks, chunk => Assert.DoesNotContain('\uFFFD', Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(chunk.Text))));
        Assert.Equal(text, string.Concat(chunks.Select(chunk => chunk.Text)));
    }

    public static TheoryData<string> Endless => ["word ", "x", "=", "漢", "Word. ", "word\n", "😀"];

    [Theory]
    [MemberData(nameof(Endless))]
    public void A_huge_text_takes_linear_time(string repeated)
    {
        var text = string.Concat(Enumerable.Repeat(repeated, 3_000_000 / repeated.Length));
        var watch = System.Diagnostics.Stopwatch.StartNew();

        var chunks = Chunker.Chunk(text);

        Assert.True(chunks.Count > 50);
        // Quadratic time would be minutes.
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(10, -1)]
    [InlineData(10, 6)]
    public void An_impossible_budget_is_refused(int max, int overlap) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Chunker.Chunk("text", max, overlap));

    [Fact]
    public void Half_of_the_budget_may_overlap() => Assert.Single(Chunker.Chunk("text", maxTokens: 10, overlapTokens: 5));

    [Theory]
    [InlineData("The parcel is late.", 4)]
    [InlineData("don't re-open c++ files", 4)]
    [InlineData("日本語 text", 4)]
    [InlineData("...!?", 0)]
    [InlineData("cafe\u0301 noir", 2)]
    public void Tokens_are_words_and_ideographs(string text, int tokens) => Assert.Equal(tokens, TokenBudget.Count(text));

    [Fact]
    public void Overlong_runs_count_by_their_length()
    {
        Assert.Equal(1, TokenBudget.Count(new string('x', 16)));
        Assert.Equal(2, TokenBudget.Count(new string('x', 17)));
        Assert.Equal(0, TokenBudget.Count(new string('=', 15)));
        Assert.Equal(1, TokenBudget.Count(new string('=', 16)));
        Assert.Equal(2, TokenBudget.Count(new string(' ', 32)));
    }

    private static bool SplitsPair(string text, int at) =>
        at > 0 && at < text.Length && char.IsHighSurrogate(text[at - 1]) && char.IsLowSurrogate(text[at]);
}
