using MongoDB.Bson;

namespace AiBackend.DataStores.Mongodb;

/// <summary>Finds out which fields documents have. The fields of a document within are told by their paths, as far as <see cref="Depth"/>.</summary>
internal static class MongodbFields
{
    /// <summary>How many names a path has at most; what is deeper is JSON.</summary>
    public const int Depth = 3;

    /// <summary>A document with more fields than this, over all that were looked at, has values for names: it is JSON.</summary>
    public const int Names = 100;

    /// <summary>The most columns of a collection.</summary>
    public const int Columns = 500;

    private const string Id = "_id";

    /// <summary>The fields in the order in which they are met, the key first.</summary>
    public static IReadOnlyList<ColumnSchema> Of(IReadOnlyList<BsonDocument> documents)
    {
        var root = new Field(string.Empty);
        foreach (var document in documents)
        {
            root.Add(document, level: 0);
        }

        var columns = root.Columns(documents.Count, level: 0).OrderBy(column => column.Name != Id).Take(Columns).ToList();
        return columns is [{ Name: Id }, ..] ? columns : [new ColumnSchema(Id, "objectId", ColumnKind.Text, IsNullable: false, Comment: null), .. columns];
    }

    private sealed class Field(string path)
    {
        private readonly List<Field> order = [];
        private readonly Dictionary<string, Field> fields = new(StringComparer.Ordinal);
        private readonly Dictionary<(ColumnKind Kind, string Type), int> types = [];
        private int filled;

        public void Add(BsonValue value, int level)
        {
            if (value is BsonNull or BsonUndefined)
            {
                return;
            }

            filled++;
            var type = (MongodbValues.KindOf(value), MongodbValues.TypeOf(value));
            types[type] = types.GetValueOrDefault(type) + 1;
            if (value is not BsonDocument document || level >= Depth || path == Id)
            {
                return;
            }

            // A name with a dot in it cannot be told from a path, one with a dollar before it from an operator.
            foreach (var element in document.Where(element => element.Name.Length > 0 && !element.Name.Contains('.') && element.Name[0] != '$'))
            {
                if (!fields.TryGetValue(element.Name, out var field))
                {
                    field = fields[element.Name] = new Field(level == 0 ? element.Name : $"{path}.{element.Name}");
                    order.Add(field);
                }

                field.Add(element.Value, level + 1);
            }
        }

        public IEnumerable<ColumnSchema> Columns(int documents, int level)
        {
            var isOpen = level == 0 || (order.Count is > 0 and <= Names);
            var isValue = level > 0 && (!isOpen || types.Keys.Any(type => type.Kind != ColumnKind.Json));
            if (isValue)
            {
                var (kind, type) = Most();
                yield return new ColumnSchema(path, type, kind, path != Id && filled < documents, Comment: null);
            }

            foreach (var column in isOpen ? order.SelectMany(field => field.Columns(documents, level + 1)) : [])
            {
                yield return column;
            }
        }

        // Whole numbers beside others are numbers of that kind that happen to be whole.
        private (ColumnKind Kind, string Type) Most()
        {
            if (types.Count == 0)
            {
                return (ColumnKind.Other, "null");
            }

            var (kind, _) = types.GroupBy(type => IsNumber(type.Key.Kind) ? ColumnKind.Number : type.Key.Kind)
                .Select(group => (group.Key, Count: group.Sum(type => type.Value)))
                .OrderByDescending(group => group.Count).ThenBy(group => group.Key).First();
            var best = types.Where(type => type.Key.Kind == kind || (kind == ColumnKind.Number && IsNumber(type.Key.Kind)))
                .OrderByDescending(type => type.Key.Kind == kind).ThenByDescending(type => type.Value).ThenBy(type => type.Key.Type, StringComparer.Ordinal)
                .First().Key;
            return best;
        }

        private static bool IsNumber(ColumnKind kind) => kind is ColumnKind.Integer or ColumnKind.Number;
    }
}
