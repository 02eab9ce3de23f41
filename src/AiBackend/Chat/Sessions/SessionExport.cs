using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using AiBackend.Chat.Messages;
using AiBackend.Documents;
using AiBackend.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace AiBackend.Chat.Sessions;

/// <summary>The form in which a conversation is taken out.</summary>
internal enum ExportFormat
{
    /// <summary>The session and all its messages, as their routes show them.</summary>
    Json,

    /// <summary>The active branch, to be read.</summary>
    Markdown,
}

/// <summary>Which form to take a conversation out in.</summary>
/// <param name="Format">JSON by default.</param>
internal sealed record ExportChoice(ExportFormat Format) : IBindableFromHttpContext<ExportChoice>, IEndpointParameterMetadataProvider
{
    public static ValueTask<ExportChoice?> BindAsync(HttpContext context, ParameterInfo parameter) =>
        ValueTask.FromResult<ExportChoice?>(
            new ExportChoice(new QueryFields(context.Request.Query).Word<ExportFormat>("format") ?? ExportFormat.Json));

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new QueryParameterMetadata("format", "json (the default) or markdown.", typeof(string)));
}

/// <summary>Writes a whole conversation, a page of messages after another.</summary>
/// <param name="documents">The client's.</param>
/// <param name="session">As it was when the export began; what is posted later is left out.</param>
internal sealed class SessionExport(TenantDocuments documents, Session session, ExportFormat format) : IResult
{
    private const int MessagesPerPage = 200;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (type, extension) = format is ExportFormat.Json
            ? ("application/json; charset=utf-8", "json")
            : ("text/markdown; charset=utf-8", "md");
        var response = httpContext.Response;
        response.ContentType = type;
        response.Headers.ContentDisposition = $"attachment; filename=\"{session.Id}.{extension}\"";
        var ct = httpContext.RequestAborted;
        if (format is ExportFormat.Json)
        {
            await WriteJsonAsync(response, ct);
        }
        else
        {
            await WriteMarkdownAsync(response, ct);
        }
    }

    private async Task WriteJsonAsync(HttpResponse response, CancellationToken ct)
    {
        await using var writer = new Utf8JsonWriter(response.BodyWriter, new JsonWriterOptions { Encoder = WireJson.Options.Encoder });
        writer.WriteStartObject();
        writer.WritePropertyName("session");
        JsonSerializer.Serialize(writer, SessionResponse.From(session), WireJson.Options);
        writer.WriteStartArray("messages");
        await foreach (var page in PagesAsync(BranchKind.All, ct))
        {
            foreach (var message in page)
            {
                JsonSerializer.Serialize(writer, message, WireJson.Options);
            }

            await writer.FlushAsync(ct);
            await response.BodyWriter.FlushAsync(ct);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private async Task WriteMarkdownAsync(HttpResponse response, CancellationToken ct)
    {
        await response.WriteAsync($"# {Inline(session.Title ?? session.ExternalId ?? session.Id)}\n", ct);
        await foreach (var page in PagesAsync(BranchKind.Active, ct))
        {
            var text = new StringBuilder();
            foreach (var message in page)
            {
                Append(text, message);
            }

            await response.WriteAsync(text.ToString(), ct);
            await response.BodyWriter.FlushAsync(ct);
        }
    }

    private static void Append(StringBuilder text, MessageResponse message)
    {
        var sender = message.Sender is { } person ? $" ({Inline(person.Name ?? person.Id)})" : string.Empty;
        var time = message.CreatedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
        text.Append(CultureInfo.InvariantCulture, $"\n**{message.Role}**{sender}, {time}\n\n");
        foreach (var line in message.DeletedAt is null ? message.Text.Split('\n') : ["(deleted)"])
        {
            text.Append("> ").Append(Escaped(line.TrimEnd('\r'))).Append('\n');
        }

        foreach (var attachment in message.Attachments)
        {
            text.Append(CultureInfo.InvariantCulture, $">\n> Attachment: {Inline(attachment.Name ?? attachment.Url ?? attachment.Type.ToString())}\n");
        }

        for (var i = 0; i < message.Citations.Count; i++)
        {
            var citation = message.Citations[i];
            text.Append(CultureInfo.InvariantCulture, $">\n> [{i + 1}] {Inline(citation.Title ?? citation.Url ?? citation.DocumentId ?? string.Empty)}\n");
        }
    }

    private async IAsyncEnumerable<IReadOnlyList<MessageResponse>> PagesAsync(
        BranchKind branch, [EnumeratorCancellation] CancellationToken ct)
    {
        string? cursor = null;
        do
        {
            var page = await SessionMessages.PageAsync(documents, session, branch, new PageRequest(MessagesPerPage, cursor, IsAscending: true), ct);
            yield return [.. page.Data.Where(message => message.Position <= session.LastPosition)];
            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }

    private static string Inline(string text) => Escaped(text.ReplaceLineEndings(" "));

    // What people wrote may hold HTML, which a viewer of Markdown would take for its own.
    private static string Escaped(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);
}
