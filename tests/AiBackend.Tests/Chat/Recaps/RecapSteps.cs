using AiBackend.Tests.Support;

namespace AiBackend.Tests.Chat.Recaps;

internal static class RecapSteps
{
    /// <summary>Has the model give this answer once the test lets it.</summary>
    public static TaskCompletionSource Held(this AnalysisModelApp app, string answer)
    {
        var release = new TaskCompletionSource();
        app.Model.Then(ModelReply.Stream(async answering =>
        {
            await release.Task.WaitAsync(TestContext.Current.CancellationToken);
            await answering.DeltaAsync(answer);
            await answering.EndAsync(1, 1);
        }));
        return release;
    }

    /// <summary>A session of a user and an agent who write in turn.</summary>
    public static async Task<string> SessionAsync(this ChatTenant tenant, params string[] texts)
    {
        var session = await tenant.OpenAsync();
        for (var i = 0; i < texts.Length; i++)
        {
            await tenant.SayAsync(new { session_id = session, text = texts[i], role = i % 2 == 0 ? "user" : "agent", reply = "none" });
        }

        return session;
    }

    public static async Task<string[]> IdsAsync(this ChatTenant tenant, string session) => [.. (await tenant.MessagesAsync(session)).Select(message => message.Text("id"))];
}
