using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using AiBackend.Chat.Analyses;
using AiBackend.Documents;
using AiBackend.Jobs;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Chat;

/// <summary>Analyses by a chat model, and what becomes of them when it, or the worker, fails.</summary>
public sealed class AnalysisModelTests : IAsyncLifetime
{
    private readonly AnalysisModelApp app = new();
    private ChatTenant tenant = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await app.InitializeAsync();
        tenant = new ChatTenant(app, await app.NewTenantAsync(new
        {
            taxonomy = new
            {
                categories = new[]
                {
                    new { name = "Billing", description = "Payments", examples = new[] { "I was charged twice." } },
                    new { name = "Delivery", description = "Parcels", examples = new[] { "Where is it?" } },
                },
            },
        }));
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    [Fact]
    public async Task The_model_chooses_from_the_names_that_it_is_given()
    {
        app.Model.Then(ModelReply.Text("""{"name": "billing", """, """ "confidence": 0.9}"""));

        var found = await AskAsync("category", "Why did you take the money twice?");

        Assert.Equal(("completed", "scripted-model", 0.9), (found.Text("status"), found.Text("model"), found["confidence"]!.GetValue<double>()));
        Assert.Equal("Billing", found["data"]!.Text("category"));
        Assert.Equal((11, 7), (found["usage"]!.Number("input_tokens"), found["usage"]!.Number("output_tokens")));
        var request = Assert.Single(app.Model.Requests);
        Assert.Equal("user: Why did you take the money twice?", request.Messages[^1]);
        Assert.Contains("I was charged twice.", request.Messages[0], StringComparison.Ordinal);
        var format = request.Body.GetProperty("response_format");
        Assert.Equal("json_schema", HttpExtensions.Text(format, "type"));
        var names = format.GetProperty("json_schema").GetProperty("schema").GetProperty("properties").GetProperty("name").GetProperty("enum");
        Assert.Equal(["Billing", "Delivery", "unknown"], names.EnumerateArray().Select(name => name.GetString()));
    }

    [Fact]
    public async Task The_model_may_say_that_none_fits()
    {
        app.Model.Then(ModelReply.Text("""{"name":"unknown","confidence":0.7}"""));

        Assert.Equal("unknown", (await AskAsync("category", "What is the capital of Australia?"))["data"]!.Text("category"));
    }

    [Fact]
    public async Task The_model_judges_how_the_writer_feels()
    {
        app.Model.Then(ModelReply.Text("Here you are:\n```json\n{\"sentiment\":\"negative\",\"score\":-0.8,\"confidence\":0.95}\n```"));

        var found = await AskAsync("sentiment", "Oh great, late again.");

        Assert.Equal(("negative", -0.8), (found["data"]!.Text("sentiment"), found["data"]!["score"]!.GetValue<double>()));
    }

