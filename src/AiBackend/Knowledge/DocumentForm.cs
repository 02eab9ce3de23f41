using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Knowledge.Extraction;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace AiBackend.Knowledge;

/// <summary>What is said about a document besides its content.</summary>
internal record DocumentDetails
{
    /// <summary>The owner's name for it; a document of the collection that has it is replaced.</summary>
    [Name(256)]
    public string? ExternalId { get; init; }

    /// <summary>By default what the document calls itself.</summary>
    [Name(500)]
    public string? Title { get; init; }

    [WebAddress]
    public string? Url { get; init; }

    [FreeObject]
    public RawJson Metadata { get; init; } = RawJson.EmptyObject;

    /// <summary>Who may find it: queries that name one of these. None: everybody.</summary>
    [Entries(100, MaxTextLength = 256)]
    public IReadOnlyList<string>? Acl { get; init; }

    public DocumentUpload ToUpload(string content, DocumentFormat format) => new(content, format)
    {
        ExternalId = ExternalId,
        Title = Title,
        Url = Url,
        Metadata = Metadata,
        Acl = Acl,
    };
}

/// <summary>A document as JSON.</summary>
internal sealed record DocumentForm : DocumentDetails
{
    /// <summary>Its content, plain text; lines that begin with <c>#</c> count as headings.</summary>
    [Required(ErrorMessage = "A text is expected, and not only white space.")]
    public required string Text { get; init; }
}

/// <summary>Reads a document out of a request: JSON, or a form with a file.</summary>
internal sealed class DocumentUploads(JsonBodies bodies, LimitOptions limits)
{
    /// <summary>What a form may have besides the file.</summary>
    private const int MaxFieldBytes = 256 * 1024;

    private static readonly string[] TextFields = ["external_id", "title", "url"];
    private static readonly string[] JsonFields = ["metadata", "acl"];

    /// <summary>The form for the description of the route.</summary>
    public static FormBodyMetadata Form { get; } = new("file", new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["external_id"] = "The owner's name for it; a document of the collection that has it is replaced.",
        ["title"] = "By default what the document calls itself.",
        ["url"] = "Where it is found.",
        ["metadata"] = "A JSON object.",
        ["acl"] = "A JSON list of texts: who may find it.",
    });

    /// <summary>How long the body of a request may be.</summary>
    public static long MaxBody(HttpRequest request, LimitOptions limits) =>
        IsForm(request) ? limits.UploadBytes + MaxFieldBytes : limits.BodyBytes;

    /// <exception cref="ApiException">The body is no document that can be read.</exception>
    public async Task<DocumentUpload> ReadAsync(HttpContext http)
    {
        if (!IsForm(http.Request))
        {
            var form = await bodies.ReadAsync<DocumentForm>(http);
            return form.ToUpload(form.Text, DocumentFormat.Text);
        }

        var (file, fields) = await ReadFormAsync(http.Request, http.RequestAborted);
        var details = bodies.Parse<DocumentDetails>(JsonSerializer.SerializeToUtf8Bytes(fields, WireJson.Options));
        return details.ToUpload(Decode(file), file.Format);
    }

    private static bool IsForm(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase);

    private static string Decode(FormFile file)
    {
        if (file.Bytes.Length == 0)
        {
            throw ApiException.Invalid("file", "The file is empty.");
        }

        try
        {
            return TextDecoding.Decode(file.Bytes, file.Charset, mayNameItself: file.Format == DocumentFormat.Html);
        }
        catch (UnreadableTextException error)
        {
            throw ApiException.Invalid("file", error.Message);
        }
    }

    private async Task<(FormFile File, Dictionary<string, JsonElement> Fields)> ReadFormAsync(HttpRequest request, CancellationToken ct)
    {
        FormFile? file = null;
        var fields = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        var reader = new MultipartReader(BoundaryOf(request), request.Body) { HeadersCountLimit = 16, HeadersLengthLimit = 16 * 1024 };
        try
        {
            while (await reader.ReadNextSectionAsync(ct) is { } section)
            {
                var disposition = section.GetContentDispositionHeader();
                var name = HeaderUtilities.RemoveQuotes(disposition?.Name ?? default).ToString();
                if (name == "file")
                {
                    file = file is null ? await ReadFileAsync(section, disposition!, ct) : throw Twice(name);
                }
                else if (!fields.TryAdd(name, await ReadFieldAsync(section, name, ct)))
                {
                    throw Twice(name);
                }
            }
        }
        catch (Exception error) when (error is IOException or InvalidDataException)
        {
            throw new ApiException(StatusCodes.Status400BadRequest, "malformed_form", "The body is not a complete multipart form.");
        }

        return (file ?? throw ApiException.Invalid("file", "A file is expected."), fields);
    }

    private async Task<FormFile> ReadFileAsync(MultipartSection section, ContentDispositionHeaderValue disposition, CancellationToken ct)
    {
        var fileName = HeaderUtilities.RemoveQuotes(disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName);
        _ = MediaTypeHeaderValue.TryParse(section.ContentType, out var type);
        var format = DocumentFormats.Of(fileName.ToString(), type?.MediaType.ToString()) ?? throw new ApiException(
            StatusCodes.Status415UnsupportedMediaType,
            "unsupported_media_type",
            $"This file cannot be read. What can be: {DocumentFormats.Known}, told by the file's name or its part's Content-Type.");
        return new FormFile(await ReadAllAsync(section, limits.UploadBytes, "file", ct), format, Charset(type));
    }

    private static async Task<JsonElement> ReadFieldAsync(MultipartSection section, string name, CancellationToken ct)
    {
        if (!TextFields.Contains(name) && !JsonFields.Contains(name))
        {
            throw ApiException.Invalid(name.Length == 0 ? "body" : name, "This field is not known.");
        }

        var bytes = await ReadAllAsync(section, MaxFieldBytes, name, ct);
        try
        {
            return TextFields.Contains(name)
                ? JsonSerializer.SerializeToElement(TextDecoding.Decode(bytes, charset: null, mayNameItself: false))
                : JsonSerializer.Deserialize<JsonElement>(bytes, WireJson.Options);
        }
        catch (JsonException)
        {
            throw ApiException.Invalid(name, "JSON is expected.");
        }
        catch (UnreadableTextException)
        {
            throw ApiException.Invalid(name, "Text in UTF-8 is expected.");
        }
    }

    private static async Task<byte[]> ReadAllAsync(MultipartSection section, long limit, string name, CancellationToken ct)
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await section.Body.ReadAsync(buffer, ct)) > 0)
        {
            if (bytes.Length + read > limit)
            {
                throw new ApiException(
                    StatusCodes.Status413PayloadTooLarge, "too_large", $"The field {name} may have at most {limit} bytes.");
            }

            bytes.Write(buffer, 0, read);
        }

        return bytes.ToArray();
    }

    private static string BoundaryOf(HttpRequest request)
    {
        var boundary = HeaderUtilities.RemoveQuotes(MediaTypeHeaderValue.Parse(request.ContentType).Boundary);
        return boundary is { Length: > 0 and <= 200 }
            ? boundary.ToString()
            : throw new ApiException(StatusCodes.Status400BadRequest, "malformed_form", "The Content-Type names no boundary.");
    }

    private static string? Charset(MediaTypeHeaderValue? type) =>
        type is { Charset.HasValue: true } ? HeaderUtilities.RemoveQuotes(type.Charset).ToString() : null;

    private static ApiException Twice(string name) => ApiException.Invalid(name, "This field is given twice.");

    private sealed record FormFile(byte[] Bytes, DocumentFormat Format, string? Charset);
}
