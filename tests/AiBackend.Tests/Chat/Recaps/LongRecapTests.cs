using System.Net;
using System.Text.Json.Nodes;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Chat.Recaps;

/// <summary>Recaps of conversations that are too long to be told to the model at once.</summary>
public sealed class LongRecapTests : IAsyncLifetime
{
    /// <summary>A message of so many characters takes a quarter of a part, with its frame.</summary>
    private const int Characters = (125 - 30) * 4;

    private readonly SmallApp app = new();
    private ChatTenant tenant = null!;

    public async ValueTask InitializeAsync()
    {
        await app.InitializeAsync();
        tenant = await app.NewChatTenantAsync();
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    [Fact]
    public async Task A_long_conversation_is_told_in_parts_and_then_as_one()
    {
        var session = await ImportAsync(10);
        app.Model.Then(ModelReply.Text(RecapAnswer.Of("m1", "m4"))).Then(ModelReply.Text(RecapAnswer.Of("m5", "m8"))).Then(ModelReply.Text(RecapAnswer.Of("m10")))
            .Then(ModelReply.Text(RecapAnswer.Of("m4", "m10")));

        var recap = await RecapAsync(session);

        var ids = (await tenant.MessagesAsync(session)).Select(message => message.Text("id")).ToArray();
        Assert.Equal(("completed", 10, false), (recap.Text("status"), recap.Number("message_count"), recap["is_truncated"]!.GetValue<bool>()));
        Assert.Equal([ids[3], ids[9]], recap["data"]!["highlights"]![0]!["message_ids"]!.AsArray().Select(id => id!.GetValue<string>()));
        Assert.Equal((44, 28), (recap["usage"]!.Number("input_tokens"), recap["usage"]!.Number("output_tokens")));
        var requests = app.Model.Requests;
        Assert.Equal(
            [["m1", "m2", "m3", "m4"], ["m5", "m6", "m7", "m8"], ["m9", "m10"]],
            requests.Take(3).Select(request => Told(request).Select(line => line!.Text("id")).ToArray()));
        Assert.Contains("number 2 of 3", requests[1].Messages[0], StringComparison.Ordinal);
        Assert.Equal(3, Told(requests[3]).Count);
        Assert.Equal(4, requests.Count);
    }

    [Fact]
    public async Task A_part_may_name_only_its_own_messages_and_the_whole_only_those_that_its_parts_name()
    {
        var session = await ImportAsync(6);
        app.Model.Then(ModelReply.Text(RecapAnswer.Of("m5"))).Then(ModelReply.Text(RecapAnswer.Of("m1"))).Then(ModelReply.Text(RecapAnswer.Of("m6")))
            .Then(ModelReply.Text(RecapAnswer.Of("m2"))).Then(ModelReply.Text(RecapAnswer.Of("m6", "m1")));

        var recap = await RecapAsync(session);

        Assert.Equal("completed", recap.Text("status"));
        Assert.Equal(5, app.Model.Requests.Count);
        Assert.Contains("names a message that the conversation does not have", app.Model.Requests[1].Messages[^1], StringComparison.Ordinal);
        Assert.Contains("names a message that the conversation does not have", app.Model.Requests[4].Messages[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_very_long_conversation_the_newest_sixteen_parts_are_told()
    {
        var session = await ImportAsync(70);
        app.Model.Default = new ModelReply((http, request) =>
        {
            var first = Told(request)[0]!;
            var id = first["id"]?.GetValue<string>() ?? first["highlights"]![0]!["message_ids"]![0]!.GetValue<string>();
            return ModelReply.Text(RecapAnswer.Of(id)).Answer(http, request);
        });

        var recap = await RecapAsync(session);

        var ids = (await tenant.MessagesAsync(session)).Select(message => message.Text("id")).ToArray();
        Assert.Equal(("completed", 64, true), (recap.Text("status"), recap.Number("message_count"), recap["is_truncated"]!.GetValue<bool>()));
        Assert.Equal((ids[6], ids[69]), (recap.Text("first_message_id"), recap.Text("last_message_id")));
        Assert.Equal([ids[6]], recap["data"]!["highlights"]![0]!["message_ids"]!.AsArray().Select(id => id!.GetValue<string>()));
        Assert.InRange(app.Model.Requests.Count, 17, 31);
    }

    [Fact]
    public async Task A_very_long_message_is_told_by_its_beginning()
    {
        var session = await tenant.OpenAsync();
        await tenant.SayAsync(new { session_id = session, text = new string('a', 30_000), reply = "none" });
        app.Model.Then(ModelReply.Text(RecapAnswer.Of("m1")));

        Assert.Equal("completed", (await RecapAsync(session)).Text("status"));

        Assert.Equal((250 - 30) * 4, Assert.Single(Told(Assert.Single(app.Model.Requests)))!.Text("text").Length);
    }

    private static JsonArray Told(RecordedRequest request) => JsonNode.Parse(request.Messages[1]["user: ".Length..])!.AsArray();

    private async Task<string> ImportAsync(int count)
    {
        var session = await tenant.OpenAsync();
        var messages = Enumerable.Range(1, count).Select(i => new { text = $"{i}".PadRight(Characters, 'x') });
        await tenant.PostAsync("/api/v1/messages/bulk", new { session_id = session, messages }, HttpStatusCode.OK);
        return session;
    }

    private Task<JsonNode> RecapAsync(string session) =>
        tenant.PostAsync($"/api/v1/sessions/{session}/recaps", null, HttpStatusCode.Created, ("Prefer", "wait=60"));

    private sealed class SmallApp : AnalysisModelApp
    {
        internal override int RecapTokens => 500;
    }
}
