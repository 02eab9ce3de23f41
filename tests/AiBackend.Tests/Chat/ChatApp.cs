using AiBackend.Clients;
using AiBackend.Orchestration;
using AiBackend.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace AiBackend.Tests.Chat;

/// <summary>The service with answers that tests write.</summary>
public class ChatApp : AppFixture
{
    private readonly ArmedClock clock = new();

    public override FakeTimeProvider Clock => clock;

    internal ArmedClock ArmedClock => clock;

    internal ScriptedAnswers Answers { get; } = new();

    /// <summary>A new client with a key of these scopes; nothing is shared with other tests.</summary>
    /// <param name="chat">Its settings for chat, in their wire form.</param>
    internal async Task<ChatTenant> NewChatTenantAsync(object? chat = null, params string[] scopes) =>
        new(this, await NewTenantAsync(chat is null ? null : new { chat }, scopes));

    protected override void ConfigureServices(IServiceCollection services)
    {
        services.AddKeyedSingleton<IOrchestrator>(OrchestratorKind.Builtin, Answers);
        services.AddKeyedSingleton<IOrchestrator>(OrchestratorKind.Http, Answers);
    }
}
