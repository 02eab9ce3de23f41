using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace AiBackend.Ai;

/// <summary>
/// The OpenAI client with failures as <see cref="UpstreamException"/>, so that nothing a server says in an error reaches traces,
/// logs or users.
/// </summary>
internal sealed class ModelChatClient(IChatClient inner, TimeProvider clock) : DelegatingChatClient(inner)
{
    /// <summary>How messages name the server.</summary>
    public const string Server = "The model server";

    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        try
        {
            return await base.GetResponseAsync(messages, options, cancellationToken);
        }
        catch (Exception error) when (OpenAiErrors.Translate(Server, error, clock) is { } failure)
        {
            throw failure;
        }
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var stream = base.GetStreamingResponseAsync(messages, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (stream)
        {
            while (await MoveNextAsync(stream))
            {
                yield return stream.Current;
            }
        }
    }

    private async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<ChatResponseUpdate> stream)
    {
        try
        {
            return await stream.MoveNextAsync();
        }
        catch (Exception error) when (OpenAiErrors.Translate(Server, error, clock) is { } failure)
        {
            throw failure;
        }
    }
}
