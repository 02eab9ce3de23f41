using AiBackend.Chat.Analyses.Pii;

namespace AiBackend.Tests.Chat;

/// <summary>What is found in texts, and what looks like it and is not. All numbers are published examples or made up.</summary>
public sealed class PiiTests
{
    [Theory]
    [InlineData("email", "Write to [anna.lee+shop@mail.example.co.uk], please.")]
    [InlineData("email", "<[O'Neil@example.com]>")]
    [InlineData("phone", "Call me at [+44 20 7946 0958].")]
    [InlineData("phone", "[+1 (415) 555-2671] works best")]
    [InlineData("phone", "[(415) 555-2671] or mail")]
    [InlineData("phone", "[415-555-2671]")]
    [InlineData("phone", "Meine Nummer: [030 1234567]")]
    [InlineData("phone", "[0171/1234567], danke")]
    [InlineData("phone", "[0049 171 1234567]")]
    [InlineData("phone", "my phone is [5552671]")]
    [InlineData("phone", "[+4917112345678] 2026 12345678")]
    [InlineData("card", "Card [4111 1111 1111 1111] 12/27")]
    [InlineData("card", "[5555-5555-5555-4444].")]
    [InlineData("card", "[378282246310005]")]
    [InlineData("card", "Order 17 [4012888888881881]")]
    [InlineData("iban", "IBAN: [DE89 3704 0044 0532 0130 00] Berlin")]
    [InlineData("iban", "[GB82WEST12345698765432]")]
    [InlineData("iban", "[nl91abna0417164300]")]
    [InlineData("us_ssn", "SSN [219-09-9999].")]
    [InlineData("uk_nino", "NI number [AB 12 34 56 C]")]
    [InlineData("uk_nino", "[ab123456c]")]
    [InlineData("de_tax_id", "Steuer-ID [86 095 742 719]")]
    [InlineData("de_tax_id", "[47036892816]")]
    [InlineData("nl_bsn", "BSN [111222333]")]
    [InlineData("nl_bsn", "[1234.56.782]")]
    [InlineData("es_dni", "DNI [12345678Z]")]
    [InlineData("es_nie", "NIE [X1234567L]")]
    [InlineData("it_fiscal_code", "CF [RSSMRA85T10A562S]")]
    [InlineData("api_key", "key=[sk-abcdefghijklmnop0123456789]")]
    [InlineData("api_key", "[AKIAIOSFODNN7EXAMPLE]")]
    [InlineData("api_key", "token [ghp_abcdefghijklmnopqrstuvwxyz0123456789]")]
    [InlineData("api_key", "[aib_01m824xg4fe009rk079zm88xfe_4e30aa55bb66cc77]")]
    [InlineData("api_key", "[eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U]")]
    public void It_is_found_where_it_stands(string kind, string marked)
    {
        var (text, start, length) = Unmark(marked);

        Assert.Equal(new PiiSpan(kind, start, length), Assert.Single(PiiScanner.Scan(text)));
    }

    [Theory]
    [InlineData("Where is my order 2026-1234567 of 01.02.2026 10:30?")]
    [InlineData("anna at example dot com, @anna, a@b")]
    [InlineData("Card 4111 1111 1111 1112")]
    [InlineData("4111111111111111111111111111")]
    [InlineData("0000 0000 0000 0000")]
    [InlineData("1234 5678 9012 3456")]
    [InlineData("DE89 3704 0044 0532 0130 01")]
    [InlineData("GB82 WEST 1234 5698 7654 3")]
    [InlineData("XX82 WEST 1234 5698 7654 32")]
    [InlineData("000-12-3456, 666-12-3456, 900-12-3456, 219-00-9999, 219-09-0000")]
    [InlineData("219-09 9999")]
    [InlineData("GB123456A, QQ123456C, AB123456E")]
    [InlineData("86095742718")]
    [InlineData("12345678901")]
    [InlineData("111222334")]
    [InlineData("12345678A")]
    [InlineData("X1234567M")]
    [InlineData("RSSMRA85T10A562T")]
    [InlineData("RSSMRA85T45A562X")]
    [InlineData("sk-short, AKIA123, ghp_x, risk-abcdefghijklmnopqrstuvwxyz")]
    [InlineData("1,234,567.89 EUR for 12345678 pieces, version 10.0.12.4567")]
    [InlineData("2026-11-22 15:04:05, 22/11/2026, 22.11.26 15:04")]
    public void What_only_looks_like_it_is_not(string text) => Assert.Empty(PiiScanner.Scan(text));

    [Fact]
    public void Several_are_told_in_the_order_of_the_text_and_none_twice()
    {
        var spans = PiiScanner.Scan("4111111111111111, anna@example.com, +44 20 7946 0958, DE89370400440532013000");

        Assert.Equal(["card", "email", "phone", "iban"], spans.Select(span => span.Kind));
        Assert.Equal(spans.OrderBy(span => span.Start), spans);
        Assert.True(spans.Zip(spans.Skip(1)).All(pair => pair.First.Start + pair.First.Length <= pair.Second.Start));
    }

    [Fact]
    public void What_it_tells_of_a_text_holds_nothing_of_it()
    {
        var result = PiiScanner.Read("I am anna@example.com, card 4111 1111 1111 1111");

        Assert.Equal(
            """{"found":true,"kinds":["email","card"],"spans":[{"kind":"email","start":5,"length":16},{"kind":"card","start":28,"length":19}]}""",
            result.Data.Text);
        Assert.Equal("""{"found":false,"kinds":[],"spans":[]}""", PiiScanner.Read("Hello").Data.Text);
    }

    [Fact]
    public void What_is_left_of_a_text_without_it_is_the_rest() =>
        Assert.Equal("I am  . , call  . !", PiiScanner.Without("I am anna@example.com, call +44 20 7946 0958!"));

    [Theory]
    [InlineData("(")]
    [InlineData("1(")]
    [InlineData("1 ")]
    [InlineData("4-")]
    [InlineData("a.a@")]
    [InlineData("DE89 ")]
    [InlineData("eyJa.")]
    [InlineData("-----BEGIN PRIVATE KEY-----")]
    [InlineData("sk-aaaaaaaaaaaaaaaaaaaaaaa ")]
    public void No_text_takes_long(string piece)
    {
        var text = string.Concat(Enumerable.Repeat(piece, 32_768 / piece.Length));
        var clock = System.Diagnostics.Stopwatch.StartNew();

        PiiScanner.Scan(text);

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"{clock.Elapsed}");
    }

    private static (string Text, int Start, int Length) Unmark(string marked)
    {
        var start = marked.IndexOf('[', StringComparison.Ordinal);
        var end = marked.IndexOf(']', StringComparison.Ordinal);
        return (marked.Replace("[", "", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal), start, end - start - 1);
    }
}
