using System.Buffers;
using System.Text.Json;
using AiBackend.Documents;

namespace AiBackend.Events;

/// <summary>Writes an event as CloudEvents 1.0 in structured JSON. The same event always gives the same bytes.</summary>
internal static class CloudEvent
{
    public const string MediaType = "application/cloudevents+json";

    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The body of a request that delivers the event.</summary>
    public static ReadOnlyMemory<byte> Write(Event raised)
    {
        var buffer = new ArrayBufferWriter<byte>(raised.Data.Text.Length + 512);
        using var json = new Utf8JsonWriter(buffer, Options);
        json.WriteStartObject();
        json.WriteString("specversion", "1.0");
        json.WriteString("id", raised.Id);
        json.WriteString("source", $"/clients/{raised.ClientId}");
        json.WriteString("type", raised.Type);
        json.WriteString("subject", raised.EntityId);
        json.WriteString("time", UtcTimeConverter.Text(raised.CreatedAt));
        json.WriteString("datacontenttype", "application/json");
        json.WriteString("traceparent", raised.TraceParent);
        if (raised.Sequence is { } sequence)
        {
            json.WriteNumber("sequence", sequence);
        }

        json.WritePropertyName("data");
        json.WriteRawValue(raised.Data.Text, skipInputValidation: true);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }
}
