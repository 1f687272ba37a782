using Microsoft.AspNetCore.Http;

namespace Holdfast.Testing.S3.Protocol;

/// <summary>An answer before it is sent.</summary>
internal sealed record Answer
{
    public int Status { get; init; } = 200;

    /// <summary>XML; null for none.</summary>
    public string? Body { get; init; }

    /// <summary>Content of an object; null for none.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>>? Content { get; init; }

    /// <summary>Value of the Content-Length header where no body is sent.</summary>
    public long? StatedLength { get; init; }

    public Dictionary<string, string> Headers { get; init; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Sends the answer, or its first bytes.</summary>
    /// <returns>Number of bytes of the body.</returns>
    public async Task<long> SendAsync(HttpContext context, int? cutAfter)
    {
        var response = context.Response;
        response.StatusCode = Status;
        foreach (var (name, value) in Headers)
        {
            response.Headers[name] = value;
        }
        var content = Content ?? (Body is null ? [] : [System.Text.Encoding.UTF8.GetBytes(Body)]);
        var length = content.Sum(s => (long)s.Length);
        if (Body is not null)
        {
            response.ContentType ??= "application/xml";
        }
        if (Status != StatusCodes.Status204NoContent)
        {
            response.ContentLength = StatedLength ?? length;
        }
        var sent = 0L;
        foreach (var segment in content)
        {
            var part = cutAfter is { } limit && sent + segment.Length > limit ? segment[..(int)(limit - sent)] : segment;
            await response.Body.WriteAsync(part, context.RequestAborted);
            sent += part.Length;
        }
        if (cutAfter is { } cut && sent >= cut && sent < length)
        {
            await response.Body.FlushAsync(context.RequestAborted);
            context.Abort();
        }
        return sent;
    }
}