    [Theory]
    [InlineData("""{"name":"Returns","confidence":0.9}""")]
    [InlineData("""{"name":"Billing","confidence":1.5}""")]
    [InlineData("""{"name":"Billing"}""")]
    [InlineData("""{"name":"Billing","confidence":0.9""")]
    [InlineData("Billing")]
    public async Task An_answer_that_cannot_be_used_is_given_back_once(string answer)
    {
        app.Model.Then(ModelReply.Text(answer)).Then(ModelReply.Text("""{"name":"Billing","confidence":0.6}"""));

        var found = await AskAsync("category", "Why did you take the money twice?");

        Assert.Equal("Billing", found["data"]!.Text("category"));
        Assert.Equal((22, 14), (found["usage"]!.Number("input_tokens"), found["usage"]!.Number("output_tokens")));
        Assert.Equal($"assistant: {answer}", app.Model.Requests[1].Messages[^2]);
        Assert.Contains("cannot be used", app.Model.Requests[1].Messages[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_answers_that_cannot_be_used_fail_it_and_nothing_of_them_is_shown()
    {
        app.Model.Default = ModelReply.Text("""{"name":"SECRET","confidence":0.9}""");

        var found = await AskAsync("category", "Why did you take the money twice?");

        Assert.Equal(("failed", "model_invalid_response"), (found.Text("status"), found["error"]!.Text("code")));
        Assert.Contains("name must be one of", found["error"]!.Text("detail"), StringComparison.Ordinal);
        Assert.Equal(2, app.Model.Requests.Count);
        Assert.DoesNotContain("SECRET", found.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal((22, 14), (found["usage"]!.Number("input_tokens"), found["usage"]!.Number("output_tokens")));
        Assert.Equal((22, 14), await UsedAsync());
    }

    [Fact]
    public async Task What_the_model_counts_is_counted_against_the_client_and_nothing_else_is()
    {
        app.Model.Then(ModelReply.Text("""{"name":"Billing","confidence":0.9}"""));

        await AskAsync("category", "Why did you take the money twice?");
        await AskAsync("language", "Why did you take the money twice?");

        Assert.Equal((11, 7), await UsedAsync());
    }

    [Fact]
    public async Task A_server_that_refuses_the_format_is_asked_without_it()
    {
        app.Model.Then(ModelReply.Status(400)).Then(ModelReply.Text("""{"name":"Delivery","confidence":0.6}"""));

        var found = await AskAsync("category", "Where is it?");

        Assert.Equal("Delivery", found["data"]!.Text("category"));
        Assert.False(app.Model.Requests[1].Body.TryGetProperty("response_format", out _));
    }

    [Theory]
    [InlineData(503, "model_unavailable")]
    [InlineData(401, "model_rejected")]
    public async Task A_model_that_fails_fails_it(int status, string code)
    {
        app.Model.Default = ModelReply.Status(status);

        var found = await AskAsync("category", "Where is it?");

        Assert.Equal(("failed", code), (found.Text("status"), found["error"]!.Text("code")));
        Assert.DoesNotContain("SECRET", found.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_built_in_asks_no_model_and_writes_nothing_personal_into_the_log()
    {
        var found = await AskAsync("pii", "My card is 4111 1111 1111 1111, mail anna.lee@example.com");
        await AskAsync("language", "My card is 4111 1111 1111 1111, mail anna.lee@example.com");
        await AskAsync("topics", "My card is 4111 1111 1111 1111, mail anna.lee@example.com");

        Assert.Equal(2, found["data"]!["spans"]!.AsArray().Count);
        Assert.Empty(app.Model.Requests);
        Assert.Contains(app.Log.All, line => line.Contains(found.Text("id"), StringComparison.Ordinal));
        Assert.DoesNotContain(app.Log.All, line => line.Contains("4111", StringComparison.Ordinal) || line.Contains("anna", StringComparison.Ordinal));
        Assert.All(
            await tenant.Documents.ListAsync(Query.Of<Analysis>(), Ct),
            stored => Assert.DoesNotMatch("4111|anna", JsonSerializer.Serialize(stored)));
    }

    [Fact]
    public async Task A_worker_that_lost_its_lease_stores_nothing_and_there_is_one_result_and_one_event()
    {
        var release = new TaskCompletionSource();
        app.Model
            .Then(ModelReply.Stream(async answering =>
            {
                await release.Task.WaitAsync(Ct);
                await answering.DeltaAsync("""{"name":"Billing","confidence":0.1}""");
                await answering.EndAsync(1, 1);
            }))
            .Then(ModelReply.Text("""{"name":"Delivery","confidence":0.8}"""));
        var message = await MessageAsync("Where is it?");
        var id = (await tenant.PostAsync(PathOf(message), new { types = new[] { "category" } }, HttpStatusCode.Accepted))["data"]![0]!.Text("id");
        await app.Model.NextRequestAsync(Ct);
        Assert.Equal("running", (await tenant.GetAsync($"/api/v1/analyses/{id}")).Text("status"));

        // As after the death of the process that had it: the lease runs out and the analysis is taken up again.
        await tenant.Documents.CommitAsync(
            async transaction =>
            {
                await transaction.UpdateAsync<Analysis>(id, stored => stored with { LeaseOwner = "another process", DueAt = app.Clock.GetUtcNow() });
                transaction.SignalWork<Analysis>();
            },
            Ct);
        var ended = await EndOfAsync(message, id);
        release.SetResult();
        Assert.EndsWith("was taken over by another worker", await EndOfFirstAsync(id), StringComparison.Ordinal);

        var after = await tenant.Documents.FindAsync<Analysis>(id, Ct);
        Assert.Equal((2, AnalysisStatus.Completed), (ended.Attempts, ended.Status));
        Assert.Equal(ended, after);
        Assert.Equal("Delivery", ended.Data!.Value.ToElement().GetProperty("category").GetString());
        Assert.Single(await tenant.EventsAsync(message.Text("session_id")), type => type == "chat.message.analyzed");
    }

    [Fact]
    public async Task A_message_that_is_deleted_meanwhile_gets_no_result()
    {
        var release = new TaskCompletionSource();
        app.Model.Then(ModelReply.Stream(async answering =>
        {
            await release.Task.WaitAsync(Ct);
            await answering.DeltaAsync("""{"name":"Billing","confidence":0.1}""");
            await answering.EndAsync(1, 1);
        }));
        var message = await MessageAsync("Where is it?");
        var id = (await tenant.PostAsync(PathOf(message), new { types = new[] { "category" } }, HttpStatusCode.Accepted))["data"]![0]!.Text("id");
        await app.Model.NextRequestAsync(Ct);

        await tenant.SendAsync(HttpMethod.Delete, $"/api/v1/messages/{message.Text("id")}", expected: HttpStatusCode.NoContent);
        release.SetResult();
        Assert.EndsWith("was taken over by another worker", await EndOfFirstAsync(id), StringComparison.Ordinal);

        Assert.Empty(await tenant.Documents.ListAsync(Query.Of<Analysis>(), Ct));
        Assert.DoesNotContain("chat.message.analyzed", await tenant.EventsAsync(message.Text("session_id")));
    }

    private static string PathOf(JsonNode message) => $"/api/v1/messages/{message.Text("id")}/analyses";

    private async Task<JsonNode> MessageAsync(string text) =>
        (await tenant.SayAsync(new { session_id = await tenant.OpenAsync(), text, reply = "none" }))["message"]!;

    private async Task<JsonNode> AskAsync(string type, string text)
    {
        var answer = await tenant.PostAsync(
            PathOf(await MessageAsync(text)), new { types = new[] { type } }, HttpStatusCode.Created, ("Prefer", "wait=60"));
        return Assert.Single(answer["data"]!.AsArray())!;
    }

    private async Task<(long Input, long Output)> UsedAsync()
    {
        var total = (await tenant.GetAsync($"/api/v1/clients/{tenant.ClientId}/usage"))["total"]!;
        return (total.Number("input_tokens"), total.Number("output_tokens"));
    }

    private async Task<Analysis> EndOfAsync(JsonNode message, string id)
    {
        using var signal = app.Store.Signals.Subscribe(Analysis.EndTopic(message.Text("id")));
        while (true)
        {
            if (await tenant.Documents.FindAsync<Analysis>(id, Ct) is { DueAt: null } ended)
            {
                return ended;
            }

            await signal.WaitAsync(TimeSpan.FromSeconds(1), TimeProvider.System, Ct);
        }
    }

    /// <summary>What the log says of the end of the first attempt.</summary>
    private async Task<string> EndOfFirstAsync(string id)
    {
        while (true)
        {
            if (app.Log.All.FirstOrDefault(line => line.Contains(id, StringComparison.Ordinal)
                && (line.Contains("taken over", StringComparison.Ordinal) || line.Contains("at attempt 1", StringComparison.Ordinal))) is { } found)
            {
                return found.TrimEnd();
            }

            await Task.Yield();
        }
    }
}
