using System.Net.Http.Headers;

namespace Holdfast.Api.Transport;

/// <summary>Sends requests over HTTP, with an API token.</summary>
/// <remarks>
/// If the connection fails, the exceptions of <see cref="HttpClient"/> are thrown. A client passed to the constructor
/// must not follow redirects, because they could send the token to another server.
/// </remarks>
public sealed class HttpApiTransport : IApiTransport, IDisposable
{
    private readonly HttpClient _http;
    private readonly bool _ownsClient;
    private readonly Uri _base;
    private readonly AuthenticationHeaderValue? _authorization;

    /// <summary>Creates a transport to a server that has its own <see cref="HttpClient"/>.</summary>
    /// <param name="server">Address of the server: <c>https://backup.example.com:8420</c>.</param>
    /// <param name="token">An API token; null to use the cookie set by signing in.</param>
    public HttpApiTransport(Uri server, string? token)
        : this(server, token, CreateClient(server)) => _ownsClient = true;

    /// <summary>Creates a transport to a server that uses the given client, which the caller disposes.</summary>
    public HttpApiTransport(Uri server, string? token, HttpClient client)
    {
        _http = client;
        _base = new(server, ApiRoutes.BasePath + "/");
        _authorization = token is null ? null : new("Bearer", token);
    }

    /// <inheritdoc/>
    public async Task<ApiResponse> SendAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(request.Method, new Uri(_base, request.Path.TrimStart('/')));
        message.Headers.Authorization = _authorization;
        if (request.Body is { } body)
        {
            message.Content = new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } };
        }
        if (request.Condition?.IfMatch is { } match)
        {
            message.Headers.TryAddWithoutValidation("If-Match", match);
        }
        if (request.Condition?.IfNoneMatch is { } none)
        {
            message.Headers.TryAddWithoutValidation("If-None-Match", none);
        }
        var response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        try
        {
            return new((int)response.StatusCode, await response.Content.ReadAsStreamAsync(cancellationToken), response)
            {
                ETag = response.Headers.TryGetValues("ETag", out var tags) ? tags.FirstOrDefault() : null,
                Cookies = response.Headers.TryGetValues("Set-Cookie", out var cookies) ? [.. cookies] : [],
            };
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_ownsClient)
        {
            _http.Dispose();
        }
    }

    // Connections to this machine never use a proxy.
    private static HttpClient CreateClient(Uri server) =>
        new(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseProxy = !server.IsLoopback,
                ConnectTimeout = TimeSpan.FromSeconds(15),
            }
        );
}
