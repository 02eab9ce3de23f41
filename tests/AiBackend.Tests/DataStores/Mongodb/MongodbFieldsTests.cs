using AiBackend.DataStores.Mongodb;
using MongoDB.Bson;

namespace AiBackend.Tests.DataStores.Mongodb;

public sealed class MongodbFieldsTests
{
    [Fact]
    public void Fields_of_documents_within_are_paths_down_to_the_third_name() =>
        Assert.Equal(
            ["_id int Integer", "a.b.c string Text", "a.b.d object Json?", "a.e int Integer?"],
            Of("{ _id: 1, a: { b: { c: 'x', d: { e: 1 } }, e: 2 } }", "{ _id: 2, a: { b: { c: 'y' } } }"));

    [Fact]
    public void The_kind_is_that_of_most_values() =>
        Assert.Equal(
            ["_id int Integer", "v string Text"],
            Of("{ _id: 1, v: 1 }", "{ _id: 2, v: 'a' }", "{ _id: 3, v: 'b' }"));

    [Fact]
    public void Whole_numbers_among_others_are_numbers() =>
        Assert.Equal(
            ["_id int Integer", "v double Number"],
            Of("{ _id: 1, v: 1 }", "{ _id: 2, v: 1.5 }", "{ _id: 3, v: NumberLong(7) }", "{ _id: 4, v: 'a' }"));

    [Fact]
    public void A_field_that_is_null_or_missing_somewhere_may_be_null() =>
        Assert.Equal(
            ["_id int Integer", "a int Integer?", "b int Integer?", "c null Other?", "d int Integer"],
            Of("{ _id: 1, a: 1, b: null, c: null, d: 1 }", "{ _id: 2, b: 2, c: null, d: 2 }"));

    [Fact]
    public void Arrays_are_other_and_what_is_in_them_is_not_told() =>
        Assert.Equal(["_id int Integer", "tags array Other"], Of("{ _id: 1, tags: [{ a: 1 }] }"));

    [Fact]
    public void A_field_that_is_a_document_now_and_a_text_then_is_told_as_both() =>
        Assert.Equal(
            ["_id int Integer", "v object Json", "v.a int Integer?"],
            Of("{ _id: 1, v: { a: 1 } }", "{ _id: 2, v: { a: 2 } }", "{ _id: 3, v: 'x' }"));

    [Fact]
    public void A_document_with_values_for_names_is_json()
    {
        Assert.Equal(1 + MongodbFields.Names, Of(Documents(MongodbFields.Names)).Length);
        Assert.Equal(["_id int Integer", "by object Json"], Of(Documents(MongodbFields.Names + 1)));

        static string[] Documents(int names) => [.. Enumerable.Range(0, names).Select(i => $"{{ _id: {i}, by: {{ n{i}: 1 }} }}")];
    }

    [Fact]
    public void There_are_only_so_many_columns()
    {
        var document = new BsonDocument(Enumerable.Range(0, MongodbFields.Columns).Select(i => new BsonElement($"f{i}", i))) { { "_id", 1 } };

        var columns = MongodbFields.Of([document]);

        Assert.Equal(MongodbFields.Columns, columns.Count);
        Assert.Equal("_id", columns[0].Name);
    }

    [Fact]
    public void Names_that_are_no_paths_are_left_out() =>
        Assert.Equal(["_id int Integer", "c int Integer"], Of("{ _id: 1, 'a.b': 1, '$x': 1, c: 1 }"));

    [Fact]
    public void A_key_that_is_a_document_is_one_column() => Assert.Equal(["_id object Json"], Of("{ _id: { a: 1, b: 2 } }"));

    [Fact]
    public void An_empty_collection_has_a_key() => Assert.Equal(["_id objectId Text"], Of());

    private static string[] Of(params string[] documents) =>
    [
        .. MongodbFields.Of([.. documents.Select(BsonDocument.Parse)])
            .Select(column => $"{column.Name} {column.Type} {column.Kind}{(column.IsNullable ? "?" : string.Empty)}"),
    ];
}
