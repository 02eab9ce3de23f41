using AiBackend.Chat.Messages;

namespace AiBackend.Tests.Chat;

public sealed class BranchTests
{
    // a ── b ── c ── e
    //      └─── d ── f
    private static readonly MessageLink[] Tree =
    [
        new("a", null, 1), new("b", "a", 2), new("c", "b", 3), new("d", "b", 4), new("e", "c", 5), new("f", "d", 6),
    ];

    [Theory]
    [InlineData("e", "a b c e")]
    [InlineData("f", "a b d f")]
    [InlineData("b", "a b")]
    [InlineData(null, "")]
    public void A_branch_leads_from_the_first_message_to_its_leaf(string? leaf, string path) =>
        Assert.Equal(path, string.Join(' ', Branch.To(leaf, Tree).Select(link => link.Id)));

    [Theory]
    [InlineData("b", "e", "e")]
    [InlineData("b", "f", "f")]
    [InlineData("b", "a", "f")]
    [InlineData("c", "f", "e")]
    [InlineData("d", "e", "f")]
    [InlineData("f", "e", "f")]
    [InlineData("f", null, "f")]
    public void The_leaf_below_a_message_is_the_active_one_or_the_newest(string message, string? active, string leaf) =>
        Assert.Equal(leaf, Branch.LeafBelow(message, active, [.. Tree.Where(link => link.Position >= Position(message))]));

    private static long Position(string id) => Tree.Single(link => link.Id == id).Position;
}
