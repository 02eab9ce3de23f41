using System.Globalization;
using System.Text.RegularExpressions;
using AiBackend.Orchestration.Model;
using CsCheck;

namespace AiBackend.Tests.Orchestration;

public sealed class CitedTextTests
{
    [Theory]
    [InlineData("Returns take 30 days [1].", "Returns take 30 days [1].")]
    [InlineData("Returns take 30 days[1]. Refunds five [2].", "Returns take 30 days[1]. Refunds five [2].")]
    [InlineData("Wool [9] socks", "Wool socks")]
    [InlineData("Wool[9] socks", "Wool socks")]
    [InlineData("Wool [9].", "Wool.")]
    [InlineData("Wool [9][8], socks [0]", "Wool, socks")]
    [InlineData("Wool [9][1] socks", "Wool [1] socks")]
    [InlineData("Wool [1][9] socks", "Wool [1] socks")]
    [InlineData("[9] Wool", "Wool")]
    [InlineData("Wool\n\n[9] socks", "Wool\n\nsocks")]
    [InlineData("Wool [1, 9] socks [1,2 , 3]", "Wool [1] socks [1, 2, 3]")]
    [InlineData("Wool [9, 10]", "Wool")]
    [InlineData("Only [9]", "Only")]
    [InlineData("A [link](http://x) and [x] and [ ] and [] and [1a] and [1", "A [link](http://x) and [x] and [ ] and [] and [1a] and [1")]
    [InlineData("The error [2024] came [1,", "The error [2024] came [1,")]
    [InlineData("Nested [[1]] and [[9]]", "Nested [[1]] and []")]
    [InlineData("Call `items[9]` or ``a`b[9]`` [9].", "Call `items[9]` or ``a`b[9]``.")]
    [InlineData("```\nitems[9]\n``\nitems[8]\n```\nand [9] so", "```\nitems[9]\n``\nitems[8]\n```\nand so")]
    [InlineData("A stray ` here\nand [9] there", "A stray ` here\nand there")]
    [InlineData("  \n Padded [1] \n ", "Padded [1]")]
    [InlineData("", "")]
    [InlineData(" [9] ", "")]
    public void Markers_without_a_source_are_taken_out(string told, string kept)
    {
        var text = new CitedText(sourceCount: 3);

        var given = text.Push(told) + text.Finish();

        Assert.Equal(kept, given);
        Assert.Equal(kept, text.Text);
    }

    [Fact]
    public void Markers_are_numbered_by_their_first_appearance()
    {
        var text = new CitedText(sourceCount: 5);

        var given = text.Push("Three [3], five [5, 3], one [1], three [3].") + text.Finish();

        Assert.Equal("Three [1], five [2, 1], one [3], three [1].", given);
        Assert.Equal([3, 5, 1], text.Cited);
    }

    [Fact]
    public void Without_sources_nothing_can_be_cited()
    {
        var text = new CitedText(sourceCount: 0);

        Assert.Equal("Hello there", text.Push("Hello [1] there [2]") + text.Finish());
        Assert.Empty(text.Cited);
    }

    [Fact]
    public void A_marker_of_the_longest_length_counts_and_a_longer_one_is_text()
    {
        var longest = $"[1,{new string(' ', 35)}2]";
        var longer = $"[1,{new string(' ', 36)}2]";
        var text = new CitedText(sourceCount: 3);

        Assert.Equal(40, longest.Length);
        Assert.Equal($"[1, 2] {longer}", text.Push($"{longest} {longer}") + text.Finish());
    }

    [Fact]
    public void Nothing_but_a_possible_marker_is_held_back()
    {
        var text = new CitedText(sourceCount: 3);

        Assert.Equal("Returns take", text.Push("Returns take "));
        Assert.Equal(" 30 days", text.Push("30 days"));
        Assert.Equal("", text.Push(" [1"));
        Assert.Equal(" [1]", text.Push("]"));
        Assert.Equal(" and", text.Push(" and ["));
        Assert.Equal(" [see", text.Push("see"));
        Assert.Equal("", text.Finish());
    }

    [Fact]
    public void However_the_text_is_cut_the_pieces_add_up_to_the_same() =>
        Pieces.Sample(pieces =>
        {
            var whole = new CitedText(sourceCount: 3);
            var expected = whole.Push(string.Concat(pieces)) + whole.Finish();
            var cut = new CitedText(sourceCount: 3);

            var given = string.Concat(pieces.Select(cut.Push)) + cut.Finish();

            Assert.Equal(expected, given);
            Assert.Equal(given, cut.Text);
            Assert.Equal(whole.Cited, cut.Cited);
        });

    [Fact]
    public void No_marker_is_left_that_names_no_citation() =>
        Pieces.Sample(pieces =>
        {
            var text = new CitedText(sourceCount: 3);
            var given = string.Concat(pieces.Where(piece => !piece.Contains('`')).Select(text.Push)) + text.Finish();

            foreach (Match found in Regex.Matches(given, @"\[(\d{1,3})\]"))
            {
                Assert.InRange(int.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture), 1, text.Cited.Count);
            }
        });

    private static readonly string[] Tricky =
        ["[", "]", "[1]", "[2", "9]", ", ", "1", "3", " ", "\n", "`", "```", "word", ".", "[1, 9]", "[7] ", "é", "(", "[12]"];

    private static Gen<string[]> Pieces { get; } = Gen
        .OneOf(Gen.Int[0, Tricky.Length - 1].Select(index => Tricky[index]), Gen.String[Gen.Char["[]1290, \n`a."], 0, 6])
        .Array[0, 30];
}
