using System.Text;
using AiBackend.Knowledge.Extraction;

namespace AiBackend.Tests.Knowledge;

public sealed class TextDecodingTests
{
    private const string Text = "Grüße, 10 €, 日本語 and much plain text around it so that it is mostly Latin";

    public static TheoryData<string> Encodings => ["utf-8", "utf-16", "utf-16BE", "utf-32", "utf-32BE"];

    [Theory]
    [MemberData(nameof(Encodings))]
    public void A_byte_order_mark_names_the_encoding(string name)
    {
        var encoding = Encoding.GetEncoding(name);

        Assert.Equal(Text, Decode([.. encoding.GetPreamble(), .. encoding.GetBytes(Text)]));
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    public void Unmarked_utf_8_and_utf_16_are_told_apart(string name) =>
        Assert.Equal(Text, Decode(Encoding.GetEncoding(name).GetBytes(Text)));

    [Theory]
    [InlineData("iso-8859-1")]
    [InlineData("\"windows-1252\"")]
    [InlineData("Latin1")]
    public void A_declared_character_set_is_used(string charset) =>
        Assert.Equal("Grüße 10 €", TextDecoding.Decode([.. "Gr"u8, 0xFC, 0xDF, .. "e 10 "u8, 0x80], charset, mayNameItself: false));

    [Theory]
    [InlineData("<meta charset=windows-1252>")]
    [InlineData("<META HTTP-EQUIV='Content-Type' CONTENT='text/html; charset=ISO-8859-1'>")]
    public void An_html_page_may_name_its_own_character_set(string meta) =>
        Assert.EndsWith("ü", TextDecoding.Decode([.. Encoding.ASCII.GetBytes(meta), 0xFC], charset: null, mayNameItself: true), StringComparison.Ordinal);

    [Fact]
    public void Bytes_that_are_no_text_are_refused_with_a_word_on_what_to_do()
    {
        byte[][] files =
        [
            [0x50, 0x4B, 3, 4, 0, 0, 8, 0], // the beginning of a zip file
            [0xFF, 0xFE, 0x00, 0xD8], // half a surrogate pair in UTF-16
            [.. "caf"u8, 0xE9], // Latin-1 that nobody named
            [.. "a"u8, 0, 0],
        ];

        foreach (var file in files)
        {
            var error = Assert.Throws<UnreadableTextException>(() => Decode(file));
            Assert.Contains("UTF-8", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("klingon")]
    [InlineData("utf-7")]
    public void An_unknown_character_set_is_refused_by_name(string charset)
    {
        var error = Assert.Throws<UnreadableTextException>(() => TextDecoding.Decode("abc"u8, charset, mayNameItself: false));

        Assert.Contains(charset, error.Message, StringComparison.Ordinal);
    }

    private static string Decode(byte[] bytes) => TextDecoding.Decode(bytes, charset: null, mayNameItself: false);
}
