namespace AiBackend.Http;

/// <summary>How long a body a route takes; without it <see cref="LimitOptions.BodyBytes"/> holds.</summary>
internal sealed record BodyLimit(Func<HttpRequest, LimitOptions, long> Bytes)
{
    /// <summary>The limit of the route that was found for this request.</summary>
    public static long Of(HttpContext http, LimitOptions limits) =>
        http.GetEndpoint()?.Metadata.GetMetadata<BodyLimit>() is { } own ? own.Bytes(http.Request, limits) : limits.BodyBytes;
}

/// <summary>
/// Holds every body to the limit of its route before anything reads it: by its announced length, or while it comes in.
/// </summary>
internal sealed class BodyLimits(RequestDelegate next, LimitOptions limits)
{
    public Task InvokeAsync(HttpContext http)
    {
        var request = http.Request;
        if (request.ContentLength is { } announced)
        {
            var limit = BodyLimit.Of(http, limits);
            if (announced > limit)
            {
                throw ApiException.TooLarge(limit);
            }
        }
        else if (request.Headers.TransferEncoding.Count > 0 || !HttpProtocol.IsHttp11(request.Protocol))
        {
            request.Body = new LimitedStream(request.Body, BodyLimit.Of(http, limits));
        }

        return next(http);
    }

    /// <summary>Passes on what comes in up to the limit and refuses at the first byte past it.</summary>
    private sealed class LimitedStream(Stream inner, long limit) : Stream
    {
        private long taken;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => taken;
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Count(await inner.ReadAsync(buffer, cancellationToken));

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => Count(inner.Read(buffer, offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        private int Count(int read)
        {
            taken += read;
            return taken <= limit ? read : throw ApiException.TooLarge(limit);
        }
    }
}

/// <summary>Declares what a route takes.</summary>
internal static class BodyLimitExtensions
{
    /// <summary>The route takes bodies up to this limit instead of the general one.</summary>
    public static TBuilder WithBodyLimit<TBuilder>(this TBuilder builder, Func<LimitOptions, long> bytes)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new BodyLimit((_, limits) => bytes(limits)));

    /// <summary>The route takes bodies up to a limit that depends on the request, such as on its <c>Content-Type</c>.</summary>
    public static TBuilder WithBodyLimit<TBuilder>(this TBuilder builder, Func<HttpRequest, LimitOptions, long> bytes)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new BodyLimit(bytes));
}
