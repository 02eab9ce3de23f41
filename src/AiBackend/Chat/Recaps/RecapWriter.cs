using AiBackend.Ai;
using AiBackend.Chat.Analyses;
using AiBackend.Clients;

namespace AiBackend.Chat.Recaps;

/// <summary>Tells a conversation in brief: by the chat model, or in quotations where there is none.</summary>
/// <param name="model">Null when none is set up.</param>
internal sealed class RecapWriter(ModelRecap? model, AiOptions options)
{
    public bool AsksModel => model is not null;

    /// <summary>How much of a conversation is told to the model at once, in estimated tokens.</summary>
    public int PartTokens => options.RecapTokens;

    /// <param name="tally">Gets what the model counted, also where this fails.</param>
    /// <returns>The recap, and who wrote it.</returns>
    /// <exception cref="UpstreamException">The model gave no answer that can be used.</exception>
    public async Task<(RecapData Data, string Model)> WriteAsync(
        RecapConversation conversation, ClientSettings settings, TokenTally tally, CancellationToken ct) =>
        model is null
            ? (ExtractiveRecap.Of(conversation.Lines), Analyzers.BuiltIn)
            : await model.WriteAsync(conversation, settings.Chat.Model, options.RecapTokens, tally, ct);
}
