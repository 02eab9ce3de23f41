using System.Text;
using System.Text.Json;
using AiBackend.Http;
using Microsoft.Extensions.AI;

namespace AiBackend.Ai;

/// <summary>
/// Asks the chat model for JSON of a given shape. An answer that is not of that shape is given back to the model once, with what is wrong
/// with it. A server that refuses the response format is asked without it, as the instructions describe the shape too.
/// </summary>
internal sealed class StructuredModel(ChatModel model)
{
    /// <summary>Asks and reads the answer.</summary>
    /// <param name="name">Instead of the operator's model; null: that one.</param>
    /// <param name="shape">What is expected.</param>
    /// <param name="read">Makes the result of the answer; throws <see cref="FormatException"/> with what is wrong, in words that hold nothing of the answer: the model is told them, and whoever asked.</param>
    /// <param name="tally">Gets what the model counted, also where this fails.</param>
    /// <exception cref="UpstreamException">
    /// The model gave no answer, or none of the shape; then the message ends with what <paramref name="read"/> found wrong at last.
    /// </exception>
    public Task<StructuredAnswer<T>> AskAsync<T>(
        IReadOnlyList<ChatMessage> messages, string? name, AnswerShape shape, Func<JsonElement, T> read, TokenTally tally, CancellationToken ct) =>
        AskAsync(messages, name, shape, read, _ => Task.CompletedTask, tally, ct);

    /// <inheritdoc cref="AskAsync{T}(IReadOnlyList{ChatMessage}, string?, AnswerShape, Func{JsonElement, T}, TokenTally, CancellationToken)" />
    /// <param name="check">Looks further into what was read; throws <see cref="FormatException"/> as <paramref name="read"/> does, and shares its one repair.</param>
    public async Task<StructuredAnswer<T>> AskAsync<T>(
        IReadOnlyList<ChatMessage> messages,
        string? name,
        AnswerShape shape,
        Func<JsonElement, T> read,
        Func<T, Task> check,
        TokenTally tally,
        CancellationToken ct)
    {
        var asking = new Asking(model, name, shape, tally);
        var first = await asking.AskAsync(messages, ct);
        try
        {
            return asking.Answer(await ReadAsync(first));
        }
        catch (FormatException wrong)
        {
            var second = await asking.AskAsync(
                [
                    .. messages,
                    new ChatMessage(ChatRole.Assistant, first),
                    new ChatMessage(ChatRole.User, $"This answer cannot be used: {wrong.Message} Answer again, with the JSON object alone."),
                ],
                ct);
            try
            {
                return asking.Answer(await ReadAsync(second));
            }
            catch (FormatException again)
            {
                throw new UpstreamException(
                    UpstreamFailure.Invalid, $"{ModelChatClient.Server} gave an answer of another shape than was asked for, twice. {again.Message}");
            }
        }

        async Task<T> ReadAsync(string text)
        {
            var value = Read(text, read);
            await check(value);
            return value;
        }
    }

    private static T Read<T>(string text, Func<JsonElement, T> read)
    {
        // Some models put the object into a fence or say something around it.
        var begin = text.IndexOf('{', StringComparison.Ordinal);
        var end = text.LastIndexOf('}');
        if (begin < 0 || end < begin)
        {
            throw new FormatException("It holds no JSON object.");
        }

        try
        {
            using var parsed = JsonDocument.Parse(text.AsMemory(begin, end - begin + 1));
            JsonText.RequireStorable(Encoding.UTF8.GetBytes(text, begin, end - begin + 1));
            return read(parsed.RootElement);
        }
        catch (ApiException)
        {
            throw new FormatException("A text in it has the character U+0000 or half a surrogate pair.");
        }
        catch (JsonException)
        {
            throw new FormatException("It is not valid JSON.");
        }
    }

    private sealed class Asking(ChatModel model, string? name, AnswerShape shape, TokenTally tally)
    {
        private ChatResponseFormat? format = ChatResponseFormat.ForJsonSchema(shape.Schema, shape.Name);
        private string asked = string.Empty;

        public async Task<string> AskAsync(IReadOnlyList<ChatMessage> messages, CancellationToken ct)
        {
            try
            {
                return await TryAsync(messages, ct);
            }
            catch (UpstreamException refused) when (format is not null && refused.Status is 400 or 422)
            {
                format = null;
                return await TryAsync(messages, ct);
            }
        }

        public StructuredAnswer<T> Answer<T>(T value) => new(value, asked);

        private async Task<string> TryAsync(IReadOnlyList<ChatMessage> messages, CancellationToken ct)
        {
            var text = new StringBuilder();
            var ended = await model.AskAsync(
                messages,
                name,
                format,
                part =>
                {
                    _ = part switch
                    {
                        ModelPart.Text piece => text.Append(piece.Piece),
                        ModelPart.Reset => text.Clear(),
                        _ => text,
                    };
                    return ValueTask.CompletedTask;
                },
                ct);
            asked = ended.Model;
            tally.Add(ended.Usage);
            return text.ToString();
        }
    }
}

/// <summary>The shape of an answer.</summary>
/// <param name="Name">Lower-case letters and underscores.</param>
/// <param name="Schema">JSON Schema.</param>
internal sealed record AnswerShape(string Name, JsonElement Schema);

/// <summary>An answer of the shape that was asked for.</summary>
/// <param name="Model">The model that was asked.</param>
internal sealed record StructuredAnswer<T>(T Value, string Model);
