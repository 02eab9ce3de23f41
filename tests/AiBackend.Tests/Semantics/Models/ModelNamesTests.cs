using AiBackend.Semantics.Models;

namespace AiBackend.Tests.Semantics.Models;

public sealed class ModelNamesTests
{
    [Theory]
    [InlineData("orders", "orders")]
    [InlineData("order", "order")]
    [InlineData("InvoiceLine", "invoice_line")]
    [InlineData("HTTPServerLog2", "http_server_log2")]
    [InlineData("CUSTOMERS", "customers")]
    [InlineData("Größe in Straße", "grosse_in_strasse")]
    [InlineData("2fa codes", "_2fa_codes")]
    [InlineData("a -- b", "a_b")]
    [InlineData("_private", "_private")]
    [InlineData("class", "class_")]
    [InlineData("from", "from_")]
    [InlineData("constructor", "constructor_")]
    [InlineData("tail__", "tail")]
    public void A_cube_is_named_after_its_table(string table, string cube) => Assert.Equal(cube, ModelNames.Cube(table));

    [Fact]
    public void Names_without_a_latin_letter_differ_and_stay_the_same()
    {
        Assert.Matches("^table_[0-9a-f]{8}$", ModelNames.Cube("заказы"));
        Assert.Equal(ModelNames.Cube("заказы"), ModelNames.Cube("заказы"));
        Assert.NotEqual(ModelNames.Cube("заказы"), ModelNames.Cube("клиенты"));
    }

    [Fact]
    public void Long_names_are_cut_so_that_they_stay_different()
    {
        var one = ModelNames.Member(new string('a', 50) + "_x");
        var other = ModelNames.Member(new string('a', 50) + "_y");

        Assert.Equal(ModelNames.MaxMember, one.Length);
        Assert.NotEqual(one, other);
        Assert.Equal(ModelNames.MaxMember, ModelNames.Measure(one, "sum").Length);
        Assert.EndsWith("_sum", ModelNames.Measure(one, "sum"), StringComparison.Ordinal);
        Assert.Equal(new string('b', ModelNames.MaxMember), ModelNames.Member(new string('b', ModelNames.MaxMember)));
    }
}
