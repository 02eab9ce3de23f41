using AiBackend.Http;

namespace AiBackend.Chat.Messages;

/// <summary>What is refused of messages in more than one place.</summary>
internal static class MessageRules
{
    /// <summary>Refuses (409) what cannot be done to a message whose content is gone.</summary>
    public static void RequireNotDeleted(Message message)
    {
        if (message.DeletedAt is not null)
        {
            throw ApiException.Conflict("The message was deleted.");
        }
    }
}
