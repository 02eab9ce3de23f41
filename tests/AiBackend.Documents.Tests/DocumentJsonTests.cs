using System.Text.Json;

namespace AiBackend.Documents.Tests;

public sealed class DocumentJsonTests
{
    [Fact]
    public void A_required_property_that_is_null_comes_back_null()
    {
        var note = new Note { Id = "n", Text = null, Size = 1 };

        var json = JsonSerializer.Serialize(note, DocumentJson.Options);

        Assert.DoesNotContain("text", json, StringComparison.Ordinal);
        Assert.Equal(note, JsonSerializer.Deserialize<Note>(json, DocumentJson.Options));
    }

    [Fact]
    public void A_required_property_that_cannot_be_null_must_be_stored() =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Note>("""{"id":"n"}""", DocumentJson.Options));

    private sealed record Note : Document
    {
        public required string? Text { get; init; }

        public required int Size { get; init; }
    }
}
