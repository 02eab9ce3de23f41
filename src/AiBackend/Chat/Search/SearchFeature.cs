using System.Reflection;
using AiBackend.Chat.Messages;
using AiBackend.Http;
using AiBackend.Search.Embedding;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;

namespace AiBackend.Chat.Search;

/// <summary>The search over a client's own messages.</summary>
internal static class SearchFeature
{
    public static IServiceCollection AddMessageSearch(this IServiceCollection services) => services
        .AddSingleton(provider => new Lazy<StaticEmbedder>(provider.GetRequiredService<StaticEmbedder>))
        .AddSingleton<MessageIndexes>()
        .AddSingleton<MessageSearch>();

    public static void MapMessageSearch(this IEndpointRouteBuilder api) =>
        api.MapGet("/search/messages", SearchAsync).WithName("SearchMessages").WithTags("Messages").RequireScope(Scopes.ChatRead)
            .WithSummary("Finds messages of all conversations by words and meaning.");

    private static async Task<Ok<FoundMessages>> SearchAsync(MessageSearchQuery asked, Caller caller, MessageSearch search, CancellationToken ct) =>
        TypedResults.Ok(await search.SearchAsync(caller.ClientId, asked.Query, ct));
}

/// <summary>What the address asks for.</summary>
internal sealed record MessageSearchQuery(MessageQuery Query) : IBindableFromHttpContext<MessageSearchQuery>, IEndpointParameterMetadataProvider
{
    public static ValueTask<MessageSearchQuery?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var fields = new QueryFields(context.Request.Query);
        return ValueTask.FromResult<MessageSearchQuery?>(new MessageSearchQuery(new MessageQuery(fields.Text("q") ?? string.Empty)
        {
            Limit = fields.Whole("limit", 1, MessageQuery.MostResults) ?? MessageQuery.UsualResults,
            Conditions = new MessageConditions
            {
                SessionId = fields.TextIfGiven("session_id"),
                Role = fields.Word<MessageRole>("role"),
                CreatedAfter = fields.Time("created_after"),
                CreatedBefore = fields.Time("created_before"),
            },
        }));
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
    {
        builder.Metadata.Add(new QueryParameterMetadata("q", $"What to look for: 1 to {MessageQuery.LongestText} characters. Needed.", typeof(string)));
        builder.Metadata.Add(new QueryParameterMetadata("session_id", "Only messages of this session, on all branches.", typeof(string)));
        builder.Metadata.Add(new QueryParameterMetadata("role", "Only messages of this role: user, assistant, agent or system.", typeof(string)));
        builder.Metadata.Add(new QueryParameterMetadata("created_after", "Only messages created later than this.", typeof(DateTimeOffset)));
        builder.Metadata.Add(new QueryParameterMetadata("created_before", "Only messages created earlier than this.", typeof(DateTimeOffset)));
        builder.Metadata.Add(new QueryParameterMetadata(
            "limit", $"How many at most: 1 to {MessageQuery.MostResults}, {MessageQuery.UsualResults} by default.", typeof(int)));
    }
}
