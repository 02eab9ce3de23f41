namespace AiBackend.Http;

/// <summary>How much a caller may send, and how often.</summary>
internal sealed class LimitOptions
{
    /// <summary><c>MAX_BODY_BYTES</c>: a JSON body.</summary>
    public long BodyBytes { get; init; } = 1024 * 1024;

    /// <summary><c>MAX_BULK_BYTES</c>: the body of a bulk import of messages.</summary>
    public long BulkBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary><c>MAX_UPLOAD_BYTES</c>: an uploaded file.</summary>
    public long UploadBytes { get; init; } = 50 * 1024 * 1024;

    /// <summary><c>MAX_METADATA_BYTES</c>: free JSON that is kept with a resource (<c>metadata</c>, <c>data</c>, <c>config</c>), in UTF-8 without white space between values.</summary>
    public int MetadataBytes { get; init; } = 16 * 1024;

    /// <summary><c>MAX_MESSAGE_CHARS</c>: the text of a message, in UTF-16 units.</summary>
    public int MessageCharacters { get; init; } = 32_768;

    /// <summary><c>RATE_LIMIT</c>: requests per second and key; twice as many at once. 0: no limit.</summary>
    public int RequestsPerSecond { get; init; } = 200;
}
