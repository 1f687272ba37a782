namespace Holdfast.Api.Transport;

/// <summary>An answer of the server.</summary>
/// <param name="status">HTTP status code.</param>
/// <param name="body">The body, which can be read once; disposed with the response.</param>
/// <param name="owner">An object to dispose with the response; null if there is none.</param>
public sealed class ApiResponse(int status, Stream body, IDisposable? owner = null) : IAsyncDisposable
{
    /// <summary>HTTP status code.</summary>
    public int Status => status;

    /// <summary>The body.</summary>
    public Stream Body => body;

    /// <summary>Revision of the resource in the body; null if there is none.</summary>
    public string? ETag { get; init; }

    /// <summary>Values of the <c>Set-Cookie</c> headers.</summary>
    public IReadOnlyList<string> Cookies { get; set; } = [];

    /// <summary>Whether the status code means success.</summary>
    public bool IsSuccess => status is >= 200 and < 300;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await body.DisposeAsync();
        owner?.Dispose();
    }
}
