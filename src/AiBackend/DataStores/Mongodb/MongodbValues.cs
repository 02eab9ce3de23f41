using System.Globalization;
using MongoDB.Bson;
using MongoDB.Bson.IO;

namespace AiBackend.DataStores.Mongodb;

/// <summary>What the types of MongoDB hold, and their values as text.</summary>
internal static class MongodbValues
{
    private static readonly JsonWriterSettings Relaxed = new() { OutputMode = JsonOutputMode.RelaxedExtendedJson };

    public static ColumnKind KindOf(BsonValue value) => value.BsonType switch
    {
        BsonType.String or BsonType.ObjectId or BsonType.Symbol => ColumnKind.Text,
        BsonType.Binary when value.AsBsonBinaryData.SubType == BsonBinarySubType.UuidStandard => ColumnKind.Text,
        BsonType.Int32 or BsonType.Int64 => ColumnKind.Integer,
        BsonType.Double or BsonType.Decimal128 => ColumnKind.Number,
        BsonType.Boolean => ColumnKind.Boolean,
        BsonType.DateTime or BsonType.Timestamp => ColumnKind.Time,
        BsonType.Document => ColumnKind.Json,
        _ => ColumnKind.Other,
    };

    /// <summary>The type's name as <c>$type</c> has it; a binary that is a UUID is called so.</summary>
    public static string TypeOf(BsonValue value) => value.BsonType switch
    {
        BsonType.Document => "object",
        BsonType.Binary when value.AsBsonBinaryData.SubType == BsonBinarySubType.UuidStandard => "uuid",
        BsonType.Binary => "binData",
        BsonType.ObjectId => "objectId",
        BsonType.Boolean => "bool",
        BsonType.DateTime => "date",
        BsonType.RegularExpression => "regex",
        BsonType.JavaScript => "javascript",
        BsonType.JavaScriptWithScope => "javascriptWithScope",
        BsonType.Int32 => "int",
        BsonType.Int64 => "long",
        BsonType.Decimal128 => "decimal",
        BsonType.MinKey => "minKey",
        BsonType.MaxKey => "maxKey",
        var type => type.ToString().ToLowerInvariant(),
    };

    /// <summary>The value at a path of fields; null when there is none, also below an array.</summary>
    public static BsonValue At(BsonDocument document, string path)
    {
        BsonValue value = document;
        foreach (var field in path.Split('.'))
        {
            if (value is not BsonDocument inner || !inner.TryGetValue(field, out value!))
            {
                return BsonNull.Value;
            }
        }

        return value;
    }

    /// <summary>As <see cref="RowPage.Rows"/> promises it; documents, arrays and what else has no text are relaxed extended JSON.</summary>
    public static string? ToText(BsonValue value) => value switch
    {
        BsonNull or BsonUndefined => null,
        BsonString text => text.Value,
        BsonSymbol symbol => symbol.Name,
        BsonObjectId id => id.Value.ToString(),
        BsonBoolean boolean => boolean.Value ? "true" : "false",
        BsonInt32 or BsonInt64 => value.ToInt64().ToString(CultureInfo.InvariantCulture),
        BsonDouble number => number.Value.ToString("R", CultureInfo.InvariantCulture),
        BsonDecimal128 number => ToText(number.Value),
        BsonDateTime time => ToText(time.MillisecondsSinceEpoch),
        BsonTimestamp time => ToText(time.Timestamp * 1_000L),
        BsonBinaryData { SubType: BsonBinarySubType.UuidStandard } uuid => uuid.ToGuid(GuidRepresentation.Standard).ToString(),
        BsonBinaryData bytes => $@"\x{Convert.ToHexString(bytes.Bytes)}",
        _ => Json(value),
    };

    private static string ToText(Decimal128 value)
    {
        try
        {
            return Decimal128.ToDecimal(value) is var number && Decimal128.Equals(new Decimal128(number), value)
                ? number.ToString(CultureInfo.InvariantCulture)
                : value.ToString();
        }
        catch (OverflowException)
        {
            return value.ToString();
        }
    }

    // Years that have other than four digits cannot be written as RFC 3339.
    private static string ToText(long milliseconds) => milliseconds is >= -62_135_596_800_000 and <= 253_402_300_799_999
        ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)
        : milliseconds.ToString(CultureInfo.InvariantCulture);

    private static string Json(BsonValue value)
    {
        var json = new BsonDocument("v", value).ToJson(Relaxed);
        return json[(json.IndexOf(':', StringComparison.Ordinal) + 1)..json.LastIndexOf('}')].Trim();
    }
}
