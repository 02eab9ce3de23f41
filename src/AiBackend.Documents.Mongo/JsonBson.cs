using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using MongoDB.Bson;
using MongoDB.Bson.IO;
using JsonTokenType = System.Text.Json.JsonTokenType;

namespace AiBackend.Documents.Mongo;

/// <summary>
/// Turns the JSON of a document into BSON and back without loss. Whole numbers become Int32 or Int64, all others Decimal128:
/// it holds every double and decimal as written, and one type for all compares right. The document's <c>id</c> is <c>_id</c>.
/// </summary>
internal static class JsonBson
{
    private const string Id = "id";
    private const string BsonId = "_id";
    private const int LargestDocument = 16 * 1024 * 1024;

    /// <summary>Makes BSON of a document.</summary>
    /// <exception cref="InvalidOperationException">It is larger than MongoDB takes.</exception>
    public static RawBsonDocument Document<T>(T document)
        where T : Document
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(document, DocumentJson.Options);
        using var bytes = new MemoryStream(json.Length + 64);
        using (var writer = new BsonBinaryWriter(bytes))
        {
            Write(json, writer);
        }

        return bytes.Length <= LargestDocument
            ? new RawBsonDocument(bytes.ToArray())
            : throw new InvalidOperationException($"The document {document.Id} has {bytes.Length} bytes; MongoDB holds at most {LargestDocument}.");
    }

    /// <summary>Reads a document, or the fields of one that were asked for. Releases the BSON.</summary>
    public static T Read<T>(RawBsonDocument document)
    {
        using (document)
        {
            var json = new ArrayBufferWriter<byte>(document.Slice.Length + 64);
            using var stream = new ByteBufferStream(document.Slice);
            using var reader = new BsonBinaryReader(stream);
            Read(reader, json);
            return JsonSerializer.Deserialize<T>(json.WrittenSpan, DocumentJson.Options)
                ?? throw new JsonException("The stored document is null.");
        }
    }

    /// <summary>The value of one field as it is stored, to compare with.</summary>
    public static BsonValue Value(object? value)
    {
        if (value is null)
        {
            return BsonNull.Value;
        }

        var holder = new BsonDocument();
        using var writer = new BsonDocumentWriter(holder);
        writer.WriteStartDocument();
        writer.WriteName("value");
        var reader = new Utf8JsonReader(JsonSerializer.SerializeToUtf8Bytes(value, value.GetType(), DocumentJson.Options));
        reader.Read();
        WriteValue(ref reader, writer);
        writer.WriteEndDocument();
        return holder[0];
    }

    /// <summary>Writes a JSON object as a document.</summary>
    internal static void Write(ReadOnlySpan<byte> json, IBsonWriter writer)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        WriteValue(ref reader, writer);
    }

    /// <summary>Writes a document as a JSON object.</summary>
    internal static void Read(IBsonReader reader, IBufferWriter<byte> json)
    {
        using var writer = new Utf8JsonWriter(
            json, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });
        ReadObject(reader, writer, isRoot: true);
    }

    private static void WriteValue(ref Utf8JsonReader reader, IBsonWriter writer)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var isRoot = reader.CurrentDepth == 0;
                writer.WriteStartDocument();
                while (reader.Read() && reader.TokenType is not JsonTokenType.EndObject)
                {
                    var name = reader.GetString()!;
                    writer.WriteName(isRoot && name == Id ? BsonId : FieldNames.Escape(name));
                    reader.Read();
                    WriteValue(ref reader, writer);
                }

                writer.WriteEndDocument();
                break;
            case JsonTokenType.StartArray:
                writer.WriteStartArray();
                while (reader.Read() && reader.TokenType is not JsonTokenType.EndArray)
                {
                    WriteValue(ref reader, writer);
                }

                writer.WriteEndArray();
                break;
            case JsonTokenType.String:
                writer.WriteString(reader.GetString()!);
                break;
            case JsonTokenType.Number:
                WriteNumber(ref reader, writer);
                break;
            case JsonTokenType.True or JsonTokenType.False:
                writer.WriteBoolean(reader.GetBoolean());
                break;
            default:
                writer.WriteNull();
                break;
        }
    }

    private static void WriteNumber(ref Utf8JsonReader reader, IBsonWriter writer)
    {
        if (reader.TryGetInt64(out var whole) && (whole != 0 || reader.ValueSpan[0] != '-'))
        {
            if (whole is >= int.MinValue and <= int.MaxValue)
            {
                writer.WriteInt32((int)whole);
            }
            else
            {
                writer.WriteInt64(whole);
            }

            return;
        }

        var text = System.Text.Encoding.ASCII.GetString(reader.ValueSpan);
        writer.WriteDecimal128(Decimal128.TryParse(text, out var number)
            ? number
            : throw new JsonException("A number of more than 34 digits cannot be stored."));
    }

    private static void ReadObject(IBsonReader reader, Utf8JsonWriter writer, bool isRoot)
    {
        reader.ReadStartDocument();
        writer.WriteStartObject();
        while (reader.ReadBsonType() != BsonType.EndOfDocument)
        {
            var name = reader.ReadName();
            writer.WritePropertyName(isRoot && name == BsonId ? Id : FieldNames.Unescape(name));
            ReadValue(reader, writer);
        }

        writer.WriteEndObject();
        reader.ReadEndDocument();
    }

    private static void ReadValue(IBsonReader reader, Utf8JsonWriter writer)
    {
        switch (reader.CurrentBsonType)
        {
            case BsonType.Document:
                ReadObject(reader, writer, isRoot: false);
                break;
            case BsonType.Array:
                reader.ReadStartArray();
                writer.WriteStartArray();
                while (reader.ReadBsonType() != BsonType.EndOfDocument)
                {
                    ReadValue(reader, writer);
                }

                writer.WriteEndArray();
                reader.ReadEndArray();
                break;
            case BsonType.String:
                writer.WriteStringValue(reader.ReadString());
                break;
            case BsonType.Int32:
                writer.WriteNumberValue(reader.ReadInt32());
                break;
            case BsonType.Int64:
                writer.WriteNumberValue(reader.ReadInt64());
                break;
            case BsonType.Decimal128:
                writer.WriteRawValue(reader.ReadDecimal128().ToString(), skipInputValidation: true);
                break;
            case BsonType.Double:
                writer.WriteRawValue(reader.ReadDouble().ToString("R", CultureInfo.InvariantCulture));
                break;
            case BsonType.Boolean:
                writer.WriteBooleanValue(reader.ReadBoolean());
                break;
            case BsonType.Null:
                reader.ReadNull();
                writer.WriteNullValue();
                break;
            default:
                throw new JsonException($"A stored document holds a value of type {reader.CurrentBsonType}, which this service does not write.");
        }
    }
}
