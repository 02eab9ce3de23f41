namespace AiBackend.Documents.Tests;

public sealed class QueryCheckTests
{
    private static readonly DocumentSet<Order> Orders = new DocumentSet<Order>("orders")
        .Index("by_time", o => o.ClientId, o => o.At)
        .Index("by_state", o => o.ClientId, o => o.State, o => o.At)
        .Index("by_buyer", o => o.Buyer!.Id, o => o.At, o => o.Total)
        .Index("by_total", o => o.Total)
        .PartialIndex("open", o => o.OpenedAt, o => o.ClientId, o => o.OpenedAt)
        .Unique("by_number", o => o.ClientId, o => o.Number)
        .Unique("by_reference", o => o.ClientId, o => o.Reference)
        .ArrayIndex("by_tag", o => o.Tags)
        .ExpiresAt(o => o.ExpiresAt);

    private static Query<Order> All => Query.Of<Order>();

    private static Query<Order> Mine => All.Equal(o => o.ClientId, "cli_1");

    [Fact]
    public void Queries_that_start_with_bound_fields_and_end_in_the_order_are_served()
    {
        Served(All);
        Served(All.Descending());
        Served(Mine.Descending(o => o.At));
        Served(Mine.Ascending(o => o.ClientId, o => o.At));
        Served(Mine.Greater(o => o.At, Time).Ascending(o => o.At));
        Served(Mine.Equal(o => o.State, "new").Ascending(o => o.At));
        Served(Mine.In(o => o.State, ["new", "old"]).Descending(o => o.At));
        Served(Mine.Ascending(o => o.State, o => o.At));
        Served(Mine.Equal(o => o.State, "new").Equal(o => o.At, Time));
        Served(Mine.Equal(o => o.State, null).Ascending(o => o.At));
        Served(All.Equal(o => o.Buyer!.Id, "usr_1").Ascending(o => o.At, o => o.Total));
        Served(All.Less(o => o.Total, 5).Ascending(o => o.Total));
        Served(All.Equal(o => o.Id, "ord_1").Ascending(o => o.At));
        Served(All.Greater(o => o.Id, "ord_1"));
        Served(All.In(o => o.Id, ["ord_1", "ord_2"]));
        Served(Mine.Ascending(o => o.Number));
    }

    [Fact]
    public void Further_conditions_may_name_fields_of_any_index()
    {
        Served(Mine.Equal(o => o.Total, 5).Ascending(o => o.At));
        Served(Mine.Exists(o => o.ExpiresAt, false).Ascending(o => o.At));
        Served(Mine.AnyOf(All.Equal(o => o.Total, 5), All.Equal(o => o.State, "new")).Ascending(o => o.At));
        Unserved(Mine.Equal(o => o.Note, "x").Ascending(o => o.At));
        Unserved(Mine.AnyOf(All.Equal(o => o.Total, 5), All.Equal(o => o.Note, "x")).Ascending(o => o.At));
        Unserved(Mine.Equal(o => o.Tags, null).Ascending(o => o.At));
    }

    [Fact]
    public void An_order_that_no_index_ends_in_is_not_served()
    {
        Unserved(Mine.Ascending(o => o.Total));
        Unserved(Mine);
        Unserved(Mine.Equal(o => o.State, "new"));
        Unserved(All.Ascending(o => o.At));
        Unserved(Mine.Ascending(o => o.State));
        Unserved(All.Equal(o => o.Buyer!.Id, "usr_1").Ascending(o => o.At));
        Unserved(Mine.Ascending(o => o.At, o => o.State));
    }

    [Fact]
    public void A_search_through_everything_is_not_served()
    {
        Unserved(All.Equal(o => o.State, "new"));
        Unserved(All.Greater(o => o.At, Time));
        Unserved(All.Exists(o => o.OpenedAt, false));
        Unserved(All.AnyOf(All.Equal(o => o.State, "new"), All.Equal(o => o.Total, 5)));
    }

    [Fact]
    public void Alternatives_are_served_when_each_is() =>
        Served(All.AnyOf(All.Equal(o => o.Total, 5), All.Equal(o => o.Buyer!.Id, "usr_1")), isOrdered: false);

    [Fact]
    public void Without_an_order_the_bound_fields_are_enough()
    {
        Served(Mine, isOrdered: false);
        Served(Mine.Equal(o => o.State, "new"), isOrdered: false);
        Served(All.Equal(o => o.Buyer!.Id, "usr_1"), isOrdered: false);
        Unserved(All.Equal(o => o.State, "new"), isOrdered: false);
    }

    [Fact]
    public void A_partial_index_serves_only_queries_that_rule_null_out()
    {
        Served(Mine.Exists(o => o.OpenedAt).Ascending(o => o.OpenedAt));
        Served(Mine.AtMost(o => o.OpenedAt, Time).Ascending(o => o.OpenedAt));
        Unserved(Mine.Ascending(o => o.OpenedAt));
        Unserved(Mine.Exists(o => o.OpenedAt, false).Ascending(o => o.OpenedAt));
    }

    [Fact]
    public void A_unique_index_leaves_out_documents_without_its_key()
    {
        Served(Mine.Equal(o => o.Reference, "r"));
        Served(Mine.In(o => o.Reference, ["r", "s"]).Ascending(o => o.Reference));
        Served(Mine.Exists(o => o.Reference).Ascending(o => o.Reference));
        Unserved(Mine.Ascending(o => o.Reference));
        Unserved(Mine.Equal(o => o.Reference, null));
        Unserved(Mine.In(o => o.Reference, ["r", null]));
        Assert.Equal(["reference"], Orders.Indexes.Single(index => index.Name == "by_reference").Present.Select(field => field.Value));
        Assert.Empty(Orders.Indexes.Single(index => index.Name == "by_number").Present);
    }

    [Fact]
    public void Contains_needs_an_array_index()
    {
        Served(Mine.Contains(o => o.Tags, "t").Descending(o => o.At));
        Unserved(Mine.Contains(o => o.OtherTags, "t").Descending(o => o.At));
    }

    private static DateTimeOffset Time => DateTimeOffset.UnixEpoch;

    private static void Served(Query<Order> query, bool isOrdered = true) => QueryCheck.Require(Orders, query, isOrdered);

    private static void Unserved(Query<Order> query, bool isOrdered = true) =>
        Assert.Throws<UnservedQueryException>(() => QueryCheck.Require(Orders, query, isOrdered));

    private sealed record Buyer(string Id);

    private sealed record Order : TenantDocument
    {
        public required DateTimeOffset At { get; init; }
        public required string State { get; init; }
        public required long Number { get; init; }
        public Buyer? Buyer { get; init; }
        public decimal Total { get; init; }
        public string? Reference { get; init; }
        public string? Note { get; init; }
        public DateTimeOffset? OpenedAt { get; init; }
        public DateTimeOffset? ExpiresAt { get; init; }
        public IReadOnlyList<string> Tags { get; init; } = [];
        public IReadOnlyList<string> OtherTags { get; init; } = [];
    }
}
