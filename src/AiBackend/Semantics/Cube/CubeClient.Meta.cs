namespace AiBackend.Semantics.Cube;

/// <content>
/// The models as Cube has compiled them. Compiling costs it seconds, also when the models are broken, so whoever asks meanwhile waits for the same answer,
/// and what came of it is remembered for some seconds, a failure too.
/// </content>
internal sealed partial class CubeClient
{
    private const int MostRemembered = 200;

    private readonly Dictionary<(string ServerId, long Version, CubeClaims Claims), Task<MetaAnswer>> metas = [];

    /// <summary>The client's models as Cube has compiled them; remembered for some seconds, unless a newer commit or a change of the server is known.</summary>
    /// <exception cref="CubeException">The server does not answer, or the models are not right.</exception>
    public async Task<CubeMeta> MetaAsync(CubeTarget target, CancellationToken ct)
    {
        var answer = await Remembered(target).WaitAsync(ct);
        return answer.Meta ?? throw new CubeException(answer.Error!.Fault, answer.Error.Message, answer.Error);
    }

    /// <summary>The client's models as Cube compiles them now.</summary>
    /// <exception cref="CubeException">The server does not answer, or the models are not right.</exception>
    public async Task<CubeMeta> ReadMetaAsync(CubeTarget target, CancellationToken ct)
    {
        var answer = await AskAsync(target, HttpMethod.Get, "/meta?extended=true", body: null, options.AnswerLimit, ct);
        try
        {
            return CubeMetaJson.Read(answer);
        }
        catch (FormatException)
        {
            throw NotCube(target.Server);
        }
    }

    private Task<MetaAnswer> Remembered(CubeTarget target)
    {
        var key = (target.Server.Id, target.Server.Version, target.Claims);
        lock (metas)
        {
            if (metas.TryGetValue(key, out var known) && IsOfUse(known))
            {
                return known;
            }

            if (metas.Count >= MostRemembered)
            {
                metas.Clear();
            }

            // Of nobody's own: who leaves does not take the answer from the others. The limit of time ends it.
            return metas[key] = Task.Run(() => AnswerAsync(target), CancellationToken.None);
        }
    }

    private async Task<MetaAnswer> AnswerAsync(CubeTarget target)
    {
        try
        {
            var meta = await ReadMetaAsync(target, CancellationToken.None);
            return new MetaAnswer(meta, Error: null, clock.GetTimestamp());
        }
        catch (CubeException error)
        {
            return new MetaAnswer(Meta: null, error, clock.GetTimestamp());
        }
    }

    private bool IsOfUse(Task<MetaAnswer> known)
    {
        if (!known.IsCompleted)
        {
            return true;
        }

        // What fails at once may be asked again at once, so that a server that is back is noticed.
        return known.IsCompletedSuccessfully
            && known.GetAwaiter().GetResult() is var answer
            && answer.Error is null or { Fault: CubeFault.Failed or CubeFault.BadQuery or CubeFault.TooLarge or CubeFault.TimedOut }
            && clock.GetElapsedTime(answer.At) < options.MetaFreshness;
    }

    /// <param name="At">When it was there, by the clock's timestamps.</param>
    private sealed record MetaAnswer(CubeMeta? Meta, CubeException? Error, long At);
}
