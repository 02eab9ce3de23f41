using System.Buffers;
using System.Text.Json;
using AiBackend.Documents;
using AiBackend.Http;

namespace AiBackend.Clients.Privacy;

/// <summary>
/// Writes all that is held of a client, a JSON object a line, a page of documents after another: a reader that is slow holds the reading
/// up, and memory stays the same however much there is. The last line says so; an export without it was cut off.
/// </summary>
internal sealed class ClientExport(Client client, TenantDocuments documents, IEnumerable<ExportRule> rules) : IResult
{
    public const string MediaType = "application/x-ndjson";

    private const string Last = "end";
    private static readonly byte[] NewLine = "\n"u8.ToArray();

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = MediaType;
        response.Headers.ContentDisposition = $"attachment; filename=\"{client.Id}.ndjson\"";
        var ct = httpContext.RequestAborted;
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);

        Write(response, "client", ClientResponse.From(client), counts);
        foreach (var rule in rules.OfType<ExportRule.Written>())
        {
            string? cursor = null;
            do
            {
                var page = await rule.ReadAsync(documents, cursor, ct);
                foreach (var document in page.Items)
                {
                    Write(response, rule.Name, document, counts);
                }

                await response.BodyWriter.FlushAsync(ct);
                cursor = page.NextCursor;
            }
            while (cursor is not null);
        }

        Write(response, Last, new ExportEnd(new Dictionary<string, long>(counts)), counts);
        await response.BodyWriter.FlushAsync(ct);
    }

    private static void Write(HttpResponse response, string type, object data, Dictionary<string, long> counts)
    {
        using (var writer = new Utf8JsonWriter(response.BodyWriter, new JsonWriterOptions { Encoder = WireJson.Options.Encoder }))
        {
            writer.WriteStartObject();
            writer.WriteString("type", type);
            writer.WritePropertyName("data");
            JsonSerializer.Serialize(writer, data, data.GetType(), WireJson.Options);
            writer.WriteEndObject();
        }

        response.BodyWriter.Write(NewLine);
        counts[type] = counts.GetValueOrDefault(type) + 1;
    }

    /// <summary>The last line.</summary>
    /// <param name="Counts">How many lines there were of each type.</param>
    private sealed record ExportEnd(IReadOnlyDictionary<string, long> Counts);
}
