using AiBackend.DataStores;
using AiBackend.Semantics.Rows;

namespace AiBackend.Tests.Semantics.Rows;

public sealed class RowTimesTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 14, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("Time", "timestamp with time zone", "2026-03-14T11:49:59Z", true)]
    [InlineData("Time", "timestamp with time zone", "2026-03-14T11:50:01Z", false)]
    [InlineData("Time", "TIMESTAMPTZ", "2026-03-14T11:49:59Z", true)]
    [InlineData("Time", "timestamp with time zone", "2026-03-15T00:00:00Z", false)]
    [InlineData("Time", "timestamp without time zone", "2026-03-13T23:49:59Z", true)]
    [InlineData("Time", "timestamp without time zone", "2026-03-13T23:50:01Z", false)]
    [InlineData("Time", "timestamp with time zone", "infinity", false)]
    [InlineData("Time", "timestamp with time zone", "0044-03-15 BC", false)]
    [InlineData("Date", "date", "2026-03-12", true)]
    [InlineData("Date", "date", "2026-03-13", false)]
    [InlineData("Text", "TEXT", "2026-03-13 23:49:59", true)]
    [InlineData("Text", "TEXT", "2026-03-13 23:50:01", false)]
    [InlineData("Text", "TEXT", "2026-03-14T11:49:59Z", true)]
    [InlineData("Text", "TEXT", "2026-03-14T11:50:01Z", false)]
    [InlineData("Text", "TEXT", "v7", true)]
    [InlineData("Integer", "INTEGER", "7", true)]
    [InlineData("Integer", "INTEGER", "-9223372036854775808", true)]
    [InlineData("Integer", "INTEGER", "1773489600", false)]
    [InlineData("Integer", "BIGINT", "1773489600000", false)]
    [InlineData("Integer", "BIGINT", "1773489600000000", false)]
    [InlineData("Integer", "INTEGER", "1773403199", true)]
    [InlineData("Number", "REAL", "1773489600.5", false)]
    [InlineData("Number", "REAL", "NaN", true)]
    public void A_time_is_relied_on_once_no_change_can_come_with_the_same(string kind, string type, string value, bool expected) =>
        Assert.Equal(expected, RowTimes.IsSettled(new ColumnSchema("at", type, Enum.Parse<ColumnKind>(kind), IsNullable: true, Comment: null), value, Now));
}
