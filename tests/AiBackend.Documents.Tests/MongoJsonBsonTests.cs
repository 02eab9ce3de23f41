using System.Buffers;
using System.Text;
using System.Text.Json;
using AiBackend.Documents.Mongo;
using MongoDB.Bson;
using MongoDB.Bson.IO;

namespace AiBackend.Documents.Tests;

/// <summary>JSON to BSON and back. Needs no server.</summary>
public sealed class MongoJsonBsonTests
{
    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"id":"x","version":1,"nested":{"id":"y","_id":"z"},"list":[{"id":1},[],[[null]],{}]}""")]
    [InlineData("""{"true":true,"false":false,"null":null,"empty":"","nul":"a\u0000b","time":"2026-11-22T15:04:05.678Z"}""")]
    [InlineData("""{"keys":{"$set":1,"a.b.c":2,".":3,"$":4,"":5,"a$b":6,"%":7,"%24":8,"%2E":9,"%25":10,"\u0000":11,"%00":12,"$%.":13,"é😀":14}}""")]
    [InlineData("""{"n":[0,-1,2147483647,-2147483648,2147483648,9223372036854775807,-9223372036854775808,9223372036854775808,18446744073709551615]}""")]
    [InlineData("""{"n":[0.1,-0.1,1.0,1.10,12.30,0.30000000000000004,79228162514264337593543950335,0.0000001,-0.0,1234567890123456789012345678901234]}""")]
    [InlineData("""{"n":[1E+300,1E-300,1.7976931348623157E+308,5E-324,0.000001]}""")]
    public void Json_comes_back_as_it_was(string json) => Assert.Equal(Same(json), Same(RoundTrip(json)));

    [Theory]
    [InlineData(-0d)]
    [InlineData(double.MaxValue)]
    [InlineData(double.Epsilon)]
    [InlineData(1e15)]
    [InlineData(1e16)]
    [InlineData(1e-7)]
    [InlineData(123456789.123456789)]
    public void Every_double_comes_back_to_the_bit(double number)
    {
        var found = RoundTrip(JsonSerializer.Serialize(new Dictionary<string, double> { ["n"] = number }, DocumentJson.Options));

        var read = JsonSerializer.Deserialize<Dictionary<string, double>>(found, DocumentJson.Options)!["n"];
        Assert.Equal(BitConverter.DoubleToInt64Bits(number), BitConverter.DoubleToInt64Bits(read));
    }

    [Fact]
    public void Any_document_comes_back_as_it_was()
    {
        var random = new Random(7);
        for (var i = 0; i < 500; i++)
        {
            var document = new Free { Id = "x", Version = i, Values = (Dictionary<string, object?>)AnyValue(random, 4, asObject: true)! };
            var json = JsonSerializer.Serialize(document, DocumentJson.Options);

            Assert.Equal(Same(json), Same(RoundTrip(json)));
        }
    }

    [Fact]
    public void Values_have_the_types_that_the_server_compares_by()
    {
        var bson = Bson("""{"id":"x","version":1,"large":3000000000,"part":0.5,"text":"2026-11-22T15:04:05.678Z","yes":true,"list":[1]}""");

        Assert.Equal(
            [BsonType.String, BsonType.Int32, BsonType.Int64, BsonType.Decimal128, BsonType.String, BsonType.Boolean, BsonType.Array],
            bson.Elements.Select(element => element.Value.BsonType));
        Assert.Equal("_id", bson.GetElement(0).Name);
    }

    [Fact]
    public void Names_that_the_server_would_read_as_its_own_are_not_stored()
    {
        var bson = Bson("""{"keys":{"$set":{"a.b":1}}}""");

        Assert.Equal("%24set", bson["keys"].AsBsonDocument.GetElement(0).Name);
        Assert.Equal("a%2Eb", bson["keys"]["%24set"].AsBsonDocument.GetElement(0).Name);
    }

    [Fact]
    public void A_number_too_long_to_keep_is_refused_rather_than_rounded() =>
        Assert.Throws<JsonException>(() => Bson("""{"n":12345678901234567890123456789012345}"""));

    [Fact]
    public void A_value_of_another_program_that_json_does_not_have_is_refused()
    {
        var stored = new RawBsonDocument(new BsonDocument { { "_id", "x" }, { "at", new BsonDateTime(0) } }.ToBson());

        var refused = Assert.Throws<JsonException>(() => JsonBson.Read<Free>(stored));

        Assert.Contains("DateTime", refused.Message, StringComparison.Ordinal);
    }

    private static BsonDocument Bson(string json)
    {
        var bson = new BsonDocument();
        using var writer = new BsonDocumentWriter(bson);
        JsonBson.Write(Encoding.UTF8.GetBytes(json), writer);
        return bson;
    }

    private static string RoundTrip(string json)
    {
        using var bytes = new MemoryStream();
        using (var writer = new BsonBinaryWriter(bytes))
        {
            JsonBson.Write(Encoding.UTF8.GetBytes(json), writer);
        }

        using var reader = new BsonBinaryReader(new MemoryStream(bytes.ToArray()));
        var buffer = new ArrayBufferWriter<byte>();
        JsonBson.Read(reader, buffer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>The JSON with its numbers in one notation and its strings with the same escapes.</summary>
    private static string Same(string json)
    {
        using var parsed = JsonDocument.Parse(json);
        return Same(parsed.RootElement);
    }

    private static string Same(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => $"{{{string.Join(',', element.EnumerateObject().Select(property => $"{JsonSerializer.Serialize(property.Name)}:{Same(property.Value)}"))}}}",
        JsonValueKind.Array => $"[{string.Join(',', element.EnumerateArray().Select(Same))}]",
        JsonValueKind.Number => Decimal128.Parse(element.GetRawText()).ToString(),
        JsonValueKind.String => JsonSerializer.Serialize(element.GetString()),
        _ => element.GetRawText(),
    };

    private static object? AnyValue(Random random, int depth, bool asObject = false) => (asObject ? 0 : random.Next(depth > 0 ? 8 : 6) - (depth > 0 ? 0 : -2)) switch
    {
        0 => Enumerable.Range(0, random.Next(5)).Select(n => $"{AnyText(random)}{n}").Distinct().ToDictionary(key => key, _ => AnyValue(random, depth - 1)),
        1 => Enumerable.Range(0, random.Next(4)).Select(_ => AnyValue(random, depth - 1)).ToList(),
        2 => random.NextInt64(long.MinValue, long.MaxValue),
        3 => random.Next(-10, 10),
        4 => BitConverter.Int64BitsToDouble(random.NextInt64()) is var any && double.IsFinite(any) ? any : 0.5,
        5 => new decimal(random.Next(), random.Next(), random.Next(), random.Next(2) == 0, (byte)random.Next(29)),
        6 => AnyText(random),
        _ => random.Next(3) switch { 0 => true, 1 => false, _ => null },
    };

    private static string AnyText(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => "$.%\0aé😀 25E"[random.Next(11)])).Replace("\ud83d", "x", StringComparison.Ordinal).Replace("\ude00", "y", StringComparison.Ordinal);

    private sealed record Free : Document
    {
        public required Dictionary<string, object?> Values { get; init; }
    }
}
