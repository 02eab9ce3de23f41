using AiBackend.Chat.Analyses;
using AiBackend.Chat.Feedback;
using AiBackend.Chat.Runs;
using AiBackend.Chat.Suggestions;
using AiBackend.Documents;

namespace AiBackend.Chat.Messages;

/// <summary>Takes away what is derived from one message, within the commit that takes its content away.</summary>
internal static class MessageDerivatives
{
    /// <summary>Removes the kept stream of a reply's run, and all feedback and analyses, with the texts that earlier events told of them.</summary>
    public static async ValueTask RemoveAsync(TenantTransaction transaction, Message message)
    {
        if (message.RunId is not null)
        {
            await RemoveStreamAsync(transaction, message.SessionId, message.RunId);
        }

        await FeedbackChanges.RemoveOfMessageAsync(transaction, message.Id);
        await AnalysisQueue.RemoveOfMessageAsync(transaction, message.Id);
    }

    /// <summary>Removes the suggestions that were made in answer to a message.</summary>
    public static async ValueTask RemoveSuggestionsAsync(TenantTransaction transaction, string messageId)
    {
        var ofMessage = Query.Of<Suggestion>().Equal(suggestion => suggestion.MessageId, messageId);
        foreach (var suggestion in await transaction.ListAsync(ofMessage))
        {
            await ChatEvents.BlankAsync(transaction, suggestion.Id);
            await transaction.DeleteAsync<Suggestion>(suggestion.Id);
        }
    }

    /// <summary>Removes the parts of a run's stream.</summary>
    public static async ValueTask RemoveStreamAsync(TenantTransaction transaction, string sessionId, string runId) =>
        await transaction.DeleteAllAsync(Query.Of<StreamPart>().Equal(part => part.SessionId, sessionId).Equal(part => part.RunId, runId));
}
