using System.Text.Json.Nodes;
using AiBackend.Orchestration;
using AiBackend.Tests.Chat;
using AiBackend.Tests.Support;
using static AiBackend.Tests.OpenAi.OpenAiHttp;

namespace AiBackend.Tests.OpenAi;

/// <summary>Answers of <c>ai-backend</c> that nothing is kept of.</summary>
public sealed class KnowledgeCompletionTests(ChatApp app) : IClassFixture<ChatApp>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_question_is_answered_with_what_the_answer_rests_on()
    {
        var tenant = await app.NewChatTenantAsync();
        var citation = new Citation("doc_1", "chk_1", "Hours", null, "Open from nine.", 0.9);
        Script(tenant, new AnswerPart.Sources([citation]), new AnswerPart.Delta("From nine [1]."),
            new AnswerPart.Completed("From nine [1].", 0.9, [citation], new TokenUsage(11, 7, null), "m", Data: null));

        var response = await tenant.Http.CompleteAsync(new { model = "ai-backend", messages = User("When?"), tools = Array.Empty<object>(), odd = 1 });

        var answer = await response.ExpectAsync(200);
        Assert.StartsWith("chatcmpl-", answer.Text("id"));
        Assert.Equal(("chat.completion", "ai-backend"), (answer.Text("object"), answer.Text("model")));
        Assert.Equal(app.Clock.GetUtcNow().ToUnixTimeSeconds(), answer.GetProperty("created").GetInt64());
        Assert.Equal("""[{"index":0,"message":{"role":"assistant","content":"From nine [1].","refusal":null},"finish_reason":"stop"}]""", answer.GetProperty("choices").GetRawText());
        Assert.Equal("""{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18}""", answer.GetProperty("usage").GetRawText());
        var details = answer.GetProperty("ai_backend");
        Assert.Equal(("replied", "doc_1"), (details.Text("outcome"), details.GetProperty("citations")[0].Text("document_id")));
        Assert.Empty((await tenant.GetAsync("/api/v1/sessions"))["data"]!.AsArray());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_streamed_answer_comes_in_pieces(bool includesUsage)
    {
        var tenant = await app.NewChatTenantAsync();

        var response = await tenant.Http.CompleteAsync(
            new { model = "ai-backend", messages = User("Hi"), stream = true, stream_options = new { include_usage = includesUsage } });

        var events = await response.EventsAsync();
        Assert.Equal("""{"role":"assistant","content":""}""", JsonNode.Parse(events[0])!["choices"]![0]!["delta"]!.ToJsonString());
        Assert.Equal(("You said: Hi", "[DONE]"), (TextOf(events), events[^1]));
        Assert.Single(events, sent => sent.Contains("\"finish_reason\":\"stop\"", StringComparison.Ordinal));
        Assert.Equal(includesUsage ? 15 : (int?)null, (int?)JsonNode.Parse(events[^2])!["usage"]?["total_tokens"]);
        Assert.Single(events.Take(events.Count - 1).Select(sent => (string?)JsonNode.Parse(sent)!["id"]).Distinct());
    }

    [Fact]
    public async Task The_whole_conversation_of_the_request_is_told()
    {
        var tenant = await app.NewChatTenantAsync(new { system_prompt = "Be brief.", history_messages = 2 });

        await tenant.Http.CompleteAsync(new
        {
            model = "ai-backend",
            messages = new object[]
            {
                new { role = "developer", content = "Speak of shoes." },
                new { role = "user", content = "too old" },
                new { role = "user", content = new[] { new { type = "text", text = "one" }, new { type = "text", text = "two" } } },
                new { role = "assistant", content = (string?)null, tool_calls = Array.Empty<object>() },
                new { role = "tool", content = "42", tool_call_id = "c" },
                new { role = "assistant", content = "three" },
                new { role = "user", content = "four" },
            },
        });

        var asked = app.Answers.Requests.Last(request => request.ClientId == tenant.ClientId);
        Assert.Equal(["user: one\ntwo", "assistant: three"], asked.History.Select(turn => $"{turn.Role}: {turn.Text}"));
        Assert.Equal(("four", "Be brief.\n\nSpeak of shoes.", false), (asked.Message.Text, asked.Settings.Chat.SystemPrompt, asked.MayHandOver));
    }

    [Theory]
    [InlineData("model_unavailable", 503)]
    [InlineData("model_timeout", 504)]
    [InlineData("orchestrator_rate_limited", 429)]
    [InlineData("model_invalid_response", 502)]
    public async Task A_failure_has_its_status_before_the_first_piece_and_ends_the_stream_after_it(string code, int status)
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        var plain = tenant.Http.CompleteAsync(new { model = "ai-backend", messages = User("Hi") });
        (await held.NextAsync()).Fail(new OrchestrationException(code, "It failed."));
        var streaming = tenant.Http.OpenAsync(new { model = "ai-backend", messages = User("Hi"), stream = true });
        var attempt = await held.NextAsync();
        attempt.Say("Half");
        using var streamed = await streaming;
        attempt.Fail(new OrchestrationException(code, "It failed."));

        await (await plain).ExpectErrorAsync(status, status == 429 ? "rate_limit_error" : "server_error", code);
        Assert.Equal(code, (string?)ErrorOf(await streamed.EventsAsync())["code"]);
    }

    [Fact]
    public async Task An_answer_that_begins_again_after_some_text_ends_the_stream_with_an_error()
    {
        var tenant = await app.NewChatTenantAsync();
        Script(tenant, new AnswerPart.Delta("Half"), new AnswerPart.Reset(), new AnswerPart.Delta("Whole"), ScriptedAnswers.Completed("Whole"));

        var events = await (await tenant.Http.CompleteAsync(new { model = "ai-backend", messages = User("Hi"), stream = true })).EventsAsync();
        var plain = await tenant.Http.CompleteAsync(new { model = "ai-backend", messages = User("Hi") });

        Assert.Equal("model_unavailable", (string?)ErrorOf(events)["code"]);
        Assert.DoesNotContain("Whole", TextOf(events), StringComparison.Ordinal);
        Assert.Equal("Whole", (await plain.ExpectAsync(200)).GetProperty("choices")[0].GetProperty("message").Text("content"));
    }

    [Fact]
    public async Task A_caller_who_leaves_stops_the_answer()
    {
        var tenant = await app.NewChatTenantAsync();
        var held = app.Answers.Hold(tenant.ClientId);
        var streaming = tenant.Http.OpenAsync(new { model = "ai-backend", messages = User("Hi"), stream = true });
        var attempt = await held.NextAsync();
        attempt.Say("Half");

        (await streaming).Dispose();

        await attempt.Stopped.WaitAsync(TimeSpan.FromSeconds(10), Ct);
    }

    [Theory]
    [InlineData("""[{"role":"assistant","content":"x"}]""", "messages")]
    [InlineData("""[{"role":"user","content":"x"},{"role":"tool","content":"y"}]""", null)]
    [InlineData("""[{"role":"user","content":" "}]""", "messages")]
    [InlineData("""["x"]""", "messages[0]")]
    [InlineData("""[{"role":"user","content":7}]""", "messages[0].content")]
    [InlineData("""[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x.example/i.png"}}]}]""", "messages[0].content")]
    [InlineData("""[{"role":"user","content":"a\u0000b"}]""", "body")]
    public async Task Messages_that_end_in_no_text_of_a_user_are_refused(string messages, string? param)
    {
        var tenant = await app.NewChatTenantAsync();

        var response = await tenant.Http.SendTextAsync(HttpMethod.Post, Completions, $$"""{"model":"ai-backend","messages":{{messages}}}""");

        if (param is null)
        {
            // What tools said is no question, and the one before it still is.
            await response.ExpectAsync(200);
        }
        else
        {
            await response.ExpectErrorAsync(400, "invalid_request_error", "invalid_value", param);
        }
    }

    [Fact]
    public async Task A_question_may_be_as_long_as_a_message()
    {
        var tenant = await app.NewChatTenantAsync();

        await (await tenant.Http.CompleteAsync(new { model = "ai-backend", messages = User(new string('x', 32_768)) })).ExpectAsync(200);
        await (await tenant.Http.CompleteAsync(new { model = "ai-backend", messages = User(new string('x', 32_769)) }))
            .ExpectErrorAsync(400, "invalid_request_error", "invalid_value", "messages");
    }

    private void Script(ChatTenant tenant, params AnswerPart[] parts) =>
        app.Answers.Set(tenant.ClientId, (_, _) => parts.ToAsyncEnumerable());
}
