using CsCheck;

namespace AiBackend.Tests.Chat.Model;

/// <summary>A session against its model, and several callers at once against what must always be true.</summary>
public sealed class SessionModelTests(ChatApp app) : IClassFixture<ChatApp>
{
    /// <summary>Each takes some hundred requests.</summary>
    private const int Samples = 25;

    private const int Callers = 8;
    private const int SessionsAtOnce = 4;

    [Fact]
    public Task A_session_does_what_its_model_does() => SessionAction.AnyOrClose.Array[5, 30].SampleAsync(
        async actions =>
        {
            var tenant = await app.NewChatTenantAsync();
            var words = new ScriptedWords();
            app.Answers.Set(tenant.ClientId, words.AnswerAsync);
            var driver = new SessionDriver(tenant, await tenant.OpenAsync(), words);
            foreach (var action in actions)
            {
                await driver.TakeAsync(action);
            }

            await driver.FinishAsync();
        },
        iter: Samples,
        threads: 2,
        print: Print);

    [Fact]
    public Task Whatever_several_callers_do_at_once_everything_adds_up() => SessionAction.Any.Array[30].Array[Callers].SampleAsync(
        async callers =>
        {
            var tenant = await app.NewChatTenantAsync();
            var words = new ScriptedWords();
            app.Answers.Set(tenant.ClientId, words.AnswerAsync);
            await SessionCallers.ActAsync(tenant, words, SessionsAtOnce, callers);
        },
        iter: 3,
        threads: 1,
        print: callers => string.Join(Environment.NewLine, callers.Select(Print)));

    internal static string Print(SessionAction[] actions) => string.Join(", ", actions.Select(action => action.ToString()));
}
