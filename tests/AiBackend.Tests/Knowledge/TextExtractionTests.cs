using AiBackend.Knowledge.Extraction;

namespace AiBackend.Tests.Knowledge;

public sealed class TextExtractionTests
{
    [Fact]
    public void An_html_page_gives_what_a_person_reads_with_its_structure()
    {
        const string Page = """
            <!doctype html><html><head><title>Shop &amp; Co</title><style>p { color: red }</style><script>var x = "secret";</script></head>
            <body><nav><a href="/">Home</a></nav>
            <h1>Returning <em>an item</em></h1>
            <p>Send it back
               within <b>30&nbsp;days</b>.<br>Keep the receipt.</p>
            <ul><li>Shoes</li><li><p>Hats</p></li></ul>
            <ol><li>Pack</li><li>Post</li></ol>
            <table><tr><th>Size</th><th>Price</th></tr><tr><td>M</td><td>9 &euro;</td></tr></table>
            <pre>line 1
              line 2</pre>
            <div hidden>not shown</div><noscript>Turn on scripts</noscript><button>Buy</button>
            <img src="http://192.0.2.1/x.png" alt="A red shoe">
            </body></html>
            """;

        var extracted = TextExtraction.Extract(Page, DocumentFormat.Html);

        Assert.Equal("Returning an item", extracted.Title);
        Assert.Equal(
            """
            # Returning an item

            Send it back within 30 days.
            Keep the receipt.

            - Shoes
            - Hats

            1. Pack
            2. Post

            | Size | Price |
            | M | 9 € |

            line 1
              line 2

            A red shoe
            """.ReplaceLineEndings("\n"),
            extracted.Text);
    }

    [Fact]
    public void An_html_page_without_headings_is_called_by_its_title_element()
    {
        var extracted = TextExtraction.Extract("<title> Opening \n hours </title><p>Nine to five.</p>", DocumentFormat.Html);

        Assert.Equal(("Opening hours", "Nine to five."), (extracted.Title, extracted.Text));
    }

    [Fact]
    public void Markdown_keeps_headings_lists_tables_and_code_and_loses_its_marks()
    {
        const string Source = """
            ---
            draft: true
            ---
            ## Delivery
            We deliver **fast**, see [the prices](https://shop.example/prices).

            # Prices
            * small: `1 €`
            * large

            | Country | Days |
            |---|---|
            | Spain | 3 |

            ```
            # not a heading for the title
            ```
            <script>alert(1)</script>
            """;

        var extracted = TextExtraction.Extract(Source, DocumentFormat.Markdown);

        Assert.Equal("Prices", extracted.Title);
        Assert.Equal(
            """
            ## Delivery

            We deliver fast, see the prices.

            # Prices

            - small: 1 €
            - large

            | Country | Days |
            | Spain | 3 |

            # not a heading for the title
            """.ReplaceLineEndings("\n"),
            extracted.Text);
    }

    [Theory]
    [InlineData("Opening hours\nNine to five.", "Opening hours")]
    [InlineData("\n\n  First line  \n\n# A heading\ntext", "A heading")]
    [InlineData("just words", "just words")]
    public void Plain_text_is_called_by_its_first_heading_or_line(string text, string title)
    {
        var extracted = TextExtraction.Extract(text, DocumentFormat.Text);

        Assert.Equal((title, text), (extracted.Title, extracted.Text));
    }

    [Fact]
    public void A_long_first_line_is_shortened_to_a_title_at_a_word()
    {
        var title = TextExtraction.Extract(string.Concat(Enumerable.Repeat("word ", 1_000)), DocumentFormat.Text).Title;

        Assert.EndsWith("word…", title, StringComparison.Ordinal);
        Assert.InRange(title!.Length, 150, 201);
    }

    [Theory]
    [InlineData("<html><script>x</script></html>", DocumentFormat.Html)]
    [InlineData("<!-- nothing -->", DocumentFormat.Markdown)]
    [InlineData("   \n\t ", DocumentFormat.Text)]
    [InlineData("", DocumentFormat.Html)]
    internal void A_document_without_text_says_so(string content, DocumentFormat format)
    {
        var error = Assert.Throws<ExtractionException>(() => TextExtraction.Extract(content, format));

        Assert.Equal("no_text", error.Code);
    }

    [Fact]
    public void Html_may_be_nested_some_hundred_times() =>
        Assert.Equal("deep", TextExtraction.Extract(string.Concat(Enumerable.Repeat("<div>", 300)) + "deep", DocumentFormat.Html).Text);

    public static TheoryData<string> HostileHtml =>
    [
        string.Concat(Enumerable.Repeat("<div>", 100_000)),
        string.Concat(Enumerable.Repeat("<b><div></b>", 20_000)),
        $"<p>{string.Concat(Enumerable.Range(0, 300).Select(i => $"<font color=c{i}>"))}</p>{string.Concat(Enumerable.Repeat("<p>x</p>", 100_000))}",
    ];

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(HostileHtml))]
    public void Html_that_would_become_a_huge_tree_is_refused(string html)
    {
        var error = Assert.Throws<ExtractionException>(() => TextExtraction.Extract(html, DocumentFormat.Html));

        Assert.Equal("too_complex", error.Code);
    }

    [Theory]
    [InlineData(">")]
    [InlineData("- ")]
    [InlineData("1. ")]
    [InlineData("[")]
    [InlineData("*a ")]
    [InlineData("[a](")]
    [InlineData("[a]: b\n")]
    public void Hostile_markdown_is_read_in_time(string part)
    {
        var source = string.Concat(Enumerable.Repeat(part, 200_000)) + "\n\nthe end";

        var text = TextExtraction.Extract(source, DocumentFormat.Markdown).Text;

        Assert.EndsWith("the end", text, StringComparison.Ordinal);
    }
}
