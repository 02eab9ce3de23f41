using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace AiBackend.Tests;

public sealed class SettingReaderTests
{
    [Theory]
    [InlineData("1", 1)]
    [InlineData("10", 10)]
    [InlineData(" 5 ", 5)]
    [InlineData("", 7)]
    [InlineData("  ", 7)]
    [InlineData(null, 7)]
    public void A_whole_number_is_taken_within_its_range(string? text, long expected)
    {
        var read = Reader(text);

        Assert.Equal(expected, read.Whole("X", otherwise: 7, min: 1, max: 10));
        read.RequireNoFaults();
    }

    [Theory]
    [InlineData("0")]
    [InlineData("11")]
    [InlineData("1.5")]
    [InlineData("ten")]
    public void A_number_out_of_range_is_a_fault_that_names_the_setting(string text)
    {
        var read = Reader(text);
        read.Whole("X", otherwise: 7, min: 1, max: 10);

        Assert.Equal("X must be a whole number from 1 to 10.", Assert.Throws<SettingsException>(read.RequireNoFaults).Message);
    }

    [Theory]
    [InlineData("TRUE", true)]
    [InlineData("1", true)]
    [InlineData("off", false)]
    [InlineData(null, false)]
    public void A_flag_is_read(string? text, bool expected) => Assert.Equal(expected, Reader(text).Flag("X"));

    [Fact]
    public void Every_fault_is_told_at_once()
    {
        var read = Reader("nonsense");
        read.Flag("X");
        read.Address("X");
        read.OneOf("X", DayOfWeek.Monday);
        read.Parsed("X", otherwise: 0, text => int.Parse(text, CultureInfo.InvariantCulture));

        var message = Assert.Throws<SettingsException>(read.RequireNoFaults).Message;

        Assert.Equal(4, message.Split(Environment.NewLine).Length);
        Assert.Contains("X must be one of sunday, monday", message, StringComparison.Ordinal);
    }

    private static SettingReader Reader(string? value) =>
        new(new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create("X", value)]).Build());
}
