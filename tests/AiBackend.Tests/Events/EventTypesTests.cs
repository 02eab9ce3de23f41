using AiBackend.Documents;
using AiBackend.Events;

namespace AiBackend.Tests.Events;

public sealed class EventTypesTests
{
    [Theory]
    [InlineData("*", "chat.run.failed", true)]
    [InlineData("chat.*", "chat.run.failed", true)]
    [InlineData("chat.run.*", "chat.run.failed", true)]
    [InlineData("chat.run.failed", "chat.run.failed", true)]
    [InlineData("chat.message.*", "chat.run.failed", false)]
    [InlineData("chat.run", "chat.run.failed", false)]
    [InlineData("chat*", "chat.run.failed", false)]
    [InlineData("knowledge.*", "chat.run.failed", false)]
    public void A_pattern_matches_all_a_group_or_one_type(string pattern, string type, bool matches) =>
        Assert.Equal(matches, EventTypes.Matches(pattern, type));

    [Theory]
    [InlineData("*", true)]
    [InlineData("semantic.*", true)]
    [InlineData("processor.disabled", true)]
    [InlineData("chat.", false)]
    [InlineData("chat.*.created", false)]
    [InlineData("chats.*", false)]
    [InlineData("CHAT.*", false)]
    [InlineData("", false)]
    public void A_pattern_must_match_a_type_of_the_catalogue(string pattern, bool isPattern) =>
        Assert.Equal(isPattern, EventTypes.IsPattern(pattern));

    [Fact]
    public void A_delivery_id_follows_from_event_and_processor_and_sorts_with_the_event()
    {
        var ids = new Ids(TimeProvider.System);
        string[] events = [ids.New("evt"), ids.New("evt")];
        string[] processors = [ids.New("prc"), ids.New("prc")];

        var deliveries = events.SelectMany(evt => processors.Select(processor => Ids.Follow("dlv", evt, processor))).ToList();

        Assert.Equal(deliveries, events.SelectMany(evt => processors.Select(processor => Ids.Follow("dlv", evt, processor))));
        Assert.All(deliveries, id => Assert.True(Ids.IsId("dlv", id)));
        Assert.Equal(4, deliveries.Distinct().Count());
        Assert.All(deliveries[..2], first => Assert.All(deliveries[2..], later => Assert.True(string.CompareOrdinal(first, later) < 0)));
    }
}
