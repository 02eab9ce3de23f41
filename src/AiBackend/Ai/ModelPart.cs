using Microsoft.Extensions.AI;

namespace AiBackend.Ai;

/// <summary>What happens while a model answers.</summary>
internal abstract record ModelPart
{
    private ModelPart()
    {
    }

    /// <summary>The model is being asked.</summary>
    /// <param name="Try">From 1.</param>
    public sealed record Asked(string Model, int Try) : ModelPart;

    /// <summary>The next piece of its text; never empty.</summary>
    public sealed record Text(string Piece) : ModelPart;

    /// <summary>The text so far is void: a further try begins.</summary>
    public sealed record Reset : ModelPart;

    /// <summary>A try has ended.</summary>
    /// <param name="Outcome"><c>completed</c> or the failure's code.</param>
    /// <param name="Usage">Null when the server did not say.</param>
    public sealed record Answered(string Model, int Try, string Outcome, TimeSpan Duration, ModelUsage? Usage) : ModelPart;
}

/// <summary>Tokens that a model counted.</summary>
internal sealed record ModelUsage(long InputTokens, long OutputTokens)
{
    /// <summary>As a server said, which may be nonsense: fewer than none are none.</summary>
    public static ModelUsage Of(UsageDetails counted) =>
        new(Math.Max(0, counted.InputTokenCount ?? 0), Math.Max(0, counted.OutputTokenCount ?? 0));
}

/// <summary>The end of an answer that succeeded.</summary>
/// <param name="Model">The model that was asked.</param>
/// <param name="Usage">
/// Of all tries, as far as the server said; null when it said nothing for the try that succeeded. Nothing is estimated.
/// </param>
internal sealed record ModelAnswer(string Model, ModelUsage? Usage);
