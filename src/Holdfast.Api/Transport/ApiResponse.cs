namespace Holdfast.Api.Transport;

/// <summary>The server's answer.</summary>
/// <param name="status">HTTP status code.</param>
/// <param name="body">The body, read at most once; disposed with the response.</param>
/// <param name="owner">Disposed with the response; null for nothing.</param>
public sealed class ApiResponse(int status, Stream body, IDisposable? owner = null) : IAsyncDisposable
{
    /// <summary>HTTP status code.</summary>
    public int Status => status;

    /// <summary>The body.</summary>
    public Stream Body => body;

    /// <summary>The revision of the resource in the body; null for none.</summary>
    public string? ETag { get; init; }

    /// <summary>Values of <c>Set-Cookie</c>.</summary>
    public IReadOnlyList<string> Cookies { get; set; } = [];

    /// <summary>Whether the server did what was requested.</summary>
    public bool IsSuccess => status is >= 200 and < 300;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await body.DisposeAsync();
        owner?.Dispose();
    }
}
