using AiBackend.Events;

namespace AiBackend.Tests.Events;

public sealed class RetryScheduleTests
{
    private static readonly DateTimeOffset Failed = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Each_wait_of_the_schedule_comes_within_a_fifth_and_then_no_more()
    {
        var schedule = RetrySchedule.Parse("5s, 5m,2h");

        for (var i = 0; i < 200; i++)
        {
            Assert.InRange(schedule.Next(1, Failed, atLeast: null)!.Value - Failed, TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(6));
            Assert.InRange(schedule.Next(2, Failed, atLeast: null)!.Value - Failed, TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(6));
            Assert.InRange(schedule.Next(3, Failed, atLeast: null)!.Value - Failed, TimeSpan.FromHours(1.6), TimeSpan.FromHours(2.4));
        }

        Assert.Null(schedule.Next(4, Failed, atLeast: null));
    }

    [Fact]
    public void Waits_are_spread()
    {
        var schedule = RetrySchedule.Parse("100s");

        var waits = Enumerable.Range(0, 200).Select(_ => (schedule.Next(1, Failed, null)!.Value - Failed).TotalSeconds).ToList();

        Assert.True(waits.Min() < 90 && waits.Max() > 110, $"{waits.Min()} to {waits.Max()}");
    }

    [Fact]
    public void A_receiver_may_ask_for_a_longer_wait_but_not_for_a_shorter_one()
    {
        var schedule = RetrySchedule.Parse("10s");

        Assert.Equal(Failed.AddSeconds(90), schedule.Next(1, Failed, TimeSpan.FromSeconds(90)));
        Assert.InRange(schedule.Next(1, Failed, TimeSpan.FromSeconds(1))!.Value, Failed.AddSeconds(8), Failed.AddSeconds(12));
    }

    [Fact]
    public void No_wait_is_longer_than_a_day()
    {
        var schedule = RetrySchedule.Parse("24h");

        Assert.Equal(Failed.AddHours(24), schedule.Next(1, Failed, TimeSpan.FromHours(24)));
        Assert.Equal(Failed.AddHours(24), schedule.Next(1, Failed, TimeSpan.FromHours(25)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("5 s")]
    [InlineData("-5s")]
    [InlineData("0s")]
    [InlineData("5s,x")]
    [InlineData("25h")]
    [InlineData("99999999999s")]
    [InlineData("1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s")]
    public void A_text_that_is_no_schedule_is_refused(string text) =>
        Assert.Throws<FormatException>(() => RetrySchedule.Parse(text));

    [Fact]
    public void Twenty_waits_are_allowed() =>
        Assert.NotNull(RetrySchedule.Parse(string.Join(',', Enumerable.Repeat("250ms", 20))).Next(20, Failed, null));
}
