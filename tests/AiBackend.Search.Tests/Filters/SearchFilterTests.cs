using System.Text.Json;
using AiBackend.Search.Filters;
using CsCheck;

namespace AiBackend.Search.Tests.Filters;

public sealed class SearchFilterTests
{
    private const string Document = """
        {"lang": "en", "price": 12.50, "stock": 0, "tags": ["new", "sale"], "active": true, "gone": null,
         "since": "2026-03-01T00:00:00.000Z", "shop": {"city": "Graz", "geo.lat": 47.07, "sizes": [38, 40]}, "a.b": 1}
        """;

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"lang": "en"}""")]
    [InlineData("""{"price": 12.5}""")]
    [InlineData("""{"price": 1.25e1}""")]
    [InlineData("""{"active": true, "lang": "en"}""")]
    [InlineData("""{"gone": null}""")]
    [InlineData("""{"absent": null}""")]
    [InlineData("""{"tags": "sale"}""")]
    [InlineData("""{"tags": {"$in": ["old", "new"]}}""")]
    [InlineData("""{"tags": {"$ne": "old"}}""")]
    [InlineData("""{"absent": {"$ne": "x"}}""")]
    [InlineData("""{"price": {"$gt": 12, "$lt": 13}}""")]
    [InlineData("""{"price": {"$gte": 12.5, "$lte": 12.5}}""")]
    [InlineData("""{"since": {"$gte": "2026-01-01", "$lt": "2027"}}""")]
    [InlineData("""{"gone": {"$exists": true}}""")]
    [InlineData("""{"absent": {"$exists": false}}""")]
    [InlineData("""{"shop.city": "Graz"}""")]
    [InlineData("""{"shop.geo.lat": {"$gt": 47}}""")]
    [InlineData("""{"shop.sizes": {"$gt": 39}}""")]
    [InlineData("""{"a.b": 1}""")]
    [InlineData("""{"$or": [{"lang": "de"}, {"stock": 0}]}""")]
    [InlineData("""{"$and": [{"lang": "en"}, {"stock": {"$lt": 1}}]}""")]
    [InlineData("""{"$not": {"lang": "de"}}""")]
    [InlineData("""{"$not": {"$or": [{"lang": "de"}, {"price": {"$gt": 100}}]}}""")]
    public void A_document_passes(string filter) => Assert.Equal((true, true), Match(filter));

    [Theory]
    [InlineData("""{"lang": "EN"}""")]
    [InlineData("""{"lang": {"$in": []}}""")]
    [InlineData("""{"price": "12.5"}""")]
    [InlineData("""{"stock": false}""")]
    [InlineData("""{"stock": null}""")]
    [InlineData("""{"active": true, "lang": "de"}""")]
    [InlineData("""{"tags": {"$ne": "new"}}""")]
    [InlineData("""{"tags": {"$in": ["old"]}}""")]
    [InlineData("""{"price": {"$gt": 12.5}}""")]
    [InlineData("""{"price": {"$lt": 12.5}}""")]
    [InlineData("""{"price": {"$gt": "1"}}""")]
    [InlineData("""{"lang": {"$gt": 1}}""")]
    [InlineData("""{"absent": {"$lt": 1}}""")]
    [InlineData("""{"shop": "Graz"}""")]
    [InlineData("""{"shop.city.name": "Graz"}""")]
    [InlineData("""{"absent": {"$exists": true}}""")]
    [InlineData("""{"$or": [{"lang": "de"}, {"stock": 1}]}""")]
    [InlineData("""{"$and": [{"lang": "en"}, {"stock": 1}]}""")]
    [InlineData("""{"$not": {"lang": "en"}}""")]
    [InlineData("""{"$not": {}}""")]
    public void A_document_is_held_back(string filter) => Assert.Equal((false, false), Match(filter));

    [Theory]
    [InlineData("""[]""", "filter", "must be an object")]
    [InlineData("""{"$nor": []}""", "filter.$nor", "is not an operator here")]
    [InlineData("""{"$and": {}}""", "filter.$and", "must be a list")]
    [InlineData("""{"$or": []}""", "filter.$or", "at least one")]
    [InlineData("""{"$and": [{"a": 1}, {"b": {"$like": 1}}]}""", "filter.$and[1].b.$like", "is not an operator")]
    [InlineData("""{"$and": [1]}""", "filter.$and[0]", "must be an object")]
    [InlineData("""{"$not": []}""", "filter.$not", "must be an object")]
    [InlineData("""{"a": {}}""", "filter.a", "must hold an operator")]
    [InlineData("""{"a": {"b": 1}}""", "filter.a.b", "is not an operator")]
    [InlineData("""{"a": [1]}""", "filter.a", "use $in")]
    [InlineData("""{"a": {"$in": 1}}""", "filter.a.$in", "must be a list")]
    [InlineData("""{"a": {"$in": [1, {}]}}""", "filter.a.$in[1]", "must be a string")]
    [InlineData("""{"a": {"$gt": true}}""", "filter.a.$gt", "must be a number or a string")]
    [InlineData("""{"a": {"$exists": 1}}""", "filter.a.$exists", "must be true or false")]
    [InlineData("""{"": 1}""", "filter.", "needs a name")]
    [InlineData("""{"a": "\ud800"}""", "filter.a", "must be a string")]
    [InlineData("""{"\ud800": 1}""", "filter", "not valid text")]
    public void A_wrong_filter_is_refused_with_its_place(string filter, string path, string reason)
    {
        var refusal = Assert.Throws<SearchFilterException>(() => Parse(filter));

        Assert.Equal(path, refusal.Path);
        Assert.Contains(reason, refusal.Reason, StringComparison.Ordinal);
        Assert.StartsWith(path, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Conditions_nest_sixteen_deep_and_no_deeper()
    {
        Assert.NotNull(Parse(Nested(15)));
        Assert.Contains("16", Assert.Throws<SearchFilterException>(() => Parse(Nested(16))).Reason, StringComparison.Ordinal);

        static string Nested(int depth) =>
            string.Concat(Enumerable.Repeat("""{"$not":""", depth)) + "{}" + new string('}', depth);
    }

    [Fact]
    public void Whole_numbers_beyond_double_precision_are_told_apart()
    {
        using var document = JsonDocument.Parse("""{"id": 9007199254740993}""");

        Assert.True(Parse("""{"id": 9007199254740993}""").Matches(document.RootElement));
        Assert.False(Parse("""{"id": 9007199254740992}""").Matches(document.RootElement));
    }

    [Fact]
    public void A_document_that_is_no_object_has_no_fields()
    {
        using var list = JsonDocument.Parse("[1]");

        Assert.False(Parse("""{"a": 1}""").Matches(list.RootElement));
        Assert.True(Parse("""{"a": {"$exists": false}}""").Matches(list.RootElement));
    }

    [Fact]
    public void Text_that_is_not_valid_in_a_document_equals_nothing()
    {
        using var document = JsonDocument.Parse("""{"a": "\ud800", "b": {"\ud800": 1}}""");

        Assert.False(Parse("""{"a": "x"}""").Matches(document.RootElement));
        Assert.False(Parse("""{"b.c": 1}""").Matches(document.RootElement));
    }

    [Fact]
    public void No_filter_causes_another_error_than_its_own()
    {
        var names = Gen.OneOf<string>("$and", "$or", "$not", "$in", "$gt", "$gte", "$lt", "$lte", "$ne", "$exists", "$", "", "a", "a.b", ".", "lang");
        var leaves = Gen.OneOf<string>("1", "-0.5", "1e400", "\"x\"", "\"\\ud800\"", "true", "false", "null", "[]", "{}", "123456789012345678901234567890");
        var filters = Gen.Recursive<string>((depth, inner) => depth > 5
            ? leaves
            : Gen.OneOf(
                leaves,
                inner.Array[0, 3].Select(items => $"[{string.Join(',', items)}]"),
                Gen.Select(names, inner).Array[0, 3].Select(fields =>
                    $"{{{string.Join(',', fields.Select(field => $"{JsonSerializer.Serialize(field.Item1)}:{field.Item2}"))}}}")));

        filters.Sample(
            text =>
            {
                using var filter = JsonDocument.Parse(text);
                using var document = JsonDocument.Parse(Document);
                try
                {
                    SearchFilter.Parse(filter.RootElement).Matches(document.RootElement);
                }
                catch (SearchFilterException refusal)
                {
                    Assert.StartsWith("filter", refusal.Path, StringComparison.Ordinal);
                }
            },
            iter: 5_000);
    }

    private static SearchFilter Parse(string filter)
    {
        using var parsed = JsonDocument.Parse(filter);
        return SearchFilter.Parse(parsed.RootElement);
    }

    /// <summary>Both ways of giving a document; the filter must have survived its own JSON document.</summary>
    private static (bool Element, bool Fields) Match(string filter)
    {
        var parsed = Parse(filter);
        using var document = JsonDocument.Parse(Document);
        var fields = document.RootElement.EnumerateObject().ToDictionary(field => field.Name, field => field.Value);
        return (parsed.Matches(document.RootElement), parsed.Matches(fields));
    }
}
