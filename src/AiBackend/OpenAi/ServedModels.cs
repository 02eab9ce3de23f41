using AiBackend.Ai;
using AiBackend.Clients;
using AiBackend.Knowledge;
using AiBackend.Orchestration.Extractive;

namespace AiBackend.OpenAi;

/// <summary>A model that requests may name.</summary>
internal sealed record ModelResponse(string Id, string Object, long Created, string OwnedBy);

internal sealed record ModelList(string Object, IReadOnlyList<ModelResponse> Data);

/// <summary>The models that requests of a client may name.</summary>
internal sealed class ServedModels(AiOptions options, EmbeddingModel embeddings, TimeProvider clock)
{
    private const string Own = "ai-backend";
    private const string OfTheServer = "upstream";

    // When a model was made is known to its own server alone.
    private readonly long started = clock.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>Whether the chat model's server is asked under this name: the operator's model, or the one that the client's settings name.</summary>
    public bool IsChatModel(string name, ClientSettings settings) =>
        options.BaseUrl is not null && (name == options.Model || name == settings.Chat.Model);

    public IReadOnlyList<ModelResponse> All(ClientSettings settings)
    {
        var chat = options.BaseUrl is null ? [] : new[] { options.Model, settings.Chat.Model };
        return
        [
            .. chat.OfType<string>().Distinct(StringComparer.Ordinal).Where(name => name != ExtractiveOrchestrator.Model).Select(name => Of(name, OfTheServer)),
            Of(ExtractiveOrchestrator.Model, Own),
            Of(embeddings.Name, embeddings.IsBuiltIn ? Own : OfTheServer),
        ];
    }

    private ModelResponse Of(string name, string owner) => new(name, "model", started, owner);
}
