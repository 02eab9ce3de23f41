namespace AiBackend.Ai;

/// <summary>Adds up what a model counted for one piece of work: for all of its requests, those whose answers could not be used included.</summary>
internal sealed class TokenTally
{
    /// <summary>As far as the server said; null when it said nothing.</summary>
    public ModelUsage? Total { get; private set; }

    /// <param name="counted">Null when the server did not say.</param>
    public void Add(ModelUsage? counted)
    {
        if (counted is not null)
        {
            Total = new ModelUsage((Total?.InputTokens ?? 0) + counted.InputTokens, (Total?.OutputTokens ?? 0) + counted.OutputTokens);
        }
    }
}
